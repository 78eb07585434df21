"""What an operator sees and does about notices that did not get through."""

from uuid import UUID

import pytest

from portal_core.kernel.actor import Role, StaffActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from portal_core.kernel.outbox import Notice
from portal_core.kernel.page import PageRequest
from portal_core.notifications.errors import NoticeNotReplayable
from portal_core.notifications.use_cases.list_troubled_notices import ListTroubledNotices, ListTroubledNoticesCommand
from portal_core.notifications.use_cases.replay_notice import ReplayNotice, ReplayNoticeCommand
from tests.support.contracts.notifications.delivery import Worker
from tests.support.notifications.fake_delivery import Mood
from tests.unit.notifications.memory_world import MemoryWorld


@pytest.fixture
def world() -> MemoryWorld:
    return MemoryWorld()


def staff(world: MemoryWorld, role: Role = "administrator") -> StaffActor:
    return StaffActor(world.practice_id, UUID(int=1), frozenset({role}))


async def a_notice(world: MemoryWorld, mood: Mood) -> UUID:
    account = await world.add_account(f"{mood}@example.org")
    worker = Worker(world)
    worker.post.mood = mood
    notice_id = await world.notify(Notice("account_closed", "service", to_account=account))
    await worker.deliver(notice_id)
    return notice_id


async def test_the_dead_and_the_uncertain_are_listed_without_addresses(world: MemoryWorld) -> None:
    refused = await a_notice(world, "refuses")
    await a_notice(world, "takes")
    await a_notice(world, "is_away")
    unclear = await a_notice(world, "takes_and_fails")
    use = ListTroubledNotices(world.begin)
    page = await use(staff(world), ListTroubledNoticesCommand())
    assert [(view.id, view.state, view.problem) for view in page.items] == [
        (unclear, "uncertain", "RuntimeError"),
        (refused, "dead", "bad_address"),
    ]
    assert "example.org" not in str(page)
    assert (await world.audit())[-1].facts == {"rows": "2"}
    assert await use(world.system, ListTroubledNoticesCommand()) == page
    with pytest.raises(Invalid):
        await use(world.system, ListTroubledNoticesCommand(PageRequest(size=0)))


async def test_replaying_queues_it_with_a_job(world: MemoryWorld) -> None:
    notice_id = await a_notice(world, "takes_and_fails")
    before = len(await world.jobs())
    use = ReplayNotice(world.begin, world.clock)
    view = await use(staff(world), ReplayNoticeCommand(notice_id))
    assert (view.state, view.attempt) == ("queued", 1)
    assert (await world.jobs())[before:] == [("deliver_notice", {"notice_id": notice_id})]
    assert (await world.audit())[-1].facts == {"kind": "account_closed", "was": "uncertain"}
    with pytest.raises(NoticeNotReplayable):
        await use(staff(world), ReplayNoticeCommand(notice_id))
    worker = Worker(world)
    await worker.run_all()
    row = await world.notice(notice_id)
    assert (row.state, row.attempt, len(worker.post.taken)) == ("sent", 2, 1)
    with pytest.raises(NoticeNotReplayable):
        await use(staff(world), ReplayNoticeCommand(notice_id))


async def test_only_administrators_of_the_practice(world: MemoryWorld) -> None:
    notice_id, other = await a_notice(world, "refuses"), await world.beside()
    listing, replaying = ListTroubledNotices(world.begin), ReplayNotice(world.begin, world.clock)
    for role in ("clinician", "front_desk", "biller", "auditor"):
        with pytest.raises(Forbidden):
            await listing(staff(world, role), ListTroubledNoticesCommand())
        with pytest.raises(Forbidden):
            await replaying(staff(world, role), ReplayNoticeCommand(notice_id))
    with pytest.raises(NotFound):
        await listing(world.client_actor(UUID(int=1), UUID(int=2)), ListTroubledNoticesCommand())
    with pytest.raises(NotFound):
        await replaying(staff(other), ReplayNoticeCommand(notice_id))
    assert (await listing(staff(other), ListTroubledNoticesCommand())).items == ()
    assert (await world.notice(notice_id)).state == "dead"
