"""Rows of an import file, and how they are parsed."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, ClassVar

from attrs import field, fields, frozen

from portal_core.kernel.contact import KEEP, EmergencyContact, Keep
from portal_core.kernel.errors import FieldError, Invalid
from portal_core.people.details import (
    Checks,
    ClientDetails,
    ClinicianDetails,
    client_checks,
    clinician_checks,
    may_be_empty,
)
from portal_core.people.identifiers import License
from portal_core.people.import_cells import DateOrder, is_empty, parse_date, split_list, yes_or_no


@frozen
class ParsedRow:
    """The valid values of the fields that a row sets, and every error of the others. None empties a field.

    An error's path is a column of the row.
    """

    values: dict[str, Any]
    errors: tuple[FieldError, ...]

    def missing(self, *names: str) -> tuple[FieldError, ...]:
        """The errors of a row about a new person that does not give these fields."""
        given = {*self.values, *(error.path for error in self.errors)}
        message = "Must not be empty: nobody with this external id is known yet."
        return tuple(FieldError(name, "required", message) for name in names if name not in given)


@frozen
class ClientRow:
    """One client, all as text. A field that is None or blank stays as it is; `EMPTY` empties it.

    A new client needs `given_name`, `family_name` and `date_of_birth` (in the import's order of dates). `clinicians`
    are external ids with `;` between them.

    `line` is the line in the file, for the report. `errors` are what was found wrong with the row before it is parsed.
    """

    REQUIRED: ClassVar = ("given_name", "family_name", "date_of_birth")

    line: int
    external_id: str
    given_name: str | None = None
    family_name: str | None = None
    date_of_birth: str | None = None
    chosen_name: str | None = None
    pronouns: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    time_zone: str | None = None
    language: str | None = None
    state: str | None = None
    status: str | None = None
    clinicians: str | None = None
    emergency_contact_name: str | None = None
    emergency_contact_relationship: str | None = None
    emergency_contact_phone: str | None = None
    coverage: str | None = None
    errors: tuple[FieldError, ...] = field(default=(), kw_only=True)

    def parse(self, today: date, dates: DateOrder = "iso") -> ParsedRow:
        """Parse and validate the row, without `clinicians`."""
        readers: Readers = {
            "date_of_birth": lambda text: parse_date(text, dates, "date_of_birth"),
            "coverage": lambda text: text.lower().replace("-", "_"),
            "status": _status,
        }
        composed = {"emergency_contact": self._emergency_contact()}
        return _parsed(self, ClientDetails, readers, client_checks(today), composed)

    def team(self) -> tuple[str, ...] | None:
        """The external ids of the care team; None where the row says nothing, and nobody for `EMPTY`.

        Raises:
            Invalid: `too_many`.
        """
        text = (self.clinicians or "").strip()
        if not text:
            return None
        return () if is_empty(text) else split_list(text, "clinicians")

    def _emergency_contact(self) -> EmergencyContact | Keep | None:
        """The contact of the three columns; an empty name empties it."""
        name = (self.emergency_contact_name or "").strip()
        relationship = (self.emergency_contact_relationship or "").strip()
        phone = (self.emergency_contact_phone or "").strip()
        if is_empty(name):
            return None
        if not (name or relationship or phone):
            return KEEP
        return EmergencyContact(name, phone, None if is_empty(relationship) else relationship)


@frozen
class ClinicianRow:
    """One clinician, all as text, as in `ClientRow`. A new clinician needs `name`. `active` is yes or no.

    `licenses` are a state and a number each, with `;` between them: `NY 012345; NJ 44SC0`.
    """

    REQUIRED: ClassVar = ("name",)

    line: int
    external_id: str
    name: str | None = None
    credentials: str | None = None
    time_zone: str | None = None
    room_link: str | None = None
    active: str | None = None
    npi: str | None = None
    licenses: str | None = None
    errors: tuple[FieldError, ...] = field(default=(), kw_only=True)

    def parse(self) -> ParsedRow:
        """Parse and validate the row."""
        readers: Readers = {"active": lambda text: yes_or_no(text, "active"), "licenses": _licenses}
        return _parsed(self, ClinicianDetails, readers, clinician_checks(), {})


Readers = Mapping[str, Callable[[str], Any]]
"""How the text of a field becomes the value that its check expects, for fields that are not text."""


def _parsed(
    row: ClientRow | ClinicianRow,
    kind: type[ClientDetails | ClinicianDetails],
    readers: Readers,
    checks: Checks,
    composed: Mapping[str, Any],
) -> ParsedRow:
    """Parse the columns of the fields, and check what was `composed` of several columns."""
    values, errors = dict[str, Any](), list(row.errors)
    for name, default in ((one.name, one.default) for one in fields(kind)):
        text = (getattr(row, name, None) or "").strip()
        identifies = name == "external_id"
        try:
            if name in composed:
                if composed[name] is not KEEP:
                    values[name] = composed[name] and checks[name](composed[name])
            elif is_empty(text):
                if identifies or not may_be_empty(kind, name):
                    raise Invalid.at(name, "required", "Cannot be emptied.")
                values[name] = default
            elif text:
                values[name] = checks[name](readers[name](text) if name in readers else text)
            elif identifies:
                raise Invalid.at(name, "required", "Must not be empty: people are matched by it.")
        except Invalid as error:
            errors += map(_at_column, error.fields)
    return ParsedRow(values, tuple(errors))


def _at_column(error: FieldError) -> FieldError:
    """The error at the column that has the value: of several columns of a field, or of the items of a list in one."""
    column, _, part = error.path.partition(".")
    if not part:
        return error
    number, _, _ = part.partition(".")
    if number.isdecimal():
        return FieldError(column, error.code, f"Number {int(number) + 1} in the list: {error.message}")
    return FieldError(f"{column}_{part}", error.code, error.message)


def _status(text: str) -> str:
    """Many EHRs say `inactive` of a client who was discharged."""
    return "discharged" if text.lower() == "inactive" else text.lower()


def _licenses(text: str) -> tuple[License, ...]:
    return tuple(License(*one.partition(" ")[::2]) for one in split_list(text, "licenses"))
