"""`portal keys`: rotate the master key, and destroy a client's key."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from adapters.local.key_file import KeyFile
from entrypoints.commands import app
from entrypoints.commands.context import with_portal
from entrypoints.commands.practice import Slug, find_practice
from portal_core.kernel.actor import SystemActor
from portal_core.people.use_cases.destroy_record_key import DestroyRecordKey

if TYPE_CHECKING:
    from entrypoints.container import Portal

keys = typer.Typer(no_args_is_help=True, help="Manage encryption keys.")
app.add_typer(keys, name="keys")


@keys.command()
def rotate() -> None:
    """Rotate the master key, and rewrap every practice's key with it.

    A key file gets a new key. With KMS, set PORTAL_KMS_KEY to the new key first. The worker's job rewrap_practice_keys
    also rewraps keys, and completes an interrupted rotation.
    """

    async def work(portal: "Portal") -> None:
        master = portal.parts.master()
        if isinstance(master, KeyFile):
            master.rotate()
        done = await portal.parts.rotation()()
        typer.echo(f"the master key is {master.name}; rewrapped the keys of {done} practices")

    with_portal(work)


@keys.command()
def destroy(
    client: Annotated[UUID, typer.Argument(help="The client's id.")],
    slug: Slug = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Destroy a client's key. The record's content can never be read again. The audit log stays."""
    if not yes:
        typer.confirm("The content of this record will be permanently lost. Continue?", abort=True)

    async def work(portal: "Portal") -> None:
        actor = SystemActor(await find_practice(portal, slug), "portal keys destroy")
        await portal.use_case(DestroyRecordKey)(actor, client)
        typer.echo("destroyed; other processes drop the key within five minutes, backups hold it until they expire")

    with_portal(work)
