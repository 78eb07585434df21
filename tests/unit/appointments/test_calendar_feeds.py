"""Calendar feeds show one client's appointments, without private details."""

from datetime import timedelta
from hashlib import sha256

import icalendar
import pytest

from portal_core.appointments.settings import AppointmentSettings
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.read_calendar_feed import ReadCalendarFeedQuery
from portal_core.appointments.views import FeedStatusView
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.errors import Forbidden, NotFound
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario


def visitor(scenario: BookingScenario) -> VisitorActor:
    return VisitorActor(scenario.world.practice_id)


class TestFeeds:
    async def test_feed_lists_booked_and_cancelled_appointments(self, scenario: BookingScenario) -> None:
        ids = []
        for client, hour in ((scenario.ann, 10), (scenario.ann, 12), (scenario.bob, 14)):
            choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(5, hour))
            ids.append((await scenario.use_cases.book(client, BookAppointmentCommand(choice=choice))).id)
        await scenario.use_cases.cancel(scenario.ann, CancelAppointmentCommand(appointment_id=ids[1]))
        feed = await scenario.use_cases.create_calendar_feed(scenario.ann)
        file = await scenario.use_cases.read_calendar_feed(visitor(scenario), ReadCalendarFeedQuery(feed.token))
        events = icalendar.Calendar.from_ical(file.content).walk("VEVENT")
        assert [(str(one["UID"]), str(one["STATUS"]), str(one["SEQUENCE"])) for one in events] == [
            (str(ids[0]), "CONFIRMED", "0"),
            (str(ids[1]), "CANCELLED", "1"),
        ]
        assert {str(one["SUMMARY"]) for one in events} == {"Appointment"}
        assert "METHOD" not in file.content
        for word in ("Grey", "PhD", "Individual", "session", "Ann", "Bob"):
            assert word not in file.content
        read = [one for one in await scenario.world.audit() if one.action == "calendar_feed.read"]
        assert [one.record for one in read] == [scenario.ann.client_id]

    async def test_feed_covers_all_pages_from_ninety_days_ago(self, scenario: BookingScenario) -> None:
        start = scenario.world.clock.now()
        for day in range(-110, 110):
            await scenario.world.add_booking(
                scenario.grey, scenario.appointment_type, start + timedelta(days=day), scenario.ann.client_id
            )
        feed = await scenario.use_cases.create_calendar_feed(scenario.ann)
        file = await scenario.use_cases.read_calendar_feed(visitor(scenario), ReadCalendarFeedQuery(feed.token))
        assert file.content.count("BEGIN:VEVENT") == 200

    async def test_content_changes_only_when_something_shown_does(self, scenario: BookingScenario) -> None:
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(5, 10))
        booked = await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
        feed = await scenario.use_cases.create_calendar_feed(scenario.ann)

        async def content() -> str:
            query = ReadCalendarFeedQuery(feed.token)
            return (await scenario.use_cases.read_calendar_feed(visitor(scenario), query)).content

        first = await content()
        scenario.world.clock.advance(timedelta(hours=5))
        assert await content() == first
        await scenario.use_cases.cancel(scenario.ann, CancelAppointmentCommand(appointment_id=booked.id))
        second = await content()
        await scenario.world.save_appointment_settings(AppointmentSettings(calendar_name="Elm"))
        third = await content()
        assert len({first, second, third}) == 3
        assert "X-WR-CALNAME:Elm\r\n" in third

    async def test_only_token_hash_is_stored(self, scenario: BookingScenario) -> None:
        feed = await scenario.use_cases.create_calendar_feed(scenario.ann)
        (kept,) = scenario.world.store.table("feed_tokens").values()
        assert kept.token_hash == sha256(feed.token.encode()).digest()
        assert feed.token not in repr(feed)
        assert feed.token not in repr(scenario.world.store.tables)

    async def test_new_feed_replaces_previous_one(self, scenario: BookingScenario) -> None:
        first = await scenario.use_cases.create_calendar_feed(scenario.ann)
        second = await scenario.use_cases.create_calendar_feed(scenario.ann)
        with pytest.raises(NotFound):
            await scenario.use_cases.read_calendar_feed(visitor(scenario), ReadCalendarFeedQuery(first.token))
        await scenario.use_cases.read_calendar_feed(visitor(scenario), ReadCalendarFeedQuery(second.token))

    async def test_removed_feed_is_not_found(self, scenario: BookingScenario) -> None:
        feed = await scenario.use_cases.create_calendar_feed(scenario.ann)
        with pytest.raises(NotFound):
            await scenario.use_cases.remove_calendar_feed(scenario.bob)
        await scenario.use_cases.remove_calendar_feed(scenario.ann)
        with pytest.raises(NotFound):
            await scenario.use_cases.remove_calendar_feed(scenario.ann)
        with pytest.raises(NotFound):
            await scenario.use_cases.read_calendar_feed(visitor(scenario), ReadCalendarFeedQuery(feed.token))

    async def test_status_says_whether_there_is_a_feed(self, scenario: BookingScenario) -> None:
        proxy = scenario.world.as_proxy(scenario.ann.client_id, may_write=False)
        assert (await scenario.use_cases.get_calendar_feed(scenario.ann)).created_at is None
        await scenario.use_cases.create_calendar_feed(scenario.bob)
        assert (await scenario.use_cases.get_calendar_feed(scenario.ann)).created_at is None
        feed = await scenario.use_cases.create_calendar_feed(scenario.ann)
        scenario.world.clock.advance(timedelta(hours=1))
        for actor in (scenario.ann, proxy):
            assert await scenario.use_cases.get_calendar_feed(actor) == FeedStatusView(created_at=feed.created_at)
        await scenario.use_cases.remove_calendar_feed(scenario.ann)
        assert (await scenario.use_cases.get_calendar_feed(scenario.ann)).created_at is None
        read = [one.record for one in await scenario.world.audit() if one.action == "calendar_feed.status_read"]
        assert read == [scenario.ann.client_id] * 5

    async def test_status_is_refused_without_access(self, scenario: BookingScenario) -> None:
        stranger = scenario.world.as_proxy(scenario.ann.client_id, may_write=True, areas=("messages",))
        for actor in (stranger, scenario.world.front_desk, visitor(scenario)):
            with pytest.raises(NotFound):
                await scenario.use_cases.get_calendar_feed(actor)

    @pytest.mark.parametrize("token", ["", "token-2", "' OR 1=1", "é" * 1000])
    async def test_unknown_feed_token_is_refused(self, scenario: BookingScenario, token: str) -> None:
        await scenario.use_cases.create_calendar_feed(scenario.ann)
        with pytest.raises(NotFound):
            await scenario.use_cases.read_calendar_feed(visitor(scenario), ReadCalendarFeedQuery(token))
        denied = [one for one in await scenario.world.audit() if one.outcome == "denied"]
        assert len(denied) == 1

    async def test_feed_of_other_practice_is_not_found(self, scenario: BookingScenario) -> None:
        feed = await scenario.use_cases.create_calendar_feed(scenario.ann)
        other = await scenario.world.other_practice()
        with pytest.raises(NotFound):
            await scenario.use_cases.read_calendar_feed(
                VisitorActor(other.practice_id), ReadCalendarFeedQuery(feed.token)
            )

    async def test_proxies_cannot_create_feeds(self, scenario: BookingScenario) -> None:
        proxy = scenario.world.as_proxy(scenario.ann.client_id, may_write=True)
        with pytest.raises(Forbidden):
            await scenario.use_cases.create_calendar_feed(proxy)
        with pytest.raises(NotFound):
            await scenario.use_cases.create_calendar_feed(scenario.world.front_desk)

    async def test_client_is_told_of_a_new_feed(self, scenario: BookingScenario) -> None:
        await scenario.use_cases.create_calendar_feed(scenario.ann)
        (told,) = [one for one in scenario.world.store.notices if one.kind == "calendar_feed_created"]
        assert (told.to_account, told.notice_class) == (scenario.ann.account_id, "security")

    async def test_feed_is_removed_with_account(self, scenario: BookingScenario) -> None:
        feed = await scenario.use_cases.create_calendar_feed(scenario.ann)
        with pytest.raises(Forbidden):
            await scenario.use_cases.remove_account_feed(scenario.bob, scenario.ann.client_id)
        for _ in range(2):
            await scenario.use_cases.remove_account_feed(scenario.world.system, scenario.ann.client_id)
        with pytest.raises(NotFound):
            await scenario.use_cases.read_calendar_feed(visitor(scenario), ReadCalendarFeedQuery(feed.token))
