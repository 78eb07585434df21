"""The memory adapters keep the contracts of appointments."""

import pytest

from tests.support.appointments import MemoryAppointmentsWorld
from tests.support.contracts.appointments import CalendarContract, FreedSlotsContract, HoldsContract
from tests.support.contracts.appointments_beside import (
    CheckInsContract,
    FeedsContract,
    RemindersContract,
    SeriesContract,
)
from tests.support.contracts.appointments_bookings import BookingsContract, RacesContract
from tests.support.contracts.appointments_clients import ClientsContract
from tests.support.contracts.appointments_destroyed import DestroyedRecordsContract
from tests.support.contracts.appointments_offers import OffersContract
from tests.support.contracts.appointments_reads import ReadsContract
from tests.support.contracts.appointments_requests import RequestsContract
from tests.support.contracts.appointments_waitlist import WaitlistContract


@pytest.fixture
def world() -> MemoryAppointmentsWorld:
    return MemoryAppointmentsWorld()


class TestCalendar(CalendarContract): ...


class TestHolds(HoldsContract): ...


class TestFreedSlots(FreedSlotsContract): ...


class TestBookings(BookingsContract): ...


class TestRaces(RacesContract): ...


class TestDestroyedRecords(DestroyedRecordsContract): ...


class TestClients(ClientsContract): ...


class TestOffers(OffersContract): ...


class TestReads(ReadsContract): ...


class TestRequests(RequestsContract): ...


class TestWaitlist(WaitlistContract): ...


class TestSeries(SeriesContract): ...


class TestCheckIns(CheckInsContract): ...


class TestFeeds(FeedsContract): ...


class TestReminders(RemindersContract): ...
