"""Rows of an import file, and how they are parsed."""

from datetime import date
from typing import cast

from attrs import frozen

from portal_core.kernel.contact import EmergencyContact
from portal_core.kernel.errors import Invalid
from portal_core.people.details import ClientDetails, ClinicianDetails
from portal_core.people.identifiers import License
from portal_core.people.model import ClientStatus, Coverage

_YES = {"", "yes", "true", "1", "y"}
_NO = {"no", "false", "0", "n"}


@frozen
class ClientRow:
    """One client, all as text; None where the file says nothing.

    `date_of_birth` is YYYY-MM-DD; `clinicians` are external ids with `;` between them.

    `line` is the line in the file, for the report.
    """

    line: int
    external_id: str
    given_name: str
    family_name: str
    date_of_birth: str
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

    def parse(self, today: date) -> ClientDetails:
        """Parse and validate the row.

        Raises:
            Invalid: a field is not valid; it names the first such field.
        """
        _require_value(self.external_id, "external_id")
        _require_value(self.given_name, "given_name")
        _require_value(self.family_name, "family_name")
        return ClientDetails(
            given_name=self.given_name,
            family_name=self.family_name,
            date_of_birth=_parse_date(self.date_of_birth, "date_of_birth"),
            external_id=self.external_id.strip(),
            chosen_name=_given(self.chosen_name),
            pronouns=_given(self.pronouns),
            email=_given(self.email),
            phone=_given(self.phone),
            address=_given(self.address),
            time_zone=_given(self.time_zone),
            language=_given(self.language),
            state=_given(self.state),
            emergency_contact=self._emergency_contact(),
            coverage=cast(Coverage | None, _given((self.coverage or "").lower().replace("-", "_"))),
            status=cast(ClientStatus, (self.status or "").strip().lower() or "active"),
        ).validated(today)

    def team(self) -> tuple[str, ...]:
        """The external ids of the care team; empty when the file does not say."""
        return _parts(self.clinicians)

    def _emergency_contact(self) -> EmergencyContact | None:
        name, phone = _given(self.emergency_contact_name), _given(self.emergency_contact_phone)
        relationship = _given(self.emergency_contact_relationship)
        if not (name or phone or relationship):
            return None
        return EmergencyContact(name or "", phone or "", relationship)


@frozen
class ClinicianRow:
    """One clinician, all as text. `active` is yes or no, yes when it is absent.

    `licenses` are a state and a number each, with `;` between them: `NY 012345; NJ 44SC0`.
    """

    line: int
    external_id: str
    name: str
    credentials: str | None = None
    time_zone: str | None = None
    room_link: str | None = None
    active: str | None = None
    npi: str | None = None
    licenses: str | None = None

    def parse(self) -> ClinicianDetails:
        """Parse and validate the row.

        Raises:
            Invalid: a field is not valid; it names the first such field.
        """
        _require_value(self.external_id, "external_id")
        _require_value(self.name, "name")
        active = (self.active or "").strip().lower()
        if active not in _YES | _NO:
            raise Invalid.at("active", "not_yes_or_no", "Must be yes or no.")
        return ClinicianDetails(
            name=self.name,
            credentials=_given(self.credentials),
            external_id=self.external_id.strip(),
            time_zone=_given(self.time_zone),
            room_link=_given(self.room_link),
            npi=_given(self.npi),
            licenses=tuple(License(*one.partition(" ")[::2]) for one in _parts(self.licenses)),
            active=active in _YES,
        ).validated()


def _given(text: str | None) -> str | None:
    """The text without space around it, None when nothing is left."""
    return (text or "").strip() or None


def _parts(text: str | None) -> tuple[str, ...]:
    return tuple(one.strip() for one in (text or "").split(";") if one.strip())


def _require_value(text: str, path: str) -> None:
    if not text.strip():
        raise Invalid.at(path, "missing", "Must not be empty.")


def _parse_date(text: str, path: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid.at(path, "date_invalid", "Must be a date as year-month-day, such as 1980-05-31.") from None
