"""`portal practice`: found a practice, bring in its people, invite its first administrator."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import attrs
import typer

from entrypoints.commands import app
from entrypoints.commands.failures import Failed
from entrypoints.commands.running import bar, with_portal
from entrypoints.container import Portal
from portal_core.accounts.import_rows import ClientRow, ClinicianRow
from portal_core.accounts.use_cases.add_practice import AddPracticeCommand
from portal_core.accounts.use_cases.add_staff import AddStaffCommand
from portal_core.accounts.use_cases.import_people import ImportPeopleCommand
from portal_core.accounts.use_cases.invite_staff import InviteStaffCommand
from portal_core.accounts.views_people import ImportReport
from portal_core.kernel.actor import Origin, SystemActor

Row = TypeVar("Row", ClientRow, ClinicianRow)
Slug = Annotated[str, typer.Option("--practice", help="The practice's slug; not needed when there is one practice.")]

practice = typer.Typer(no_args_is_help=True, help="Practices and their people.")
app.add_typer(practice, name="practice")


async def practice_named(portal: Portal, slug: str) -> UUID:
    """Raises:
    Failed: no such practice, or several and none named.
    """
    known = {one.slug: one.id for one in await portal.parts.directory().all()}
    if not slug and len(known) == 1:
        return next(iter(known.values()))
    if slug not in known:
        raise Failed(f"name the practice by --practice: {', '.join(sorted(known)) or 'there is none yet'}")
    return known[slug]


@practice.command()
def add(
    slug: Annotated[str, typer.Argument(help="A short name for URLs, such as elm-street.")],
    name: Annotated[str, typer.Option(help="As clients know it.")],
    zone: Annotated[str, typer.Option(help="IANA time zone, such as America/New_York.")],
    state: Annotated[str, typer.Option(help="US state, two letters: decides the rules for minors.")] = "",
    host: Annotated[list[str] | None, typer.Option(help="A host name of its portal; may be given again.")] = None,
) -> None:
    """Found a practice, with a key of its own."""

    async def work(portal: Portal) -> None:
        command = AddPracticeCommand(slug, name, zone, state or None, tuple(host or ()))
        made = await portal.use_cases["add_practice"](Origin(), command)
        typer.echo(
            f"{made.slug} is {made.id}; invite its administrator: portal practice administrator --practice {slug}"
        )

    with_portal(work)


@practice.command()
def administrator(
    name: Annotated[str, typer.Option(help="The person's name.")],
    email: Annotated[str, typer.Option(help="Where the invitation goes.")],
    slug: Slug = "",
) -> None:
    """Add an administrator and mail them an invitation."""

    async def work(portal: Portal) -> None:
        actor = SystemActor(await practice_named(portal, slug), "portal practice administrator")
        command = AddStaffCommand(name=name, email=email, roles=frozenset({"administrator"}))
        member = await portal.use_cases["add_staff"](actor, command)
        await portal.use_cases["invite_staff"](actor, InviteStaffCommand(member.id))
        typer.echo("the invitation is on its way (portal worker sends it; portal mail shows local mail)")

    with_portal(work)


@practice.command(name="import")
def import_people(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    slug: Slug = "",
) -> None:
    """Bring in clients and clinicians from a CSV file with a header; safe to run twice.

    A column `kind` says `client` or `clinician`; the others are named as in docs/operating.md.
    """
    clinicians, clients = _read(file)

    async def work(portal: Portal) -> ImportReport:
        actor = SystemActor(await practice_named(portal, slug), "portal practice import")
        command = ImportPeopleCommand(clinicians=clinicians, clients=clients)
        with bar("importing") as progress:
            task = progress.add_task("importing", total=len(clinicians) + len(clients))
            report: ImportReport = await portal.use_cases["import_people"](
                actor, command, lambda done, of: progress.update(task, completed=done, total=of)
            )
        return report

    report = with_portal(work)
    typer.echo(f"{report.added} added, {report.changed} changed, {report.unchanged} unchanged")
    for refused in report.refused:
        typer.echo(f"line {refused.line}: {refused.field}: {refused.reason}")
    if report.refused:
        raise Failed(f"{len(report.refused)} rows were refused; mend them and run it again")


def _read(file: Path) -> tuple[Sequence[ClinicianRow], Sequence[ClientRow]]:
    """Raises:
    Failed: it is no such file.
    """
    clinicians: list[ClinicianRow] = []
    clients: list[ClientRow] = []
    unknown: Counter[str] = Counter()
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            reader = csv.DictReader(opened, strict=True)
            if "kind" not in (reader.fieldnames or ()):
                raise Failed(f"{file}: the first line must name the columns, and one of them is kind")
            for values in reader:
                kind = (values.get("kind") or "").strip().lower()
                if kind == "clinician":
                    clinicians.append(_row(ClinicianRow, reader.line_num, values))
                elif kind == "client":
                    clients.append(_row(ClientRow, reader.line_num, values))
                else:
                    unknown[kind] += 1
    except UnicodeDecodeError:
        raise Failed(f"{file}: it is not UTF-8 text") from None
    except csv.Error as error:
        raise Failed(f"{file}: {error}") from None
    if unknown:
        raise Failed(f"{file}: kind is client or clinician, and not {', '.join(map(repr, unknown))}")
    return clinicians, clients


def _row(kind: type[Row], line: int, values: dict[str, Any]) -> Row:
    known = {field.name for field in attrs.fields(kind)} - {"line"}
    taken = {name: value or "" for name, value in values.items() if name in known}
    required = {f.name: "" for f in attrs.fields(kind) if f.default is attrs.NOTHING and f.name != "line"}
    return kind(line=line, **{**required, **taken})
