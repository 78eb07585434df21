"""Reads clients and clinicians from a CSV file, such as an EHR exports, and reports the rows that it cannot read."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import attrs
from attrs import define, evolve, field, frozen

from entrypoints.errors import CommandError
from entrypoints.import_csv import SEPARATORS, CsvFile
from portal_core.accounts.guardians import GuardianColumns
from portal_core.kernel.errors import FieldError
from portal_core.kernel.field_codes import FieldCode
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.views import ImportedRow, PersonKind

_HOW_TO_MAP = '--column "Their name=our_name" reads another name, and --column "Their name=" leaves a column out'
_QUOTES = 'A quotation mark is not closed, or text follows a closing one. Within quotation marks, write one as "".'
_DATE_CELL = re.compile(r"\s*([0-9./ :-]+)?(AM|T[0-9:.]+)?\s*", re.IGNORECASE)


@define
class PeopleFile:
    """The rows of a file. `rejected` could not be read; the import itself validates the values of the others.

    `guardians` are those of each client. `headers` are the names that the file has for our columns.
    """

    clinicians: list[ClinicianRow] = field(factory=list)
    clients: list[ClientRow] = field(factory=list)
    guardians: list[GuardianColumns] = field(factory=list)
    rejected: list[ImportedRow] = field(factory=list)
    headers: dict[str, str] = field(factory=dict)

    def in_their_words(self, row: ImportedRow) -> ImportedRow:
        """What happened with a row, with the file's names of the columns."""
        return evolve(
            row,
            fields=tuple(dict.fromkeys(self.headers.get(name, name) for name in row.fields)),
            kept=tuple(self.headers.get(name, name) for name in row.kept),
            errors=self._of_their_columns(row.errors),
            not_invited=self._of_their_columns(row.not_invited),
        )

    def _of_their_columns(self, errors: Sequence[FieldError]) -> tuple[FieldError, ...]:
        """The errors, each once: two fields of ours may be one column of theirs."""
        return tuple(dict.fromkeys(evolve(one, path=self.headers.get(one.path, one.path)) for one in errors))


def read_people(file: Path, columns: Sequence[str] = (), kind: PersonKind | None = None) -> PeopleFile:
    """Read the file. Its columns have the names of the rows' fields, in any case, with spaces or underscores.

    `columns` are texts such as `First Name=given_name` for other names, or `Notes=` to leave a column out. `kind` is
    that of every row of a file without a column `kind`.

    Raises:
        CommandError: the file cannot be read, or has a wrong header.
    """
    csv_file = CsvFile.read(file)
    header = _read_header(file, csv_file, [_mapping(one) for one in columns], kind)
    people = PeopleFile(headers=header.theirs)
    for row in csv_file.rows(header.separator, header.starts_row):
        if row.cells is None:
            people.rejected.append(_rejected(row.line, "row", "quotes_invalid", _QUOTES))
        elif fault := header.fault(row.cells):
            people.rejected.append(_rejected(row.line, "row", "wrong_cell_count", fault))
        else:
            _take(people, row.line, header.values(row.cells))
    return people


@frozen
class _Header:
    """The separator, and our name of each column, None for one that is left out; `theirs` are the file's for ours."""

    separator: str
    names: tuple[str | None, ...]
    kind: PersonKind | None
    theirs: dict[str, str]

    def values(self, cells: Sequence[str]) -> dict[str, str]:
        """The cells by the names of their columns."""
        found = {name: cell for name, cell in zip(self.names, cells, strict=False) if name is not None}
        return found if self.kind is None else {"kind": self.kind, **found}

    def fault(self, cells: Sequence[str]) -> str:
        """What is wrong with the number of cells; empty cells after the last column do no harm."""
        width = len(self.names)
        if len(cells) >= width and not any(cell.strip() for cell in cells[width:]):
            return ""
        return (
            f"This row has {len(cells)} cells, and the header has {width}. Put quotation marks around a value that "
            "contains the separator."
        )

    def starts_row(self, cells: Sequence[str]) -> bool:
        """Whether these cells of one line are the beginning of a row, and not of a cell with several lines."""
        values = self.values(cells)
        if self.kind is None:
            place = self.names.index("kind")
            whole = '"' not in "".join(cells[: place + 1])  # a mark here would be the end of a cell of the line before
            return whole and values.get("kind", "").strip().lower() in get_args(PersonKind)
        date = values.get("date_of_birth", "")
        whole = len(cells) == len(self.names) and '"' not in "".join(cells)
        return whole and bool(values["external_id"].strip()) and _DATE_CELL.fullmatch(date) is not None


def _read_header(
    file: Path, csv_file: CsvFile, mappings: Sequence[tuple[str, str]], kind: PersonKind | None
) -> _Header:
    known = _COLUMNS[kind] if kind else _COLUMNS["client"] | _COLUMNS["clinician"]
    if wrong := [name for _, name in mappings if name and name not in known]:
        raise CommandError(f"--column: no column is named {', '.join(map(repr, wrong))}; {_possible(known)}")
    ours = {_plain(theirs): name for theirs, name in mappings}

    def matches(separator: str) -> tuple[int, bool, int]:
        names = csv_file.names(separator)
        found = sum(_plain(name) in known | ours.keys() for name in names or ())
        return found, names is None, len(names or ())

    separator = csv_file.separator or max(SEPARATORS, key=matches)
    cells = csv_file.names(separator)
    if cells is None:
        raise CommandError(f"{file}: line {csv_file.header + 1}: the header cannot be read: {_QUOTES}")
    header = [name.strip() for name in cells]
    while header and not header[-1]:
        header.pop()
    if "" in header:
        raise CommandError(f"{file}: column {header.index('') + 1} of the header has no name")
    plain = [_plain(name) for name in header]
    if absent := [theirs for theirs, _ in mappings if _plain(theirs) not in plain]:
        missing, present = (", ".join(map(repr, names)) for names in (absent, header))
        raise CommandError(f"{file}: --column: the file has no column {missing}; it has {present}")
    names = [ours.get(one, one) for one in plain]
    if unknown := [name for name, one in zip(header, names, strict=True) if one and one not in known]:
        raise CommandError(
            f"{file}: unknown columns: {', '.join(map(repr, unknown))}; {_possible(known)}. {_HOW_TO_MAP}"
        )
    if twice := sorted({one for one in names if one and names.count(one) > 1}):
        raise CommandError(f"{file}: a column appears twice: {', '.join(twice)}")
    _require(file, names, kind)
    theirs = {one: name for one, name in zip(names, header, strict=True) if one}
    if "name" in theirs:  # a client's is two fields of ours
        theirs = {"given_name": theirs["name"], "family_name": theirs["name"]} | theirs
    return _Header(separator, tuple(one or None for one in names), kind, theirs)


def _require(file: Path, names: Sequence[str], kind: PersonKind | None) -> None:
    if kind is None and "kind" not in names:
        raise CommandError(
            f"{file}: the first line must be a header with a column named kind (client or clinician). If all rows are "
            "of one kind, choose it with --kind"
        )
    if kind is not None and "kind" in names:
        raise CommandError(f"{file}: the file has a column named kind: leave out --kind")
    if "external_id" not in names:
        raise CommandError(
            f"{file}: the first line must be a header with a column named external_id, by which people are matched. "
            f"{_HOW_TO_MAP}"
        )


def _mapping(text: str) -> tuple[str, str]:
    theirs, equals, ours = text.rpartition("=")
    if not equals or not theirs.strip():
        raise CommandError(f"--column {text!r}: write it as Their name=our_name")
    return theirs.strip(), _plain(ours)


def _plain(name: str) -> str:
    """A column's name in lower case, with underscores for spaces and dashes."""
    return re.sub(r"[\s_-]+", "_", name.strip().lower())


def _possible(known: set[str]) -> str:
    return f"possible columns: {', '.join(sorted(known))}"


def _columns(kind: type[attrs.AttrsInstance]) -> tuple[str, ...]:
    return tuple(one.name for one in attrs.fields(kind) if one.name not in ("line", "errors"))


_COLUMNS: dict[str, set[str]] = {
    "client": {"kind", "name", *_columns(ClientRow), *_columns(GuardianColumns)},
    "clinician": {"kind", *_columns(ClinicianRow)},
}


def _take(people: PeopleFile, line: int, values: Mapping[str, str]) -> None:
    kind = values["kind"].strip().lower()
    if kind not in get_args(PersonKind):
        people.rejected.append(_rejected(line, "kind", "unknown_value", "Must be one of: client, clinician."))
        return
    message = f"A {kind} has no such field. Leave the cell blank."
    foreign = [name for name, cell in values.items() if cell.strip() and name not in _COLUMNS[kind]]
    errors = tuple(FieldError(name, "column_of_other_kind", message) for name in foreign)
    if kind == "client":
        names, unclear = _names(values)
        named = {**values, **names}
        people.clients.append(ClientRow(line, **_cells(ClientRow, named), errors=errors + unclear))
        people.guardians.append(GuardianColumns(**_cells(GuardianColumns, named)))
    else:
        people.clinicians.append(ClinicianRow(line, **_cells(ClinicianRow, values), errors=errors))


def _names(values: Mapping[str, str]) -> tuple[dict[str, str], tuple[FieldError, ...]]:
    """The family name and the given name of a client whose row has both in one cell, and what is wrong with it."""
    parts = [one.strip() for one in values.get("name", "").split(",")]
    if parts == [""]:
        return {}, ()
    twice = any(values.get(one, "").strip() for one in ("given_name", "family_name"))
    if len(parts) != 2 or not all(parts) or twice:
        message = "Write a client's name as Last, First, or in two columns, family_name and given_name."
        unclear = (FieldError(one, "name_unclear", message) for one in ("family_name", "given_name"))
        return {}, tuple(unclear)
    return {"family_name": parts[0], "given_name": parts[1]}, ()


def _cells(kind: type[attrs.AttrsInstance], values: Mapping[str, str]) -> dict[str, str]:
    return {name: values[name] for name in _columns(kind) if name in values}


def _rejected(line: int, path: str, code: FieldCode, message: str) -> ImportedRow:
    return ImportedRow(line, None, None, "rejected", errors=(FieldError(path, code, message),))
