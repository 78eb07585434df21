"""The memory adapters keep the contracts of appointments."""

import pytest

from tests.support.appointments import MemoryAppointmentsWorld
from tests.support.contracts.appointments import CalendarContract, FreedSlotsContract, HoldsContract
from tests.support.contracts.appointments_bookings import BookingsContract, RacesContract
from tests.support.contracts.appointments_reads import OffersContract, ReadsContract


@pytest.fixture
def world() -> MemoryAppointmentsWorld:
    return MemoryAppointmentsWorld()


class TestCalendar(CalendarContract): ...


class TestHolds(HoldsContract): ...


class TestFreedSlots(FreedSlotsContract): ...


class TestBookings(BookingsContract): ...


class TestRaces(RacesContract): ...


class TestOffers(OffersContract): ...


class TestReads(ReadsContract): ...
