"""What screens need from outside: views, by one statement each for all of the data.

Confined as the repositories are: to the practice, and for a client or proxy to the record that they act on.
"""

from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from portal_core.appointments.appointment_request import RequestStatus
from portal_core.appointments.practice_views import (
    PracticeAppointmentRequestView,
    PracticeAppointmentView,
    PracticeWaitlistEntryView,
)
from portal_core.appointments.views import AppointmentFilter, AppointmentRequestView, AppointmentRow, WaitlistEntryView
from portal_core.kernel.page import Page, PageRequest


class AppointmentReads(Protocol):
    """Appointments on screens."""

    async def list_for_client(
        self, client_id: UUID, filters: AppointmentFilter, page: PageRequest, now: datetime
    ) -> Page[AppointmentRow]:
        """In the filter's order, by start and id. Raises Invalid for a cursor that is none of ours."""
        ...

    async def for_client(self, client_id: UUID, appointment_id: UUID) -> AppointmentRow | None: ...

    async def day(
        self, since: datetime, until: datetime, clinician_id: UUID | None
    ) -> tuple[PracticeAppointmentView, ...]:
        """What starts from `since` up to, not including, `until`; cancelled ones too; by start and id."""
        ...

    async def list_for_practice(
        self, client_id: UUID, filters: AppointmentFilter, page: PageRequest, now: datetime, clinician_id: UUID | None
    ) -> Page[PracticeAppointmentView]:
        """As `list_for_client`, by the client's own part in each; of one clinician's calendar, or of everybody's."""
        ...

    async def get_for_practice(self, appointment_id: UUID) -> PracticeAppointmentView | None: ...


class AppointmentRequestReads(Protocol):
    """Requests on screens, latest first."""

    async def list_for_client(self, client_id: UUID, page: PageRequest) -> Page[AppointmentRequestView]: ...

    async def list_for_practice(self, status: RequestStatus, page: PageRequest) -> Page[PracticeAppointmentRequestView]:
        """Oldest first: the practice answers in order."""
        ...


class WaitlistReads(Protocol):
    """Places on the waitlist on screens, longest waiting first, with the open offers."""

    async def of_client(self, client_id: UUID) -> tuple[WaitlistEntryView, ...]:
        """Those in which the client still waits."""
        ...

    async def list_for_practice(self, on: date, page: PageRequest) -> Page[PracticeWaitlistEntryView]:
        """Those in which somebody waits for a date of theirs from `on` on. A day's slack: `is_active` decides."""
        ...
