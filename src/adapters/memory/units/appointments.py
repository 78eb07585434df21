"""Appointments: the repositories in memory."""

from collections.abc import Callable

from adapters.memory.appointment_reads import MemoryAppointmentReads, MemoryScheduleDirectory
from adapters.memory.appointment_requests import MemoryAppointmentRequests, MemoryRequestReads
from adapters.memory.appointments import (
    MemoryAppointments,
    MemoryAvailability,
    MemoryBlocks,
    MemoryCalendar,
    MemoryFreedSlots,
    MemoryHolds,
    MemoryScheduleSetup,
)
from adapters.memory.appointments_beside import MemoryCheckIns, MemoryFeedTokens, MemoryReminders, MemorySeriesBook
from adapters.memory.store import MemoryTransaction, MemoryUnit, repository
from adapters.memory.waitlist import MemoryWaitlist, MemoryWaitlistOffers, MemoryWaitlistReads
from portal_core.appointments.ports import AppointmentUnit


class MemoryAppointmentUnit(MemoryUnit):
    """Over one transaction."""

    calendar = repository(MemoryCalendar)
    blocks = repository(MemoryBlocks)
    availability = repository(MemoryAvailability)
    directory = repository(MemoryScheduleDirectory)
    setup = repository(MemoryScheduleSetup)
    holds = repository(MemoryHolds)
    appointments = repository(MemoryAppointments)
    appointment_reads = repository(MemoryAppointmentReads)
    requests = repository(MemoryAppointmentRequests)
    request_reads = repository(MemoryRequestReads)
    waitlist = repository(MemoryWaitlist)
    waitlist_reads = repository(MemoryWaitlistReads)
    offers = repository(MemoryWaitlistOffers)
    freed_slots = repository(MemoryFreedSlots)
    series = repository(MemorySeriesBook)
    check_ins = repository(MemoryCheckIns)
    feeds = repository(MemoryFeedTokens)
    reminders = repository(MemoryReminders)


UNIT: Callable[[MemoryTransaction], AppointmentUnit] = MemoryAppointmentUnit
