"""The memory adapters fulfill the contracts of appointments."""

import pytest

from tests.support.appointments.memory_world import MemoryAppointmentsWorld
from tests.support.contracts.appointments.booking_options import BookingOptionsContract
from tests.support.contracts.appointments.bookings import BookingsContract, ConcurrentBookingContract
from tests.support.contracts.appointments.bulk_changes import BulkChangesContract
from tests.support.contracts.appointments.calendar_and_holds import CalendarContract, FreedSlotsContract, HoldsContract
from tests.support.contracts.appointments.calendar_feeds import FeedsContract
from tests.support.contracts.appointments.check_ins import CheckInsContract
from tests.support.contracts.appointments.clients import ClientsContract
from tests.support.contracts.appointments.corrections import CorrectionsContract
from tests.support.contracts.appointments.destroyed_records import DestroyedRecordsContract
from tests.support.contracts.appointments.leaving import LeavingContract
from tests.support.contracts.appointments.own_clients import OwnClientsContract
from tests.support.contracts.appointments.reads import ReadsContract
from tests.support.contracts.appointments.reminders import RemindersContract
from tests.support.contracts.appointments.requests import RequestsContract
from tests.support.contracts.appointments.series import SeriesContract
from tests.support.contracts.appointments.shared_appointments import SharedAppointmentsContract
from tests.support.contracts.appointments.waitlist import WaitlistContract


@pytest.fixture
def world() -> MemoryAppointmentsWorld:
    return MemoryAppointmentsWorld()


class TestCalendar(CalendarContract): ...


class TestHolds(HoldsContract): ...


class TestFreedSlots(FreedSlotsContract): ...


class TestBookings(BookingsContract): ...


class TestSharedAppointments(SharedAppointmentsContract): ...


class TestConcurrentBooking(ConcurrentBookingContract): ...


class TestBulkChanges(BulkChangesContract): ...


class TestDestroyedRecords(DestroyedRecordsContract): ...


class TestClients(ClientsContract): ...


class TestOwnClients(OwnClientsContract): ...


class TestBookingOptions(BookingOptionsContract): ...


class TestLeaving(LeavingContract): ...


class TestReads(ReadsContract): ...


class TestRequests(RequestsContract): ...


class TestWaitlist(WaitlistContract): ...


class TestSeries(SeriesContract): ...


class TestCheckIns(CheckInsContract): ...


class TestCorrections(CorrectionsContract): ...


class TestFeeds(FeedsContract): ...


class TestReminders(RemindersContract): ...
