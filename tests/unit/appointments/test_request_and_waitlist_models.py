"""State changes and limits of requests, waitlist entries, offers, series and rules."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest

from portal_core.appointments.appointment_request import AppointmentRequest, PreferredTime
from portal_core.appointments.errors import OfferClosed, RequestClosed, SeriesEnded, WaitlistEntryClosed
from portal_core.appointments.series import Series
from portal_core.appointments.settings import AppointmentSettings
from portal_core.appointments.waitlist import WaitlistEntry, WaitlistOffer
from portal_core.kernel.errors import Invalid
from portal_core.kernel.money import Money
from tests.support.contracts.appointments.world import ZONE, new_york

ONE, TWO = UUID(int=1), UUID(int=2)
NOW = new_york(2, 10)
MORNING = PreferredTime(starts_at=new_york(4, 9), ends_at=new_york(4, 12))


def request(**more: object) -> AppointmentRequest:
    values = {
        "id": ONE,
        "practice_id": ONE,
        "client_id": ONE,
        "appointment_type_id": ONE,
        "location_id": None,
        "clinician_id": None,
        "preferred": (MORNING,),
        "requested_at": NOW,
        **more,
    }
    return AppointmentRequest(**values)  # type: ignore[arg-type]


def entry(**more: object) -> WaitlistEntry:
    values = {
        "id": ONE,
        "practice_id": ONE,
        "client_id": ONE,
        "appointment_type_id": ONE,
        "location_id": None,
        "clinician_id": None,
        "earliest_date": date(2026, 3, 3),
        "latest_date": date(2026, 3, 10),
        "time_zone": ZONE,
        "joined_at": NOW,
        **more,
    }
    return WaitlistEntry(**values)  # type: ignore[arg-type]


def offer() -> WaitlistOffer:
    return WaitlistOffer(
        id=ONE,
        practice_id=ONE,
        client_id=ONE,
        entry_id=ONE,
        freed_slot_id=ONE,
        clinician_id=ONE,
        appointment_type_id=ONE,
        location_id=None,
        starts_at=new_york(4, 9),
        ends_at=new_york(4, 10),
        calendar_entry_id=ONE,
        offered_at=NOW,
        expires_at=NOW + timedelta(hours=2),
    )


class TestRequests:
    def test_request_is_closed_once(self) -> None:
        confirmed = request().confirm(TWO, at=NOW)
        declined = request().decline("We are full in March.", at=NOW)
        withdrawn = request().withdraw(at=NOW)
        assert (confirmed.status, confirmed.appointment_id, confirmed.version) == ("confirmed", TWO, 2)
        assert (declined.status, declined.answer, declined.answered_at) == ("declined", "We are full in March.", NOW)
        assert (withdrawn.status, withdrawn.version) == ("withdrawn", 2)
        for answered in (confirmed, declined, withdrawn):
            for again in (
                lambda one=answered: one.confirm(TWO, at=NOW),
                lambda one=answered: one.decline(None, at=NOW),
                lambda one=answered: one.withdraw(at=NOW),
            ):
                with pytest.raises(RequestClosed):
                    again()

    @pytest.mark.parametrize("wrong", [{"preferred": ()}, {"preferred": (MORNING,) * 4}, {"reason": "a" * 1001}])
    def test_invalid_request_is_refused(self, wrong: dict[str, object]) -> None:
        with pytest.raises(Invalid):
            request(**wrong)

    def test_preferred_time_needs_duration(self) -> None:
        with pytest.raises(Invalid):
            PreferredTime(starts_at=NOW, ends_at=NOW)


class TestWaitlist:
    @pytest.mark.parametrize(
        ("at", "wanted"),
        [
            (new_york(2, 23), False),
            (new_york(3, 0), True),
            (new_york(10, 12), True),
            (new_york(10, 23), True),
            (new_york(11, 0), False),
        ],
    )
    def test_entry_dates_are_local(self, at: datetime, wanted: bool) -> None:
        assert entry().wants(at, at + timedelta(minutes=30)) is wanted

    @pytest.mark.parametrize(
        ("at", "minutes", "wanted"),
        [
            (new_york(4, 9), 60, True),
            (new_york(4, 8, 59), 60, False),
            (new_york(4, 11), 60, True),
            (new_york(4, 11), 61, False),
            (new_york(5, 9), 60, False),
        ],
    )
    def test_entry_matches_weekday_and_time_of_day(self, at: datetime, minutes: int, wanted: bool) -> None:
        choosy = entry(weekdays=frozenset({2}), from_time=time(9), until_time=time(12))
        assert choosy.wants(at, at + timedelta(minutes=minutes)) is wanted

    def test_entry_without_end_time_ends_at_midnight(self) -> None:
        at = new_york(4, 23)
        assert entry().wants(at, at + timedelta(hours=2))
        assert not entry(until_time=time(23, 30)).wants(at, at + timedelta(hours=2))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"latest_date": date(2026, 3, 2)},
            {"any_location": True, "location_id": ONE},
            {"weekdays": frozenset({7})},
            {"from_time": time(12), "until_time": time(9)},
        ],
    )
    def test_invalid_waitlist_entry_is_refused(self, wrong: dict[str, object]) -> None:
        with pytest.raises(Invalid):
            entry(**wrong)

    def test_entry_closes_once(self) -> None:
        for closed in (entry().booked(), entry().leave()):
            assert closed.version == 2
            with pytest.raises(WaitlistEntryClosed):
                closed.booked()
            with pytest.raises(WaitlistEntryClosed):
                closed.leave()

    def test_offer_is_accepted_until_it_expires(self) -> None:
        accepted = offer().accept(TWO, at=NOW + timedelta(hours=2) - timedelta.resolution)
        assert (accepted.status, accepted.appointment_id, accepted.version) == ("accepted", TWO, 2)
        with pytest.raises(OfferClosed):
            offer().accept(TWO, at=NOW + timedelta(hours=2))
        for closed in (accepted, offer().decline(), offer().expire()):
            for again in (closed.decline, closed.expire):
                with pytest.raises(OfferClosed):
                    again()
            with pytest.raises(OfferClosed):
                closed.accept(TWO, at=NOW)


def test_series_ends_once() -> None:
    series = Series(
        id=ONE,
        practice_id=ONE,
        clinician_id=ONE,
        appointment_type_id=ONE,
        location_id=None,
        first_start=datetime(2026, 3, 4, 10),  # noqa: DTZ001
        time_zone=ZONE,
        weeks=10,
        created_at=NOW,
    )
    ended = series.end()
    assert (ended.status, ended.version) == ("ended", 2)
    with pytest.raises(SeriesEnded):
        ended.end()


@pytest.mark.parametrize(
    "wrong",
    [
        {"late_cancel": "fee"},
        {"late_cancel": "fee", "late_cancel_fee": Money(0)},
        {"hold_duration": timedelta()},
        {"offer_duration": -timedelta(minutes=1)},
        {"cancel_notice": -timedelta(hours=1)},
        {"cancel_notice": timedelta(days=367)},
        {"max_holds_per_client": 0},
    ],
)
def test_invalid_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        AppointmentSettings(**wrong)  # type: ignore[arg-type]
