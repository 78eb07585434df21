"""Appointments: the repositories."""

from collections.abc import Callable

from adapters.postgres.appointment_reads import PostgresAppointmentReads
from adapters.postgres.appointment_requests import PostgresAppointmentRequests, PostgresRequestReads
from adapters.postgres.availability import PostgresAvailability
from adapters.postgres.bookings import PostgresAppointments
from adapters.postgres.calendar import PostgresBlocks, PostgresCalendar
from adapters.postgres.calendar_feeds import PostgresFeedTokens
from adapters.postgres.check_ins import PostgresCheckIns
from adapters.postgres.holds import PostgresFreedSlots, PostgresHolds
from adapters.postgres.reminders import PostgresReminders
from adapters.postgres.schedule import PostgresScheduleDirectory, PostgresScheduleSetup
from adapters.postgres.series import PostgresSeriesBook
from adapters.postgres.transaction import Transaction
from adapters.postgres.unit_core import UnitCore, repository
from adapters.postgres.waitlist import PostgresWaitlist, PostgresWaitlistOffers, PostgresWaitlistReads
from portal_core.appointments.ports import AppointmentUnit


class PostgresAppointmentUnit(UnitCore):
    """Over one transaction."""

    calendar = repository(PostgresCalendar)
    blocks = repository(PostgresBlocks)
    availability = repository(PostgresAvailability)
    directory = repository(PostgresScheduleDirectory)
    setup = repository(PostgresScheduleSetup)
    holds = repository(PostgresHolds)
    appointments = repository(PostgresAppointments)
    appointment_reads = repository(PostgresAppointmentReads)
    requests = repository(PostgresAppointmentRequests)
    request_reads = repository(PostgresRequestReads)
    waitlist = repository(PostgresWaitlist)
    waitlist_reads = repository(PostgresWaitlistReads)
    offers = repository(PostgresWaitlistOffers)
    freed_slots = repository(PostgresFreedSlots)
    series = repository(PostgresSeriesBook)
    check_ins = repository(PostgresCheckIns)
    feeds = repository(PostgresFeedTokens)
    reminders = repository(PostgresReminders)


UNIT: Callable[[Transaction], AppointmentUnit] = PostgresAppointmentUnit
