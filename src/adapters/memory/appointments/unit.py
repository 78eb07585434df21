"""The unit of work of appointments in memory."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.memory.appointments.appointments import MemoryAppointments
from adapters.memory.appointments.availability import MemoryAvailability
from adapters.memory.appointments.calendar import MemoryBlocks, MemoryCalendar
from adapters.memory.appointments.calendar_feeds import MemoryFeedTokens
from adapters.memory.appointments.check_ins import MemoryCheckIns
from adapters.memory.appointments.corrections import MemoryCorrections
from adapters.memory.appointments.holds import MemoryFreedSlots, MemoryHolds
from adapters.memory.appointments.options import APPOINTMENT_SETTINGS, MemoryBookingDirectory, MemoryBookingSetup
from adapters.memory.appointments.reads import MemoryAppointmentReads
from adapters.memory.appointments.reminders import MemoryReminders
from adapters.memory.appointments.requests import MemoryAppointmentRequestReads, MemoryAppointmentRequests
from adapters.memory.appointments.series import MemorySeriesRepository
from adapters.memory.appointments.shared_appointments import MemorySharedAppointments
from adapters.memory.appointments.waitlist import MemoryWaitlist, MemoryWaitlistOffers, MemoryWaitlistReads
from adapters.memory.engine.store import MemoryTransaction, MemoryUnit, repository
from adapters.memory.people.unit import MemoryPeopleUnit
from portal_core.appointments.ports import AppointmentUnit


class MemoryAppointmentUnit(MemoryUnit):
    """The repositories over one transaction."""

    calendar = repository(MemoryCalendar)
    blocks = repository(MemoryBlocks)
    availability = repository(MemoryAvailability)
    directory = repository(MemoryBookingDirectory)
    setup = repository(MemoryBookingSetup)
    appointment_settings = repository(APPOINTMENT_SETTINGS.store)
    holds = repository(MemoryHolds)
    appointments = repository(MemoryAppointments)
    shared_appointments = repository(MemorySharedAppointments)
    appointment_reads = repository(MemoryAppointmentReads)
    requests = repository(MemoryAppointmentRequests)
    request_reads = repository(MemoryAppointmentRequestReads)
    waitlist = repository(MemoryWaitlist)
    waitlist_reads = repository(MemoryWaitlistReads)
    offers = repository(MemoryWaitlistOffers)
    freed_slots = repository(MemoryFreedSlots)
    series = repository(MemorySeriesRepository)
    check_ins = repository(MemoryCheckIns)
    corrections = repository(MemoryCorrections)
    feeds = repository(MemoryFeedTokens)
    reminders = repository(MemoryReminders)


UNIT = MemoryAppointmentUnit

if TYPE_CHECKING:
    # Care teams are those of people; mypy checks the combination here.
    class _Appointments(MemoryPeopleUnit, MemoryAppointmentUnit): ...

    APPOINTMENTS: Callable[[MemoryTransaction], AppointmentUnit] = _Appointments
