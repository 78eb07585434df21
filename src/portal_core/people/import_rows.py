"""Rows of an import file, and how they are parsed."""

from datetime import date
from typing import cast

from attrs import frozen

from portal_core.kernel.errors import Invalid
from portal_core.people.details import ClientDetails, ClinicianDetails
from portal_core.people.model import ClientStatus

_YES = {"", "yes", "true", "1", "y"}
_NO = {"no", "false", "0", "n"}


@frozen
class ClientRow:
    """One client, all as text. `date_of_birth` is YYYY-MM-DD; `clinicians` are external ids with `;` between them.

    `line` is the line in the file, for the report.
    """

    line: int
    external_id: str
    given_name: str
    family_name: str
    date_of_birth: str
    chosen_name: str = ""
    pronouns: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    time_zone: str = ""
    language: str = ""
    state: str = ""
    status: str = ""
    clinicians: str = ""

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
            chosen_name=self.chosen_name.strip() or None,
            pronouns=self.pronouns.strip() or None,
            email=self.email.strip() or None,
            phone=self.phone.strip() or None,
            address=self.address.strip() or None,
            time_zone=self.time_zone.strip() or None,
            language=self.language.strip() or None,
            state=self.state.strip() or None,
            status=cast(ClientStatus, self.status.strip().lower() or "active"),
        ).validated(today)

    def team(self) -> tuple[str, ...]:
        """The external ids of the care team; empty when the file does not say."""
        return tuple(one.strip() for one in self.clinicians.split(";") if one.strip())


@frozen
class ClinicianRow:
    """One clinician, all as text. `active` is yes or no, yes when empty."""

    line: int
    external_id: str
    name: str
    credentials: str = ""
    time_zone: str = ""
    room_link: str = ""
    active: str = ""

    def parse(self) -> ClinicianDetails:
        """Parse and validate the row.

        Raises:
            Invalid: a field is not valid; it names the first such field.
        """
        _require_value(self.external_id, "external_id")
        _require_value(self.name, "name")
        active = self.active.strip().lower()
        if active not in _YES | _NO:
            raise Invalid.at("active", "not_yes_or_no", "Must be yes or no.")
        return ClinicianDetails(
            name=self.name,
            credentials=self.credentials.strip(),
            external_id=self.external_id.strip(),
            time_zone=self.time_zone.strip() or None,
            room_link=self.room_link.strip() or None,
            active=active in _YES,
        ).validated()


def _require_value(text: str, path: str) -> None:
    if not text.strip():
        raise Invalid.at(path, "missing", "Must not be empty.")


def _parse_date(text: str, path: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid.at(path, "date_invalid", "Must be a date as year-month-day, such as 1980-05-31.") from None
