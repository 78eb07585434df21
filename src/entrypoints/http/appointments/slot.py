"""A slot in request bodies, with the same field names as the items of `GET /appointments/slots`."""

from uuid import UUID

from entrypoints.http.contract.fields import Instant, Request
from portal_core.appointments.booking import SlotChoice


class SlotRequest(Request, frozen=True):
    """A start time with a clinician for an appointment type. No location means telehealth."""

    clinician_id: UUID
    appointment_type_id: UUID
    starts_at: Instant
    location_id: UUID | None = None

    def choice(self) -> SlotChoice:
        """Convert to the use cases' value."""
        return SlotChoice(
            clinician_id=self.clinician_id,
            appointment_type_id=self.appointment_type_id,
            location_id=self.location_id,
            starts_at=self.starts_at,
        )
