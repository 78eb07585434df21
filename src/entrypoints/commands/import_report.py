"""Prints the report of an import, and writes it to a CSV file."""

import csv
from pathlib import Path

import typer

from entrypoints.errors import CommandError
from portal_core.people.views import ImportedRow, ImportReport

COLUMNS = (
    "line",
    "kind",
    "external_id",
    "outcome",
    "fields",
    "kept",
    "guardians",
    "not_invited",
    "shares_email",
    "appointments",
    "clients_without_clinician",
    "staff_ended",
    "staff_kept",
    "suspends_account",
    "errors",
)

_LEFT = {
    "clinician": "this clinician is not active, so reassign or cancel these appointments",
    "client": "this client is discharged, so cancel the appointments that are not to take place",
}


def print_report(report: ImportReport) -> None:
    """Print the numbers, then every row of which there is more to tell than that it was added or is unchanged."""
    numbers = f"{report.added} added, {report.changed} changed, {report.unchanged} unchanged"
    typer.echo(f"dry run, nothing is written: {numbers}" if report.dry_run else numbers)
    for row in report.rows:
        who = f"line {row.line}: " + (f"{row.kind} {row.external_id}: " if row.external_id else "")
        if row.outcome == "changed":
            typer.echo(f"{who}changes {', '.join(row.fields)}")
        if row.kept:
            typer.echo(f"{who}keeps {', '.join(row.kept)}: managed in the portal, by the client or a proxy")
        if row.guardians:
            typer.echo(f"{who}invites {row.guardians} guardian{'s' if row.guardians > 1 else ''}")
        for error in row.not_invited:
            typer.echo(f"{who}{row.outcome}, guardian not invited: {error.path}: {error.message}")
        if row.shares_email:
            others = "another client has" if row.shares_email == 1 else f"{row.shares_email} other clients have"
            typer.echo(f"{who}{others} the same email: only one of them can have an account with it")
        if row.appointments:
            typer.echo(f"{who}leaves {row.appointments} booked to come: {_LEFT[row.kind or 'client']}")
        if row.clients_without_clinician:
            number = row.clients_without_clinician
            typer.echo(f"{who}leaves {number} client{'s' if number > 1 else ''} on whose care team nobody else is")
        if row.staff_ended:
            typer.echo(f"{who}ends the sign-in of {row.staff_ended} of the staff, who is this clinician")
        if row.staff_kept:
            typer.echo(
                f"{who}leaves {row.staff_kept} of the staff with other roles: deactivate who has left the practice"
            )
        if row.suspends_account:
            typer.echo(f"{who}suspends the client's account until they are old enough for one")
        for error in row.errors:
            typer.echo(f"{who}{error.path}: {error.message}")


def write_report(report: ImportReport, file: Path) -> None:
    """Write one line for each row of the import, with the columns `COLUMNS`.

    Raises:
        CommandError: the file cannot be written.
    """
    try:
        with file.open("w", newline="", encoding="utf-8") as opened:
            writer = csv.writer(opened)
            writer.writerow(COLUMNS)
            writer.writerows(_cells(row) for row in report.rows)
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None


def _cells(row: ImportedRow) -> tuple[str, ...]:
    not_invited, errors = (
        "; ".join(f"{error.path}: {error.message}" for error in some) for some in (row.not_invited, row.errors)
    )
    fields, kept = "; ".join(row.fields), "; ".join(row.kept)
    told = str(row.guardians or ""), not_invited, str(row.shares_email or "")
    numbers = (row.appointments, row.clients_without_clinician, row.staff_ended, row.staff_kept)
    follows = *told, *(str(one or "") for one in numbers), "yes" if row.suspends_account else ""
    cells = (row.kind or "", row.external_id or "", row.outcome, fields, kept, *follows, errors)
    return str(row.line), *map(_as_text, cells)


def _as_text(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would take for a formula, as OWASP advises."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
