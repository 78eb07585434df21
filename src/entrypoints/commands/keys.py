"""`portal keys`: rotate the master key, and erase a record as the second person."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from adapters.local.key_file import KeyFile
from entrypoints.commands import app
from entrypoints.commands.context import with_portal
from entrypoints.commands.practice import Slug, find_practice
from portal_core.accounts.use_cases.confirm_record_erasure import ConfirmRecordErasure, ConfirmRecordErasureCommand
from portal_core.accounts.use_cases.list_record_erasures import ListRecordErasures
from portal_core.kernel.actor import SystemActor

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
    """Destroy a client's key and erase who the client is, as an administrator has asked: confirm it as a second person.

    The record's content can never be read again. The audit log and the times of appointments stay.
    """
    if not yes:
        typer.confirm("The content of this record will be permanently lost. Continue?", abort=True)

    async def work(portal: "Portal") -> None:
        actor = SystemActor(await find_practice(portal, slug), "portal keys destroy")
        waiting = (await portal.use_case(ListRecordErasures)(actor)).items
        erasure_id = next((one.id for one in waiting if one.client_id == client), None)
        if erasure_id is None:
            typer.echo("no administrator has asked for the erasure of this record within seven days", err=True)
            raise typer.Exit(1)
        await portal.use_case(ConfirmRecordErasure)(actor, ConfirmRecordErasureCommand(client, erasure_id))
        typer.echo("erased; other processes drop the key within five minutes, backups hold it until they expire")

    with_portal(work)
