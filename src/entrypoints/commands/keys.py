"""`portal keys`: the master key."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from adapters.local.key_file import KeyFile
from entrypoints.commands import app
from entrypoints.commands.context import with_portal
from entrypoints.commands.practice import Slug, find_practice
from portal_core.kernel.actor import SystemActor
from portal_core.people.use_cases.destroy_record_key import DestroyRecordKey, DestroyRecordKeyCommand

if TYPE_CHECKING:
    from entrypoints.container import Portal

keys = typer.Typer(no_args_is_help=True, help="The master key.")
app.add_typer(keys, name="keys")


@keys.command()
def rotate() -> None:
    """Rotate the master key, and wrap every practice's key anew.

    A key file gets a newer key; with KMS, set PORTAL_KMS_KEY to the new one first. The worker's job `wrap_keys_anew`
    does the second part too, and finishes what was broken off.
    """

    async def work(portal: "Portal") -> None:
        master = portal.parts.master()
        if isinstance(master, KeyFile):
            master.rotate()
        done = await portal.parts.rotation()()
        typer.echo(f"{master.name} is the master key; {done} practices' keys were wrapped anew")

    with_portal(work)


@keys.command()
def destroy(
    client: Annotated[UUID, typer.Argument(help="The client's id.")],
    slug: Slug = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy a client's key: the record's content can never be read again. The audit trail stays."""
    if not yes:
        typer.confirm("The content of this record will be lost for good. Go on?", abort=True)

    async def work(portal: "Portal") -> None:
        actor = SystemActor(await find_practice(portal, slug), "portal keys destroy")
        await portal.use_case(DestroyRecordKey)(actor, DestroyRecordKeyCommand(client))
        typer.echo("destroyed; other processes forget it within five minutes, backups when they expire")

    with_portal(work)
