"""The contracts of notices, inboxes and settings on PostgreSQL, and tests that need several connections."""

import asyncio

import psycopg
import pytest_asyncio
from hypothesis.stateful import run_state_machine_as_test

from adapters.local.mail import LocalMailer
from adapters.postgres.engine.pool import open_pool
from adapters.postgres.notifications.captured_mail import PostgresCapturedMailStore
from portal_core.kernel.notices import Notice
from portal_core.notifications.ports import Mail, SmsMessage
from portal_core.notifications.use_cases.deliver_notice import DeliverNotice
from tests.support.contracts.notifications.delivery import DeliveryContract, Worker
from tests.support.contracts.notifications.notices import InboxContract, NoticesContract, SettingsContract, a_notice
from tests.support.contracts.notifications.recipients import RecipientsContract
from tests.support.contracts.notifications.state_machine import WORKERS, NoticeStateMachine
from tests.support.engine.clusters import Cluster
from tests.support.engine.postgres import APP, PortalDatabase
from tests.support.notifications.fake_delivery import FakeDelivery
from tests.support.notifications.postgres_world import PostgresNotificationsWorld


@pytest_asyncio.fixture
async def world(shared_database: PortalDatabase) -> PostgresNotificationsWorld:
    return await PostgresNotificationsWorld.open(shared_database)


class TestPostgresNotices(NoticesContract):
    pass


class TestPostgresInbox(InboxContract):
    pass


class TestPostgresSettings(SettingsContract):
    pass


class TestPostgresRecipients(RecipientsContract):
    pass


class TestPostgresDelivery(DeliveryContract):
    pass


def test_notice_state_machine(cluster: Cluster, database_name: str) -> None:
    """The state machine runs its own event loop, so it opens its own pool."""

    class PostgresNoticeMachine(NoticeStateMachine):
        async def make_world(self) -> PostgresNotificationsWorld:
            dsn = cluster.dsn(APP, database_name)
            self.pool = await open_pool(dsn, min_size=1, max_size=WORKERS)
            self.owner = psycopg.connect(cluster.dsn(database=database_name), autocommit=True)
            return await PostgresNotificationsWorld.open(PortalDatabase(self.owner, dsn, dsn, self.pool))

        async def close_world(self) -> None:
            await self.pool.close()
            self.owner.close()

    run_state_machine_as_test(PostgresNoticeMachine)


async def test_eight_workers_send_each_notice_once(world: PostgresNotificationsWorld) -> None:
    account = await world.add_account("a@example.org")
    ids = [await world.notify(Notice("account_closed", "reminder", to_account=account)) for _ in range(10)]
    post = FakeDelivery()

    async def work(number: int) -> None:
        deliver = DeliverNotice(world.begin, world.clock, world.ids, post, post, post, f"worker {number}")
        for notice_id in ids[number:] + ids[:number]:
            await deliver(world.system, notice_id)

    await asyncio.gather(*(work(number) for number in range(8)))
    assert sorted(one.key for one in post.taken) == sorted(ids)
    assert {(await world.notice(one)).state for one in ids} == {"sent"}


async def test_concurrent_sweeps_queue_each_notice_once(world: PostgresNotificationsWorld) -> None:
    account = await world.add_account("a@example.org")
    worker = Worker(world, FakeDelivery(behavior="is_unavailable"))
    for _ in range(10):
        await worker.deliver(await world.notify(Notice("account_closed", "reminder", to_account=account)))
    world.clock.at = max([(await world.notice(ids["notice_id"])).due_at for _, ids in await world.jobs()])
    enqueued = await asyncio.gather(*(Worker(world).sweep() for _ in range(5)))
    assert sum(count for _, count in enqueued) == 10
    assert len(await world.jobs()) == 20


async def test_concurrent_writers_with_one_key_create_one_notice(world: PostgresNotificationsWorld) -> None:
    async def tell() -> None:
        async with world.begin(world.system) as unit:
            await unit.outbox.notify(a_notice(deduplication_key="k"))
            await unit.commit(None)

    await asyncio.gather(*(tell() for _ in range(6)))
    assert len(await world.jobs()) == 1


async def test_local_mail_is_stored_and_listed_newest_first(world: PostgresNotificationsWorld) -> None:
    captured_mail = PostgresCapturedMailStore(world.database.pool)
    mailer = LocalMailer(captured_mail, world.clock, world.ids)
    first = await mailer.send(Mail(world.ids.new(), "a@example.org", "Elm", "Your code", "It is ABCD."))
    second = await mailer.send_sms(SmsMessage(world.ids.new(), "+12125550123", "Hi"))
    kept = await captured_mail.latest(2)
    assert (await captured_mail.latest(None))[:2] == kept
    assert [str(one.id) for one in kept] == [second, first]
    assert (kept[1].subject, kept[1].body, kept[1].kind) == ("Your code", "It is ABCD.", "email")
