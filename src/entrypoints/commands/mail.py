"""`portal mail`: shows the mail that the local mailer stored."""

from typing import TYPE_CHECKING, Annotated

import typer

from entrypoints.commands import app
from entrypoints.commands.context import with_portal

if TYPE_CHECKING:
    from entrypoints.container import Portal


@app.command()
def mail(
    to: Annotated[str, typer.Option(help="Show only mail to this address.")] = "",
    last: Annotated[int | None, typer.Option(min=1, help="Show only the newest, at most this many.")] = None,
    body: Annotated[bool, typer.Option("--body", help="Print only the body of the newest mail, for scripts.")] = False,
) -> None:
    """Show mail and text messages that were stored instead of sent (PORTAL_MAIL=local, the default), newest last."""

    async def show(portal: "Portal") -> None:
        kept = [
            one for one in await portal.parts.captured_mail().latest(None) if not to or one.to.lower() == to.lower()
        ]
        if body:
            typer.echo(kept[0].body if kept else "", nl=True)
            return
        for one in reversed(kept[:last]):
            typer.echo(f"— {one.at:%Y-%m-%d %H:%M:%S} UTC · {one.kind} to {one.to} · from {one.sender_name}")
            if one.subject:
                typer.echo(one.subject)
            typer.echo(f"{one.body}\n")
        if not kept:
            typer.echo("no mail yet")

    with_portal(show)
