"""Operators can list and replay notices that were not delivered."""

from uuid import UUID

import pytest

from portal_core.kernel.actor import Role, StaffActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from portal_core.kernel.notices import Notice
from portal_core.kernel.page import PageRequest
from portal_core.notifications.errors import NoticeNotReplayable
from portal_core.notifications.use_cases.list_failed_notices import ListFailedNotices, ListFailedNoticesQuery
from portal_core.notifications.use_cases.replay_notice import ReplayNotice
from tests.support.contracts.notifications.delivery import Worker
from tests.support.notifications.fake_delivery import DeliveryBehavior
from tests.unit.notifications.memory_world import MemoryNotificationsWorld


@pytest.fixture
def world() -> MemoryNotificationsWorld:
    return MemoryNotificationsWorld()


def staff(world: MemoryNotificationsWorld, role: Role = "administrator") -> StaffActor:
    return StaffActor(world.practice_id, UUID(int=1), frozenset({role}))


async def a_notice(world: MemoryNotificationsWorld, behavior: DeliveryBehavior) -> UUID:
    account = await world.add_account(f"{behavior}@example.org")
    worker = Worker(world)
    worker.post.behavior = behavior
    notice_id = await world.notify(Notice("account_closed", "service", to_account=account))
    await worker.deliver(notice_id)
    return notice_id


async def test_failed_notices_are_listed_without_addresses(world: MemoryNotificationsWorld) -> None:
    refused = await a_notice(world, "rejects")
    await a_notice(world, "accepts")
    await a_notice(world, "is_unavailable")
    unclear = await a_notice(world, "accepts_then_fails")
    use = ListFailedNotices(world.begin)
    page = await use(staff(world), ListFailedNoticesQuery())
    assert [(view.id, view.state, view.failure_reason) for view in page.items] == [
        (unclear, "uncertain", "RuntimeError"),
        (refused, "dead", "bad_address"),
    ]
    assert "example.org" not in str(page)
    assert (await world.audit())[-1].facts == {"rows": "2"}
    assert await use(world.system, ListFailedNoticesQuery()) == page
    with pytest.raises(Invalid):
        await use(world.system, ListFailedNoticesQuery(PageRequest(size=0)))


async def test_replaying_queues_it_with_a_job(world: MemoryNotificationsWorld) -> None:
    notice_id = await a_notice(world, "accepts_then_fails")
    before = len(await world.jobs())
    use = ReplayNotice(world.begin, world.clock)
    view = await use(staff(world), notice_id)
    assert (view.state, view.attempt) == ("queued", 1)
    assert (await world.jobs())[before:] == [("deliver_notice", {"notice_id": notice_id})]
    assert (await world.audit())[-1].facts == {"kind": "account_closed", "was": "uncertain"}
    with pytest.raises(NoticeNotReplayable):
        await use(staff(world), notice_id)
    worker = Worker(world)
    await worker.run_all()
    row = await world.notice(notice_id)
    assert (row.state, row.attempt, len(worker.post.taken)) == ("sent", 2, 1)
    with pytest.raises(NoticeNotReplayable):
        await use(staff(world), notice_id)


async def test_only_administrators_of_the_practice(world: MemoryNotificationsWorld) -> None:
    notice_id, other = await a_notice(world, "rejects"), await world.other_practice()
    listing, replaying = ListFailedNotices(world.begin), ReplayNotice(world.begin, world.clock)
    for role in ("clinician", "front_desk", "biller", "auditor"):
        with pytest.raises(Forbidden):
            await listing(staff(world, role), ListFailedNoticesQuery())
        with pytest.raises(Forbidden):
            await replaying(staff(world, role), notice_id)
    with pytest.raises(NotFound):
        await listing(world.client_actor(UUID(int=1), UUID(int=2)), ListFailedNoticesQuery())
    with pytest.raises(NotFound):
        await replaying(staff(other), notice_id)
    assert (await listing(staff(other), ListFailedNoticesQuery())).items == ()
    assert (await world.notice(notice_id)).state == "dead"
