"""Calendar feeds: a phone sees one client's appointments, and nothing that others may not read over a shoulder."""

from datetime import timedelta
from hashlib import sha256

import icalendar
import pytest

from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.drop_calendar_feed import DropCalendarFeedCommand
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.errors import Forbidden, NotFound
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import Scene


def visitor(scene: Scene) -> VisitorActor:
    return VisitorActor(scene.world.practice_id)


class TestFeeds:
    async def test_a_phone_sees_what_is_booked_and_what_was_cancelled(self, scene: Scene) -> None:
        ids = []
        for client, hour in ((scene.ann, 10), (scene.ann, 12), (scene.bob, 14)):
            choice = scene.world.choice(scene.grey, scene.kind, new_york(5, hour))
            ids.append((await scene.desk.book(client, BookAppointmentCommand(choice=choice))).id)
        await scene.desk.cancel(scene.ann, CancelAppointmentCommand(appointment_id=ids[1]))
        feed = await scene.desk.make_calendar_feed(scene.ann)
        file = await scene.desk.read_calendar_feed(visitor(scene), feed.token)
        events = icalendar.Calendar.from_ical(file.content).walk("VEVENT")
        assert [(str(one["UID"]), str(one["STATUS"]), str(one["SEQUENCE"])) for one in events] == [
            (str(ids[0]), "CONFIRMED", "0"),
            (str(ids[1]), "CANCELLED", "1"),
        ]
        assert {str(one["SUMMARY"]) for one in events} == {"Appointment"}
        assert "METHOD" not in file.content
        for word in ("Grey", "PhD", "Individual", "session", "Ann", "Bob"):
            assert word not in file.content
        read = [one for one in await scene.world.audit() if one.action == "calendar_feed.read"]
        assert [one.record for one in read] == [scene.ann.client_id]

    async def test_all_pages_of_it_from_ninety_days_ago(self, scene: Scene) -> None:
        start = scene.world.clock.now()
        for day in range(-110, 110):
            await scene.world.add_booking(scene.grey, scene.kind, start + timedelta(days=day), scene.ann.client_id)
        feed = await scene.desk.make_calendar_feed(scene.ann)
        file = await scene.desk.read_calendar_feed(visitor(scene), feed.token)
        assert file.content.count("BEGIN:VEVENT") == 200

    async def test_only_a_hash_is_kept_and_the_token_is_not_shown_by_accident(self, scene: Scene) -> None:
        feed = await scene.desk.make_calendar_feed(scene.ann)
        (kept,) = scene.world.store.table("feed_tokens").values()
        assert kept.token_hash == sha256(feed.token.encode()).digest()
        assert feed.token not in repr(feed)
        assert feed.token not in repr(scene.world.store.tables)

    async def test_a_new_feed_ends_the_one_before(self, scene: Scene) -> None:
        first = await scene.desk.make_calendar_feed(scene.ann)
        second = await scene.desk.make_calendar_feed(scene.ann)
        with pytest.raises(NotFound):
            await scene.desk.read_calendar_feed(visitor(scene), first.token)
        await scene.desk.read_calendar_feed(visitor(scene), second.token)

    async def test_what_is_removed_is_dead(self, scene: Scene) -> None:
        feed = await scene.desk.make_calendar_feed(scene.ann)
        with pytest.raises(NotFound):
            await scene.desk.remove_calendar_feed(scene.bob)
        await scene.desk.remove_calendar_feed(scene.ann)
        with pytest.raises(NotFound):
            await scene.desk.remove_calendar_feed(scene.ann)
        with pytest.raises(NotFound):
            await scene.desk.read_calendar_feed(visitor(scene), feed.token)

    @pytest.mark.parametrize("token", ["", "token-2", "' OR 1=1", "é" * 1000])
    async def test_a_guess_finds_nothing(self, scene: Scene, token: str) -> None:
        await scene.desk.make_calendar_feed(scene.ann)
        with pytest.raises(NotFound):
            await scene.desk.read_calendar_feed(visitor(scene), token)
        denied = [one for one in await scene.world.audit() if one.outcome == "denied"]
        assert len(denied) == 1

    async def test_another_practice_has_no_such_feed(self, scene: Scene) -> None:
        feed = await scene.desk.make_calendar_feed(scene.ann)
        other = await scene.world.beside()
        with pytest.raises(NotFound):
            await scene.desk.read_calendar_feed(VisitorActor(other.practice_id), feed.token)

    async def test_not_for_proxies_whose_grant_it_would_outlive(self, scene: Scene) -> None:
        proxy = scene.world.as_proxy(scene.ann.client_id, may_write=True)
        with pytest.raises(Forbidden):
            await scene.desk.make_calendar_feed(proxy)
        with pytest.raises(NotFound):
            await scene.desk.make_calendar_feed(scene.world.desk)

    async def test_it_ends_with_the_account(self, scene: Scene) -> None:
        feed = await scene.desk.make_calendar_feed(scene.ann)
        command = DropCalendarFeedCommand(client_id=scene.ann.client_id)
        with pytest.raises(Forbidden):
            await scene.desk.drop_calendar_feed(scene.bob, command)
        for _ in range(2):
            await scene.desk.drop_calendar_feed(scene.world.system, command)
        with pytest.raises(NotFound):
            await scene.desk.read_calendar_feed(visitor(scene), feed.token)
