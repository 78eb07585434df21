"""Reads clients and clinicians from a CSV file, such as an EHR exports, and reports the lines that it cannot read."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import attrs
from attrs import define, field

from entrypoints.errors import CommandError
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.views import RejectedRow

Row = TypeVar("Row", ClientRow, ClinicianRow)
_MAX_FIELD_LENGTH = 64 * 1024


@define
class PeopleFile:
    """The rows of a file. `rejected` are malformed lines; the import itself validates the values of the others."""

    clinicians: list[ClinicianRow] = field(factory=list)
    clients: list[ClientRow] = field(factory=list)
    rejected: list[RejectedRow] = field(factory=list)


def read_people(file: Path) -> PeopleFile:
    """Read the file.

    Raises:
        CommandError: the file cannot be read, is not UTF-8 or CSV, or has a wrong header.
    """
    people = PeopleFile()
    csv.field_size_limit(_MAX_FIELD_LENGTH)
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            for line, values in _rows(file, csv.reader(opened, strict=True)):
                _take(people, line, values)
    except UnicodeDecodeError:
        raise CommandError(f"{file}: not UTF-8 text") from None
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
    return people


def _rows(file: Path, reader: Any) -> Iterator[tuple[int, dict[str, str] | None]]:
    """Yield each row's first line number and its values; None for a row whose field count differs from the header."""
    try:
        names = [name.strip() for name in next(reader, [])]
        _check_header(file, names)
        before = reader.line_num
        for fields in reader:
            line, before = before + 1, reader.line_num
            if any(one.strip() for one in fields):
                yield line, dict(zip(names, fields, strict=True)) if len(fields) == len(names) else None
    except csv.Error as error:
        raise CommandError(f"{file}: line {reader.line_num}: {error}") from None


def _check_header(file: Path, names: list[str]) -> None:
    if "kind" not in names:
        raise CommandError(f"{file}: the first line must be a header with a column named kind")
    known = {"kind", *_columns(ClientRow), *_columns(ClinicianRow)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CommandError(
            f"{file}: unknown columns: {', '.join(map(repr, unknown))}; possible columns: {', '.join(sorted(known))}"
        )
    if len(set(names)) < len(names):
        raise CommandError(f"{file}: a column appears twice")


def _columns(kind: type[Any]) -> list[str]:
    return [one.name for one in attrs.fields(kind) if one.name != "line"]


def _take(people: PeopleFile, line: int, values: dict[str, str] | None) -> None:
    if values is None:
        rejected = RejectedRow(line, "kind", "wrong_field_count", "This row has more or fewer fields than the header.")
        people.rejected.append(rejected)
        return
    kind = values["kind"].strip().lower()
    if kind == "clinician":
        people.clinicians.append(_row(ClinicianRow, line, values))
    elif kind == "client":
        people.clients.append(_row(ClientRow, line, values))
    else:
        people.rejected.append(RejectedRow(line, "kind", "kind_unknown", "Must be one of: client, clinician."))


def _row(kind: type[Row], line: int, values: dict[str, str]) -> Row:
    return kind(line=line, **{name: values.get(name, "") for name in _columns(kind)})
