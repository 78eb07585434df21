"""Appointments: the repositories."""

from collections.abc import Callable

from adapters.postgres.appointments.appointments import PostgresAppointments
from adapters.postgres.appointments.availability import PostgresAvailability
from adapters.postgres.appointments.calendar import PostgresBlocks, PostgresCalendar
from adapters.postgres.appointments.calendar_feeds import PostgresFeedTokens
from adapters.postgres.appointments.check_ins import PostgresCheckIns
from adapters.postgres.appointments.holds import PostgresFreedSlots, PostgresHolds
from adapters.postgres.appointments.options import PostgresScheduleDirectory, PostgresScheduleSetup
from adapters.postgres.appointments.reads import PostgresAppointmentReads
from adapters.postgres.appointments.reminders import PostgresReminders
from adapters.postgres.appointments.requests import PostgresAppointmentRequests, PostgresRequestReads
from adapters.postgres.appointments.series import PostgresSeriesBook
from adapters.postgres.appointments.waitlist import PostgresWaitlist, PostgresWaitlistOffers, PostgresWaitlistReads
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.engine.unit_core import UnitCore, repository
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
