"""The details that the practice maintains about a client or a clinician, and their validation."""

from datetime import date
from typing import Any

from attrs import asdict, frozen

from portal_core.kernel import contact
from portal_core.kernel.contact import EmergencyContact, normalize_email
from portal_core.kernel.errors import Invalid
from portal_core.kernel.text import multi_line_text, single_line_text
from portal_core.people.identifiers import License, npi, validated_licenses
from portal_core.people.model import COVERAGES, STATUSES, ClientStatus, Coverage


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
            Invalid: a field is not valid; it names the first such field.
        """
        if self.status not in STATUSES:
            raise Invalid.at("status", "status_unknown", f"Must be one of: {', '.join(STATUSES)}.")
        if self.coverage is not None and self.coverage not in COVERAGES:
            raise Invalid.at("coverage", "coverage_unknown", f"Must be one of: {', '.join(COVERAGES)}.")
        emergency_contact = self.emergency_contact
        return ClientDetails(
            given_name=single_line_text(self.given_name, "given_name", 80),
            family_name=single_line_text(self.family_name, "family_name", 80),
            date_of_birth=contact.check_date_of_birth(self.date_of_birth, today, "date_of_birth"),
            external_id=single_line_text(self.external_id, "external_id", 100) if self.external_id else None,
            chosen_name=single_line_text(self.chosen_name, "chosen_name", 80) if self.chosen_name else None,
            pronouns=single_line_text(self.pronouns, "pronouns", 40) if self.pronouns else None,
            email=normalize_email(self.email) if self.email else None,
            phone=contact.phone_number(self.phone, "phone") if self.phone else None,
            address=multi_line_text(self.address, "address", 400) if self.address else None,
            time_zone=contact.check_time_zone(self.time_zone, "time_zone") if self.time_zone else None,
            language=contact.language_tag(self.language, "language") if self.language else None,
            state=contact.state_code(self.state, "state") if self.state else None,
            emergency_contact=emergency_contact.validated("emergency_contact") if emergency_contact else None,
            coverage=self.coverage,
            status=self.status,
        )

    def values(self) -> dict[str, Any]:
        """The values by the names of the client's fields."""
        return asdict(self, recurse=False)


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
            Invalid: a field is not valid; it names the first such field.
        """
        return ClinicianDetails(
            name=single_line_text(self.name, "name", 120),
            credentials=single_line_text(self.credentials, "credentials", 80) if self.credentials else None,
            external_id=single_line_text(self.external_id, "external_id", 100) if self.external_id else None,
            time_zone=contact.check_time_zone(self.time_zone, "time_zone") if self.time_zone else None,
            room_link=contact.room_link(self.room_link, "room_link") if self.room_link else None,
            npi=npi(self.npi, "npi") if self.npi else None,
            licenses=validated_licenses(self.licenses, "licenses"),
            active=self.active,
        )

    def values(self) -> dict[str, Any]:
        """The values by the names of the clinician's fields."""
        return asdict(self, recurse=False)
