"""The unit of work of appointments in PostgreSQL."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.postgres.appointments.appointments import PostgresAppointments
from adapters.postgres.appointments.availability import PostgresAvailability
from adapters.postgres.appointments.calendar import PostgresBlocks, PostgresCalendar
from adapters.postgres.appointments.calendar_feeds import PostgresFeedTokens
from adapters.postgres.appointments.check_ins import PostgresCheckIns
from adapters.postgres.appointments.corrections import PostgresCorrections
from adapters.postgres.appointments.holds import PostgresFreedSlots, PostgresHolds
from adapters.postgres.appointments.options import APPOINTMENT_SETTINGS, PostgresBookingDirectory, PostgresBookingSetup
from adapters.postgres.appointments.reads import PostgresAppointmentReads
from adapters.postgres.appointments.reminders import PostgresReminders
from adapters.postgres.appointments.requests import PostgresAppointmentRequestReads, PostgresAppointmentRequests
from adapters.postgres.appointments.series import PostgresSeriesRepository
from adapters.postgres.appointments.shared_appointments import PostgresSharedAppointments
from adapters.postgres.appointments.waitlist import PostgresWaitlist, PostgresWaitlistOffers, PostgresWaitlistReads
from adapters.postgres.engine.base_unit import PostgresUnit, repository
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.unit import PostgresPeopleUnit
from portal_core.appointments.ports import AppointmentUnit


class PostgresAppointmentUnit(PostgresUnit):
    """The repositories over one transaction."""

    calendar = repository(PostgresCalendar)
    blocks = repository(PostgresBlocks)
    availability = repository(PostgresAvailability)
    directory = repository(PostgresBookingDirectory)
    setup = repository(PostgresBookingSetup)
    appointment_settings = repository(APPOINTMENT_SETTINGS.store)
    holds = repository(PostgresHolds)
    appointments = repository(PostgresAppointments)
    shared_appointments = repository(PostgresSharedAppointments)
    appointment_reads = repository(PostgresAppointmentReads)
    requests = repository(PostgresAppointmentRequests)
    request_reads = repository(PostgresAppointmentRequestReads)
    waitlist = repository(PostgresWaitlist)
    waitlist_reads = repository(PostgresWaitlistReads)
    offers = repository(PostgresWaitlistOffers)
    freed_slots = repository(PostgresFreedSlots)
    series = repository(PostgresSeriesRepository)
    check_ins = repository(PostgresCheckIns)
    corrections = repository(PostgresCorrections)
    feeds = repository(PostgresFeedTokens)
    reminders = repository(PostgresReminders)


UNIT = PostgresAppointmentUnit

if TYPE_CHECKING:
    # Care teams are those of people; mypy checks the combination here.
    class _Appointments(PostgresPeopleUnit, PostgresAppointmentUnit): ...

    APPOINTMENTS: Callable[[Transaction], AppointmentUnit] = _Appointments
