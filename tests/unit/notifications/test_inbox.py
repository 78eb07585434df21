"""What each actor sees of their inbox."""

from uuid import UUID

import pytest

from portal_core.kernel.actor import Actor, StaffActor, SystemActor, VisitorActor
from portal_core.kernel.errors import NotFound, Unauthenticated
from portal_core.kernel.page import PageRequest
from portal_core.notifications.model import Notification
from portal_core.notifications.settings import NotificationSettings
from portal_core.notifications.use_cases.list_notifications import ListNotifications, ListNotificationsQuery
from portal_core.notifications.use_cases.read_all_notifications import ReadAllNotifications
from portal_core.notifications.use_cases.read_notification import ReadNotification
from portal_core.notifications.use_cases.watch_notifications import WatchNotifications, WatchNotificationsQuery
from portal_core.notifications.views import InboxUpdate
from tests.unit.notifications.memory_world import MemoryNotificationsWorld


@pytest.fixture
def world() -> MemoryNotificationsWorld:
    return MemoryNotificationsWorld()


async def line(world: MemoryNotificationsWorld, account: UUID, kind: str, client: UUID | None = None) -> UUID:
    added = Notification(world.ids.new(), account, kind, world.clock.now(), client)
    await world.add_lines(added)
    return added.id


async def seen(world: MemoryNotificationsWorld, actor: Actor) -> list[UUID]:
    page = await ListNotifications(world.begin)(actor, ListNotificationsQuery())
    return [view.id for view in page.items]


async def read(world: MemoryNotificationsWorld, actor: Actor, notification_id: UUID) -> None:
    await ReadNotification(world.begin, world.clock)(actor, notification_id)


async def test_proxy_sees_what_the_grant_currently_opens(world: MemoryNotificationsWorld) -> None:
    ann, bob, account = await world.add_client(), await world.add_client(), await world.add_account("p@example.org")
    own = await line(world, account, "password_changed")
    message = await line(world, account, "new_message", ann)
    form = await line(world, account, "form_assigned", ann)
    await line(world, account, "new_message", bob)
    assert await seen(world, world.proxy_actor(account, ann, ["messages", "forms"])) == [form, message, own]
    narrowed = world.proxy_actor(account, ann, ["messages"])
    assert await seen(world, narrowed) == [message, own]
    assert await seen(world, world.proxy_actor(account, None, [])) == [own]
    with pytest.raises(NotFound):
        await read(world, narrowed, form)
    assert await ReadAllNotifications(world.begin, world.clock)(narrowed) == 2
    watch = WatchNotifications(world.begin)
    wide = world.proxy_actor(account, ann, ["messages", "forms"])
    assert await watch(wide, WatchNotificationsQuery(own)) == InboxUpdate(1, (form, message), form)


async def test_nobody_can_read_another_accounts_notification(world: MemoryNotificationsWorld) -> None:
    client = await world.add_client()
    mine, theirs = await world.add_account("a@example.org", client_id=client), await world.add_account("b@example.org")
    other = await line(world, theirs, "new_message", client)
    actor = world.client_actor(client, mine)
    assert await seen(world, actor) == []
    with pytest.raises(NotFound):
        await read(world, actor, other)
    assert [entry.action for entry in await world.audit()][-1] == "access.denied"
    assert await ReadAllNotifications(world.begin, world.clock)(actor) == 0


async def test_staff_see_what_is_sent_to_their_own_account(world: MemoryNotificationsWorld) -> None:
    account = await world.add_account("staff@example.org")
    booked = await line(world, account, "appointment_booked")
    staff = StaffActor(world.practice_id, account, frozenset({"clinician"}))
    assert await seen(world, staff) == [booked]


async def test_reading_twice_changes_nothing_more(world: MemoryNotificationsWorld) -> None:
    client = await world.add_client()
    account = await world.add_account("a@example.org", client_id=client)
    await world.keep(NotificationSettings(account, language="es", version=1))
    mine = await line(world, account, "new_message", client)
    actor, use = world.client_actor(client, account), ReadNotification(world.begin, world.clock)
    first = await use(actor, mine)
    assert (first.title, first.read_at, first.client_id) == ("Mensaje nuevo", world.clock.now(), client)
    world.clock.advance(world.clock.now() - world.clock.now().replace(hour=1))
    assert await use(actor, mine) == first
    assert [entry.action for entry in await world.audit()].count("notification.read") == 1


async def test_listing_is_audited_and_watching_is_not(world: MemoryNotificationsWorld) -> None:
    client = await world.add_client()
    account = await world.add_account("a@example.org", client_id=client)
    actor = world.client_actor(client, account)
    await WatchNotifications(world.begin)(actor, WatchNotificationsQuery())
    assert await world.audit() == []
    await ListNotifications(world.begin)(actor, ListNotificationsQuery(PageRequest("", 1)))
    (entry,) = await world.audit()
    assert (entry.action, entry.record) == ("notifications.read", client)


async def test_visitors_and_jobs_have_no_inbox(world: MemoryNotificationsWorld) -> None:
    for actor in (VisitorActor(world.practice_id), SystemActor(world.practice_id, "job")):
        with pytest.raises(Unauthenticated):
            await seen(world, actor)
        with pytest.raises(Unauthenticated):
            await WatchNotifications(world.begin)(actor, WatchNotificationsQuery())
