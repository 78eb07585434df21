"""`portal keys`: the master key."""

import typer

from adapters.local.key_file import KeyFile
from entrypoints.commands import app
from entrypoints.commands.running import with_portal
from entrypoints.container import Portal

keys = typer.Typer(no_args_is_help=True, help="The master key.")
app.add_typer(keys, name="keys")


@keys.command()
def rotate() -> None:
    """Rotate the master key, and wrap every practice's key anew.

    A key file gets a newer key; with KMS, set PORTAL_KMS_KEY to the new one first. The worker's job `wrap_keys_anew`
    does the second part too, and finishes what was broken off.
    """

    async def work(portal: Portal) -> None:
        master = portal.parts.master()
        if isinstance(master, KeyFile):
            master.rotate()
        done = await portal.parts.rotation()()
        typer.echo(f"{master.name} is the master key; {done} practices' keys were wrapped anew")

    with_portal(work)
