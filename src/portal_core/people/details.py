"""The details that the practice maintains about a client or a clinician, and their validation."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from attrs import asdict, fields_dict, frozen

from portal_core.kernel import contact
from portal_core.kernel.contact import EmergencyContact, normalize_email
from portal_core.kernel.errors import Invalid, check_all
from portal_core.kernel.text import multi_line_text, single_line_text
from portal_core.people.identifiers import License, npi, validated_licenses
from portal_core.people.model import COVERAGES, STATUSES, ClientStatus, Coverage

Checks = Mapping[str, Callable[[Any], Any]]
"""For each field, what validates its value and returns it in the form in which it is stored."""


@frozen
class ClientDetails:
    """All that the practice maintains about a client here. None means no value."""

    given_name: str
    family_name: str
    date_of_birth: date
    external_id: str | None = None
    chosen_name: str | None = None
    pronouns: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    time_zone: str | None = None
    language: str | None = None
    state: str | None = None
    emergency_contact: EmergencyContact | None = None
    coverage: Coverage | None = None
    status: ClientStatus = "active"

    def validated(self, today: date) -> "ClientDetails":
        """Validate and normalize every field, to the form in which it is stored.

        Raises:
            Invalid: it names every field that is not valid.
        """
        return ClientDetails(**_validated(self.values(), ClientDetails, client_checks(today)))

    def values(self) -> dict[str, Any]:
        """The values by the names of the client's fields."""
        return asdict(self, recurse=False)


def client_checks(today: date) -> Checks:
    """The checks of `ClientDetails`, for values that are not empty."""
    return {
        "given_name": lambda text: single_line_text(text, "given_name", 80),
        "family_name": lambda text: single_line_text(text, "family_name", 80),
        "date_of_birth": lambda day: contact.check_date_of_birth(day, today, "date_of_birth"),
        "external_id": check_external_id,
        "chosen_name": lambda text: single_line_text(text, "chosen_name", 80),
        "pronouns": lambda text: single_line_text(text, "pronouns", 40),
        "email": normalize_email,
        "phone": lambda text: contact.phone_number(text, "phone"),
        "address": lambda text: multi_line_text(text, "address", 400),
        "time_zone": lambda text: contact.check_time_zone(text, "time_zone"),
        "language": lambda text: contact.language_tag(text, "language"),
        "state": lambda text: contact.state_code(text, "state"),
        "emergency_contact": lambda one: one.validated("emergency_contact"),
        "coverage": lambda text: _one_of(COVERAGES, text, "coverage"),
        "status": lambda text: _one_of(STATUSES, text, "status"),
    }


@frozen
class ClinicianDetails:
    """All that the practice maintains about a clinician here."""

    name: str
    credentials: str | None = None
    external_id: str | None = None
    time_zone: str | None = None
    room_link: str | None = None
    npi: str | None = None
    licenses: tuple[License, ...] = ()
    active: bool = True

    def validated(self) -> "ClinicianDetails":
        """Validate and normalize every field, to the form in which it is stored.

        Raises:
            Invalid: it names every field that is not valid.
        """
        return ClinicianDetails(**_validated(self.values(), ClinicianDetails, clinician_checks()))

    def values(self) -> dict[str, Any]:
        """The values by the names of the clinician's fields."""
        return asdict(self, recurse=False)


def clinician_checks() -> Checks:
    """The checks of `ClinicianDetails`, for values that are not empty."""
    return {
        "name": lambda text: single_line_text(text, "name", 120),
        "credentials": lambda text: single_line_text(text, "credentials", 80),
        "external_id": check_external_id,
        "time_zone": lambda text: contact.check_time_zone(text, "time_zone"),
        "room_link": lambda text: contact.room_link(text, "room_link"),
        "npi": lambda text: npi(text, "npi"),
        "licenses": lambda licenses: validated_licenses(licenses, "licenses"),
        "active": bool,
    }


def check_external_id(text: str) -> str:
    """The EHR's id of a person.

    Raises:
        Invalid: it is empty, too long or has invisible characters.
    """
    return single_line_text(text, "external_id", 100)


def may_be_empty(kind: type[ClientDetails | ClinicianDetails], name: str) -> bool:
    """Whether the field may have no value; its default is then none, or no items."""
    return fields_dict(kind)[name].default in (None, ())


def _validated(
    values: Mapping[str, Any], kind: type[ClientDetails | ClinicianDetails], checks: Checks
) -> dict[str, Any]:
    empty = {name for name, value in values.items() if value is None or (value == "" and may_be_empty(kind, name))}
    given = {name: partial(checks[name], value) for name, value in values.items() if name not in empty}
    return dict.fromkeys(empty) | check_all(given)


def _one_of(choices: Sequence[str], text: str, path: str) -> str:
    if text not in choices:
        raise Invalid.at(path, "unknown_value", f"Must be one of: {', '.join(choices)}.")
    return text
