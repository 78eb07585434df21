"""Read ports of appointments: each method returns views, by one statement.

As repositories, they are confined to the practice, and for a client or proxy to the record that they act on.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from portal_core.appointments.appointment_request import RequestStatus
from portal_core.appointments.practice_views import (
    AppointmentSummaryView,
    PracticeAppointmentRequestView,
    PracticeAppointmentView,
    PracticeWaitlistEntryView,
)
from portal_core.appointments.views import AppointmentFilter, AppointmentRequestView, AppointmentRow, WaitlistEntryView
from portal_core.kernel.page import Page, PageRequest


class AppointmentReads(Protocol):
    """Views of appointments."""

    async def list_for_client(
        self, client_id: UUID, filters: AppointmentFilter, page: PageRequest, now: datetime
    ) -> Page[AppointmentRow]:
        """One page in the filter's order, by start and id. Raises Invalid for an invalid cursor."""
        ...

    async def for_client(self, client_id: UUID, appointment_id: UUID) -> AppointmentRow | None: ...

    async def schedule(
        self, since: datetime, until: datetime, clinician_id: UUID | None
    ) -> tuple[PracticeAppointmentView, ...]:
        """Appointments that start from `since` up to, not including, `until`; cancelled ones too; by start and id."""
        ...

    async def list_for_practice(
        self, client_id: UUID, filters: AppointmentFilter, page: PageRequest, now: datetime, clinician_id: UUID | None
    ) -> Page[PracticeAppointmentView]:
        """As `list_for_client`, filtered by the client's own part in each; in one clinician's calendar, or in all for
        None.
        """
        ...

    async def get_for_practice(self, appointment_id: UUID) -> PracticeAppointmentView | None: ...

    async def summaries(self, appointment_ids: Collection[UUID]) -> tuple[AppointmentSummaryView, ...]:
        """These appointments of the practice, by start and id; other ids are left out."""
        ...


class AppointmentRequestReads(Protocol):
    """Views of requests, latest first unless stated."""

    async def list_for_client(self, client_id: UUID, page: PageRequest) -> Page[AppointmentRequestView]: ...

    async def list_for_practice(self, status: RequestStatus, page: PageRequest) -> Page[PracticeAppointmentRequestView]:
        """Oldest first, the order in which the practice answers."""
        ...


class WaitlistReads(Protocol):
    """Views of waitlist entries with their open offers, longest waiting first."""

    async def of_client(self, client_id: UUID) -> tuple[WaitlistEntryView, ...]:
        """Entries in which the client is still waiting."""
        ...

    async def list_for_practice(self, on: date, page: PageRequest) -> Page[PracticeWaitlistEntryView]:
        """Waiting entries with a latest date on or after `on`. Includes a day's tolerance for time zones: `is_active`
        decides.
        """
        ...
