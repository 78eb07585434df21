"""`portal practice`: found a practice, bring in its people, invite its first administrator."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast
from uuid import UUID

import typer

from entrypoints.commands import app
from entrypoints.commands.context import progress_bar, with_portal
from entrypoints.errors import CommandError

if TYPE_CHECKING:
    from entrypoints.container import Portal
    from portal_core.accounts.use_cases.reset_second_factor import IdentityCheck
    from portal_core.people.views import ImportReport

Slug = Annotated[str, typer.Option("--practice", help="The practice's slug; not needed when there is one practice.")]

practice = typer.Typer(no_args_is_help=True, help="Practices and their people.")
app.add_typer(practice, name="practice")


async def find_practice(portal: "Portal", slug: str) -> UUID:
    """Raises:
    Failed: no such practice, or several and none named.
    """
    known = await _known(portal)
    if not slug and len(known) == 1:
        return next(iter(known.values()))
    if slug not in known:
        raise CommandError(f"name the practice by --practice: {', '.join(sorted(known)) or 'there is none yet'}")
    return known[slug]


async def _known(portal: "Portal") -> dict[str, UUID]:
    return {one.slug: one.id for one in await portal.parts.directory().all()}


@practice.command()
def add(
    slug: Annotated[str, typer.Argument(help="A short name for URLs, such as elm-street.")],
    name: Annotated[str, typer.Option(help="As clients know it.")],
    time_zone: Annotated[str, typer.Option(help="IANA time zone, such as America/New_York.")],
    state: Annotated[str, typer.Option(help="US state, two letters: decides the rules for minors.")] = "",
    host: Annotated[list[str] | None, typer.Option(help="A host name of its portal; may be given again.")] = None,
) -> None:
    """Found a practice, with a key of its own."""

    from portal_core.kernel.actor import Origin
    from portal_core.people.use_cases.add_practice import AddPractice, AddPracticeCommand

    async def work(portal: "Portal") -> None:
        command = AddPracticeCommand(slug, name, time_zone, state or None, tuple(host or ()))
        made = await portal.use_case(AddPractice)(Origin(), command)
        typer.echo(
            f"{made.slug} is {made.id}; invite its administrator: portal practice administrator --practice {slug}"
        )

    with_portal(work)


@practice.command()
def hosts(
    slug: Annotated[str, typer.Argument(help="The practice's short name.")],
    names: Annotated[
        list[str] | None, typer.Argument(help="From now on these, and no others.", metavar="[HOST]...")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="From now on none.")] = False,
) -> None:
    """Show the host names of a practice's portal, or set them.

    The name must lead to this deployment, and its proxy pass it on. Running servers know of it within half a minute.
    """

    from portal_core.kernel.actor import SystemActor
    from portal_core.people.use_cases.get_practice import GetPractice
    from portal_core.people.use_cases.set_practice_hosts import SetPracticeHosts, SetPracticeHostsCommand

    if names and none:
        raise CommandError("name hosts, or say --none")

    async def work(portal: "Portal") -> tuple[str, ...]:
        known = await _known(portal)
        if slug not in known:
            raise CommandError(f"no practice {slug}; there are {', '.join(sorted(known)) or 'none yet'}")
        actor = SystemActor(known[slug], "portal practice hosts")
        if not names and not none:
            return (await portal.use_case(GetPractice)(actor)).hosts
        return (await portal.use_case(SetPracticeHosts)(actor, SetPracticeHostsCommand(tuple(names or ())))).hosts

    found = with_portal(work)
    typer.echo("\n".join(found) or f"{slug} has no host name of its own")


@practice.command()
def administrator(
    name: Annotated[str, typer.Option(help="The person's name.")],
    email: Annotated[str, typer.Option(help="Where the invitation goes.")],
    slug: Slug = "",
) -> None:
    """Add an administrator and mail them an invitation."""

    from portal_core.accounts.use_cases.invite_staff import InviteStaff, InviteStaffCommand
    from portal_core.kernel.actor import SystemActor
    from portal_core.people.use_cases.add_staff import AddStaff, AddStaffCommand

    async def work(portal: "Portal") -> None:
        actor = SystemActor(await find_practice(portal, slug), "portal practice administrator")
        command = AddStaffCommand(name=name, email=email, roles=frozenset({"administrator"}))
        member = await portal.use_case(AddStaff)(actor, command)
        await portal.use_case(InviteStaff)(actor, InviteStaffCommand(member.id))
        typer.echo("the invitation is on its way (portal worker sends it; portal mail shows local mail)")

    with_portal(work)


@practice.command()
def reset_second_factor(
    email: Annotated[str, typer.Option(help="The member of staff's, as the practice has it.")],
    identity_check: Annotated[
        str,
        typer.Option(
            help="How you know them: in_person, video_call, called_back (on a number on file), identity_document."
        ),
    ],
    slug: Slug = "",
) -> None:
    """Let a member of staff who lost phone and recovery codes set up a second factor anew.

    For a practice's only administrator; otherwise another administrator does it in the portal. They are signed out
    everywhere and told, and keep their password.
    """

    from portal_core.accounts.use_cases.reset_second_factor import ResetSecondFactor, ResetSecondFactorCommand
    from portal_core.kernel.actor import SystemActor
    from portal_core.kernel.contact import normalize_email
    from portal_core.people.use_cases.list_staff import ListStaff

    async def work(portal: "Portal") -> None:
        actor = SystemActor(await find_practice(portal, slug), "portal practice reset-second-factor")
        wanted = normalize_email(email)
        staff = (await portal.use_case(ListStaff)(actor)).items
        found = [one.id for one in staff if one.email == wanted]
        if not found:
            raise CommandError(f"no member of staff has the email {wanted}")
        command = ResetSecondFactorCommand("practice", found[0], cast("IdentityCheck", identity_check))
        await portal.use_case(ResetSecondFactor)(actor, command)
        typer.echo("done: they sign in with their password, and set up a second factor before anything else")

    with_portal(work)


@practice.command(name="import")
def import_people(
    file: Annotated[Path, typer.Argument(help="CSV with a header.")],
    slug: Slug = "",
) -> None:
    """Bring in clients and clinicians from a CSV file with a header; safe to run twice.

    A column `kind` says `client` or `clinician`. Clients have external_id, given_name, family_name and born
    (YYYY-MM-DD), and may have chosen_name, pronouns, email, phone, address, zone, language, state, status and
    clinicians (external ids with ; between them). Clinicians have external_id and name, and may have credentials,
    zone, room_link and active (yes or no).
    """
    from entrypoints.import_file import read_people
    from portal_core.kernel.actor import SystemActor
    from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand

    people = read_people(file)

    async def work(portal: "Portal") -> "ImportReport":
        actor = SystemActor(await find_practice(portal, slug), "portal practice import")
        command = ImportPeopleCommand(clinicians=people.clinicians, clients=people.clients)
        with progress_bar("importing") as progress:
            task = progress.add_task("importing", total=len(people.clinicians) + len(people.clients))
            return await portal.use_case(ImportPeople)(
                actor, command, lambda done, of: progress.update(task, completed=done, total=of)
            )

    report = with_portal(work)
    typer.echo(f"{report.added} added, {report.changed} changed, {report.unchanged} unchanged")
    rejected = sorted((*people.rejected, *report.rejected), key=lambda row: row.line)
    for row in rejected:
        typer.echo(f"line {row.line}: {row.field}: {row.reason}")
    if rejected:
        raise CommandError(f"{len(rejected)} rows were refused; mend them and run it again")
