"""`portal practice`: add a practice, import its people, invite its first administrator."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast
from uuid import UUID

import attrs
import typer

from entrypoints.commands import app
from entrypoints.commands.context import progress_bar, with_portal
from entrypoints.errors import CommandError

if TYPE_CHECKING:
    from entrypoints.container import Portal
    from portal_core.accounts.use_cases.reset_second_factor import IdentityCheck


class Kind(StrEnum):
    """Whom an import file without the column `kind` is about."""

    CLIENT = "client"
    CLINICIAN = "clinician"


class Dates(StrEnum):
    """The orders in which an import file may write dates."""

    ISO = "iso"
    US = "us"
    EU = "eu"


Slug = Annotated[str, typer.Option("--practice", help="The practice's slug. Not needed if there is only one practice.")]

practice = typer.Typer(no_args_is_help=True, help="Manage practices and their people.")
app.add_typer(practice, name="practice")


async def find_practice(portal: "Portal", slug: str) -> UUID:
    """Return the id of the practice with this slug, or of the only practice when the slug is empty.

    Raises:
        CommandError: there is no such practice, or the slug is empty and there is not exactly one practice.
    """
    known = await _known(portal)
    if not slug and len(known) == 1:
        return next(iter(known.values()))
    if slug not in known:
        if not known:
            raise CommandError("there is no practice yet: portal practice add")
        raise CommandError(f"choose a practice with --practice: {', '.join(sorted(known))}")
    return known[slug]


async def _known(portal: "Portal") -> dict[str, UUID]:
    return {one.slug: one.id for one in await portal.parts.directory().all()}


@practice.command()
def add(
    slug: Annotated[str, typer.Argument(help="A short name for URLs, such as elm-street.")],
    name: Annotated[str, typer.Option(help="The practice's name, as clients know it.")],
    time_zone: Annotated[str, typer.Option(help="IANA time zone, such as America/New_York.")],
    state: Annotated[str, typer.Option(help="US state, two letters. It determines the rules for minors.")] = "",
    host: Annotated[
        list[str] | None, typer.Option(help="A host name of the practice's portal. Repeat for several.")
    ] = None,
    phone: Annotated[str, typer.Option(help="The practice's phone number, which clients see.")] = "",
    address: Annotated[str, typer.Option(help="The practice's postal address, which clients see.")] = "",
) -> None:
    """Add a practice, with its own encryption key."""

    from portal_core.kernel.actor import Origin
    from portal_core.people.use_cases.add_practice import AddPractice, AddPracticeCommand

    async def work(portal: "Portal") -> None:
        command = AddPracticeCommand(slug, name, time_zone, state or None, tuple(host or ()), phone, address)
        added = await portal.use_case(AddPractice)(Origin(), command)
        typer.echo(
            f"added {added.slug} with id {added.id}; next, invite its administrator: "
            f"portal practice administrator --practice {slug}"
        )

    with_portal(work)


@practice.command()
def hosts(
    slug: Annotated[str, typer.Argument(help="The practice's slug.")],
    names: Annotated[
        list[str] | None, typer.Argument(help="The new host names, replacing the current ones.", metavar="[HOST]...")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Remove all host names.")] = False,
) -> None:
    """Show or set the host names of a practice's portal.

    A host name must resolve to this deployment, and the proxy must pass it on. Running servers use a new name within
    half a minute.
    """

    from portal_core.kernel.actor import SystemActor
    from portal_core.people.use_cases.get_practice import GetPractice
    from portal_core.people.use_cases.set_practice_hosts import SetPracticeHosts, SetPracticeHostsCommand

    if names and none:
        raise CommandError("give either host names or --none, not both")

    async def work(portal: "Portal") -> tuple[str, ...]:
        known = await _known(portal)
        if slug not in known:
            raise CommandError(
                f"there is no practice {slug}; known practices: {', '.join(sorted(known)) or 'none yet'}"
            )
        actor = SystemActor(known[slug], "portal practice hosts")
        if not names and not none:
            return (await portal.use_case(GetPractice)(actor)).hosts
        return (await portal.use_case(SetPracticeHosts)(actor, SetPracticeHostsCommand(tuple(names or ())))).hosts

    found = with_portal(work)
    typer.echo("\n".join(found) or f"{slug} has no host names")


@practice.command()
def administrator(
    name: Annotated[str, typer.Option(help="The person's name.")],
    email: Annotated[str, typer.Option(help="Email address for the invitation.")],
    slug: Slug = "",
) -> None:
    """Add an administrator and send them an invitation."""

    from portal_core.accounts.use_cases.invite_staff import InviteStaff
    from portal_core.kernel.actor import SystemActor
    from portal_core.people.use_cases.add_staff import AddStaff, AddStaffCommand

    async def work(portal: "Portal") -> None:
        actor = SystemActor(await find_practice(portal, slug), "portal practice administrator")
        command = AddStaffCommand(name=name, email=email, roles=frozenset({"administrator"}))
        member = await portal.use_case(AddStaff)(actor, command)
        await portal.use_case(InviteStaff)(actor, member.id)
        typer.echo("the invitation is queued (portal worker sends it; portal mail shows it if mail is local)")

    with_portal(work)


@practice.command()
def reset_second_factor(
    email: Annotated[str, typer.Option(help="Email address of the member of staff.")],
    identity_check: Annotated[
        str,
        typer.Option(
            help="How you verified who they are: in_person, video_call, called_back (on a number on file) or "
            "identity_document."
        ),
    ],
    slug: Slug = "",
) -> None:
    """Remove the second factor of a member of staff who lost their phone and recovery codes.

    Use this for a practice's only administrator; otherwise another administrator can do it in the portal. The person is
    signed out everywhere and notified, and keeps their password.
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
            raise CommandError(f"no member of staff has the email address {wanted}")
        command = ResetSecondFactorCommand("practice", found[0], cast("IdentityCheck", identity_check))
        await portal.use_case(ResetSecondFactor)(actor, command)
        typer.echo("done: at the next sign-in they must set up a new second factor")

    with_portal(work)


@practice.command(name="import")
def import_people(
    file: Annotated[Path, typer.Argument(help="A CSV file with a header, separated by comma, semicolon or tab.")],
    slug: Slug = "",
    dates: Annotated[
        Dates,
        typer.Option(help="How dates are written: iso (1980-05-31), us (5/31/1980) or eu (31.5.1980, 31/5/1980)."),
    ] = Dates.ISO,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            help='A column with another name, as "First Name=given_name"; "Notes=" leaves it out. Repeat for several.',
        ),
    ] = None,
    kind: Annotated[
        Kind | None, typer.Option(help="Who all rows are, in a file without the column kind: client or clinician.")
    ] = None,
    decided_by: Annotated[
        str,
        typer.Option(
            help="Email of the administrator or clinician who decides on guardians' access, if rows name guardians. "
            "A dry run does without."
        ),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report what would change, and change nothing.")] = False,
    report_file: Annotated[
        Path | None, typer.Option("--report", help="Write what happens with every row to this CSV file.")
    ] = None,
) -> None:
    """Import clients and clinicians from a CSV file with a header. It is safe to run this twice.

    The column `kind` is `client` or `clinician`, and external_id is required. A missing column or a blank cell leaves
    the person's field as it is; the cell (empty) empties the field.

    New clients need given_name, family_name and date_of_birth. Clients may have chosen_name, pronouns, email, phone,
    address, time_zone, language, state, status and clinicians (external ids separated by ;). New clinicians need name,
    and may have credentials, time_zone, room_link and active (yes or no). docs/how-to/import-people.md has the others.
    """
    from entrypoints.commands.import_report import print_report, write_report
    from entrypoints.import_file import read_people
    from portal_core.accounts.use_cases.import_with_guardians import ImportWithGuardians, ImportWithGuardiansCommand
    from portal_core.kernel.actor import SystemActor
    from portal_core.kernel.errors import Invalid
    from portal_core.people.use_cases.import_people import ImportPeopleCommand
    from portal_core.people.views import ImportReport

    people = read_people(file, columns or (), kind.value if kind else None)
    if report_file is not None:  # before anything is imported
        write_report(ImportReport.of([]), report_file)

    async def work(portal: "Portal") -> tuple[ImportReport, bool]:
        actor = SystemActor(await find_practice(portal, slug), "portal practice import")
        importing = portal.use_case(ImportWithGuardians)
        with progress_bar("importing") as progress:
            task = progress.add_task("importing", total=len(people.clinicians) + len(people.clients))
            command = ImportPeopleCommand(
                people.clinicians,
                people.clients,
                lambda done, of: progress.update(task, completed=done, total=of),
                dry_run=dry_run,
                dates=dates.value,
            )
            whole = ImportWithGuardiansCommand(command, people.guardians, decided_by or None)
            try:
                return await importing(actor, whole), True
            except Invalid:  # of `decided_by`: report what the import would do with it
                tried = ImportWithGuardiansCommand(attrs.evolve(command, dry_run=True), people.guardians)
                return await importing(actor, tried), False

    imported, decided = with_portal(work)
    rows = sorted(map(people.in_their_words, (*people.rejected, *imported.rows)), key=lambda row: row.line)
    report = ImportReport.of(rows, dry_run=imported.dry_run)
    if report_file is not None:
        write_report(report, report_file)
    print_report(report)
    if not decided:
        raise CommandError(
            "nothing was imported: rows name guardians, so pass --decided-by with the email of an administrator or "
            "clinician who has an account; they decide on the guardians' access"
        )
    if report.rejected:
        raise CommandError(f"{report.rejected} rows were rejected; correct them and run the import again")
    if any(row.not_invited for row in report.rows):
        raise CommandError("some guardians are not invited; correct their rows, or give them access in the portal")
