"""The contracts of notices, inboxes and notification settings. Subclasses provide the fixture `world`."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve, fields

from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid, StaleVersion
from portal_core.kernel.notices import NOTICE_KINDS, Notice, NoticeClass
from portal_core.kernel.page import PageRequest
from portal_core.notifications.model import LEASE_DURATION, NoticeDelivery, Notification, NotSent, Sent, Uncertain
from portal_core.notifications.ports import InboxScope
from portal_core.notifications.safe_email import SafeEmailVerification
from portal_core.notifications.settings import ConfidentialCommunication, NotificationSettings, SmsConsent
from portal_core.notifications.views import InboxUpdate
from tests.support.contracts.notifications.world import AUDIT_ENTRY, NotificationsWorld

ALL_KINDS = tuple(NOTICE_KINDS)


def a_notice(notice_class: NoticeClass = "service", **more: object) -> Notice:
    return Notice("new_message", notice_class, **more)  # type: ignore[arg-type]


class NoticesContract:
    """Notices."""

    async def test_notice_is_queued_with_all_its_fields(self, world: NotificationsWorld) -> None:
        subject_id, client = UUID(int=7), await world.add_client()
        notice_id = await world.notify(
            Notice("new_message", "service", to_client=client, subject_id=subject_id, deduplication_key="k")
        )
        now = world.clock.now()
        row = await world.notice(notice_id)
        assert row == NoticeDelivery(
            notice_id,
            "new_message",
            "service",
            now,
            now,
            now,
            to_client=client,
            subject_id=subject_id,
            deduplication_key="k",
        )

    async def test_deduplication_key_is_unique_within_a_practice(self, world: NotificationsWorld) -> None:
        other = await world.other_practice()
        first = await world.notify(a_notice(deduplication_key="k"))
        assert await world.notify(a_notice(deduplication_key="k")) == first
        assert await world.notify(a_notice(deduplication_key="l")) != first
        assert await world.notify(a_notice()) != await world.notify(a_notice())
        assert await other.notify(a_notice(deduplication_key="k")) != first
        assert len(await world.jobs()) == 4
        assert len(await other.jobs()) == 1

    async def test_uncommitted_notice_is_not_queued(self, world: NotificationsWorld) -> None:
        async with world.begin(world.system) as unit:
            await unit.outbox.notify(a_notice(deduplication_key="k"))
        assert await world.jobs() == []
        await world.notify(a_notice(deduplication_key="k"))
        assert len(await world.jobs()) == 1

    async def test_every_field_is_stored(self, world: NotificationsWorld) -> None:
        row = await world.notice(await world.notify(a_notice()))
        now = world.clock.now() + timedelta(seconds=1)
        full = evolve(
            row,
            channel="sms",
            state="uncertain",
            attempt=3,
            failures=2,
            due_at=now,
            enqueued_at=now,
            claimed_at=now,
            claimed_by="w",
            settled_at=now,
            vendor_message_id="v",
            failure_reason="p",
            version=2,
        )
        plain = NoticeDelivery(row.id, row.kind, row.notice_class, row.created_at, row.due_at, row.enqueued_at)
        unchanging = {
            "id",
            "created_at",
            "kind",
            "notice_class",
            "to_account",
            "to_client",
            "subject_id",
            "deduplication_key",
        }
        assert all(
            getattr(full, a.name) != getattr(plain, a.name) for a in fields(NoticeDelivery) if a.name not in unchanging
        )
        async with world.begin(world.system) as unit:
            await unit.notices.save(full, AUDIT_ENTRY)
            await unit.commit(None)
        assert await world.notice(row.id) == full

    async def test_only_one_claim_succeeds(self, world: NotificationsWorld) -> None:
        notice_id = await world.notify(a_notice())
        before, now = await world.notice(notice_id), world.clock.now()
        async with world.begin(world.system) as unit:
            claimed = await unit.notices.claim(notice_id, "a", now)
            await unit.commit(None)
        assert claimed == before.claimed("a", now) == await world.notice(notice_id)
        async with world.begin(world.system) as unit:
            assert await unit.notices.claim(notice_id, "b", now) is None
            await unit.commit(None)
        assert (await world.notice(notice_id)).claimed_by == "a"

    async def test_rolled_back_claim_has_no_effect(self, world: NotificationsWorld) -> None:
        notice_id = await world.notify(a_notice())
        async with world.begin(world.system) as unit:
            await unit.notices.claim(notice_id, "a", world.clock.now())
        assert (await world.notice(notice_id)).state == "queued"

    async def test_notice_that_is_missing_or_not_due_cannot_be_claimed(self, world: NotificationsWorld) -> None:
        notice_id = await world.notify(a_notice())
        other = await world.other_practice()
        async with world.begin(world.system) as unit:
            early = world.clock.now() - timedelta(seconds=1)
            assert await unit.notices.claim(notice_id, "a", early) is None
            assert await unit.notices.claim(UUID(int=99), "a", world.clock.now()) is None
        async with other.begin(other.system) as unit:
            assert await unit.notices.claim(notice_id, "a", world.clock.now()) is None
            assert await unit.notices.get(notice_id) is None

    async def test_a_stale_save_changes_nothing(self, world: NotificationsWorld) -> None:
        row = await world.notice(await world.notify(a_notice()))
        for version in (row.version, row.version + 2):
            with pytest.raises(StaleVersion):
                async with world.begin(world.system) as unit:
                    await unit.notices.save(evolve(row, state="dead", version=version), AUDIT_ENTRY)
        assert await world.notice(row.id) == row
        assert AUDIT_ENTRY not in await world.audit()

    async def test_save_is_audited_and_adds_siblings(self, world: NotificationsWorld) -> None:
        row = await world.notice(await world.notify(a_notice(to_client=await world.add_client())))
        account, now = await world.add_account("a@example.org"), world.clock.now()
        sibling = row.sibling(world.ids.new(), "sms", account, now)
        async with world.begin(world.system) as unit:
            await unit.notices.save(evolve(row, version=2), AUDIT_ENTRY, sibling)
            await unit.commit(None)
        assert await world.notice(sibling.id) == sibling
        assert (await world.audit()).count(AUDIT_ENTRY) == 1

    async def test_due_notices_are_enqueued_once(self, world: NotificationsWorld) -> None:
        now = world.clock.now()
        ids = [await world.notify(a_notice()) for _ in range(3)]
        for number, notice_id in enumerate(ids):
            row = (await world.notice(notice_id)).claimed("a", now)
            failed = row.settled(1, NotSent("x"), now - timedelta(seconds=number))
            await self._put(world, row, failed)
        assert await self._hand_over(world, now, 10) == ()
        later = now + timedelta(seconds=30)
        assert await self._hand_over(world, later, 2) == (ids[2], ids[1])
        assert await self._hand_over(world, later, 2) == (ids[0],)
        assert await self._hand_over(world, later, 2) == ()
        assert (await world.notice(ids[0])).enqueued_at == later
        # The jobs were lost, so they are enqueued again.
        assert len(await self._hand_over(world, later + timedelta(minutes=10), 10)) == 3

    async def test_stalled_notices_are_those_with_expired_leases(self, world: NotificationsWorld) -> None:
        start = world.clock.now()
        first, second = await world.notify(a_notice()), await world.notify(a_notice())
        await world.notify(a_notice())
        async with world.begin(world.system) as unit:
            await unit.notices.claim(second, "a", start)
            await unit.notices.claim(first, "a", start + timedelta(seconds=1))
            await unit.commit(None)
        assert await self._stalled(world, start + LEASE_DURATION - timedelta(seconds=1)) == []
        assert await self._stalled(world, start + LEASE_DURATION) == [second]
        assert await self._stalled(world, start + LEASE_DURATION * 2) == [second, first]
        assert await self._stalled(await world.other_practice(), start + LEASE_DURATION * 2) == []

    async def test_failed_notices_are_paged_newest_first(self, world: NotificationsWorld) -> None:
        now, failed = world.clock.now(), []
        for number in range(5):
            row = (await world.notice(await world.notify(a_notice()))).claimed("a", now)
            if number == 2:
                await self._put(world, row, row.settled(1, Sent("v"), now))
            else:
                await self._put(world, row, row.settled(1, Uncertain("x"), now))
                failed.insert(0, row.id)
        seen, after = [], None
        for _ in range(2):
            async with world.begin(world.system) as unit:
                page = await unit.notices.failed(PageRequest(after, 2))
            seen += [(view.id, view.state, view.failure_reason) for view in page.items]
            after = page.next
        assert after is None
        assert seen == [(notice_id, "uncertain", "x") for notice_id in failed]
        with pytest.raises(Invalid):
            async with world.begin(world.system) as unit:
                await unit.notices.failed(PageRequest("nonsense", 2))

    async def _put(self, world: NotificationsWorld, *rows: NoticeDelivery) -> None:
        async with world.begin(world.system) as unit:
            for row in rows:
                await unit.notices.save(row, AUDIT_ENTRY)
            await unit.commit(None)

    async def _hand_over(self, world: NotificationsWorld, now: datetime, limit: int) -> tuple[UUID, ...]:
        async with world.begin(world.system) as unit:
            return await unit.commit(await unit.notices.mark_enqueued(now, limit))

    async def _stalled(self, world: NotificationsWorld, now: datetime) -> list[UUID]:
        async with world.begin(world.system) as unit:
            return [row.id for row in await unit.notices.stalled(now, 10)]


class InboxContract:
    """The inbox."""

    async def test_items_are_visible_to_their_holder_within_the_scope(self, world: NotificationsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        account = await world.add_account("a@example.org", client_id=ann)
        other = await world.add_account("b@example.org", client_id=bob)
        at = world.clock.now()
        own, about_ann, about_bob, foreign, fee = (world.ids.new() for _ in range(5))
        await world.add_lines(
            Notification(own, account, "password_changed", at),
            Notification(about_ann, account, "new_message", at, ann, UUID(int=5)),
            Notification(about_bob, account, "new_message", at, bob),
            Notification(foreign, other, "new_message", at, ann),
            Notification(fee, account, "late_cancel_fee", at, ann),
        )
        kinds = ("password_changed", "new_message")
        actor = world.client_actor(ann, account)
        scope = InboxScope(account, ann, kinds)
        async with world.begin(actor) as unit:
            page = await unit.inbox.page(scope, PageRequest())
            assert [line.id for line in page.items] == [about_ann, own]
            assert page.items[0] == Notification(about_ann, account, "new_message", at, ann, UUID(int=5))
            assert [
                line.id for line in (await unit.inbox.page(InboxScope(account, None, kinds), PageRequest())).items
            ] == [own]
            assert (await unit.inbox.get(scope, own)) is not None
            for hidden in (about_bob, foreign, fee):
                assert await unit.inbox.get(scope, hidden) is None
                assert await unit.inbox.mark_read(scope, hidden, at, AUDIT_ENTRY) == 0
            assert await unit.inbox.updates(scope, own) == InboxUpdate(2, (about_ann,), about_ann)
            # Not even if the core asked for another client's record.
            stray = InboxScope(account, bob, kinds)
            assert await unit.inbox.get(stray, about_bob) is None

    async def test_pages_newest_first(self, world: NotificationsWorld) -> None:
        account = await world.add_account("a@example.org")
        ids = [world.ids.new() for _ in range(5)]
        await world.add_lines(*(Notification(one, account, "password_changed", world.clock.now()) for one in ids))
        scope, seen, after = InboxScope(account, None, ALL_KINDS), [], None
        for size in (2, 2, 1):
            async with world.begin(world.proxy_actor(account, None, ())) as unit:
                page = await unit.inbox.page(scope, PageRequest(after, size))
            seen += [line.id for line in page.items]
            after = page.next
        assert seen == ids[::-1]
        assert after is None

    async def test_reading_one_and_all(self, world: NotificationsWorld) -> None:
        account = await world.add_account("a@example.org")
        ids = [world.ids.new() for _ in range(3)]
        await world.add_lines(*(Notification(one, account, "password_changed", world.clock.now()) for one in ids))
        scope, first = InboxScope(account, None, ALL_KINDS), world.clock.now()
        later, entry = first + timedelta(hours=1), AuditEntry("test.read")
        actor = world.proxy_actor(account, None, ())
        async with world.begin(actor) as unit:
            assert await unit.inbox.mark_read(scope, ids[0], first, entry) == 1
            assert await unit.inbox.mark_read(scope, ids[0], later, entry) == 0
            assert await unit.inbox.updates(scope, None) == InboxUpdate(2, (), ids[2])
            assert await unit.inbox.mark_read(scope, None, later, entry) == 2
            assert await unit.inbox.mark_read(scope, None, later, entry) == 0
            await unit.commit(None)
        async with world.begin(actor) as unit:
            read = [(await unit.inbox.page(scope, PageRequest())).items[at].read_at for at in (0, 1, 2)]
            assert read == [later, later, first]
            assert await unit.inbox.updates(scope, ids[2]) == InboxUpdate(0, (), ids[2])
        assert (await world.audit()).count(entry) == 2

    async def test_updates_cover_the_newest_hundred_items(self, world: NotificationsWorld) -> None:
        account = await world.add_account("a@example.org")
        ids = [world.ids.new() for _ in range(101)]
        await world.add_lines(*(Notification(one, account, "password_changed", world.clock.now()) for one in ids))
        async with world.begin(world.proxy_actor(account, None, ())) as unit:
            updates = await unit.inbox.updates(InboxScope(account, None, ALL_KINDS), ids[0])
        assert updates == InboxUpdate(100, tuple(ids[:0:-1]), ids[-1])

    async def test_an_empty_inbox(self, world: NotificationsWorld) -> None:
        account = await world.add_account("a@example.org")
        async with world.begin(world.proxy_actor(account, None, ())) as unit:
            assert await unit.inbox.updates(InboxScope(account, None, ALL_KINDS), None) == InboxUpdate(0)


class SettingsContract:
    """Settings."""

    async def test_settings_are_defaults_until_saved(self, world: NotificationsWorld) -> None:
        account = await world.add_account("a@example.org")
        actor = world.proxy_actor(account, None, ())
        async with world.begin(actor) as unit:
            assert await unit.notification_settings.get(account) == NotificationSettings(account)
        now = world.clock.now()
        full = NotificationSettings(
            account,
            {"new_message": ("sms", "email"), "form_assigned": ()},
            (90, 15),
            "es",
            "America/Chicago",
            ConfidentialCommunication("safe@example.org", "+12125550123", True, True, True),
            SmsConsent("+12125550124", now),
            now - timedelta(days=1),
            "when",
            1,
        )
        bare = NotificationSettings(account)
        same = [a.name for a in fields(NotificationSettings) if getattr(full, a.name) == getattr(bare, a.name)]
        assert same == ["account_id", "record_language"]
        async with world.begin(actor) as unit:
            await unit.notification_settings.save(full, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(actor) as unit:
            assert await unit.notification_settings.get(account) == full
            await unit.notification_settings.save(evolve(bare, version=2), AUDIT_ENTRY)
            assert await unit.notification_settings.get(account) == evolve(bare, version=2)
            await unit.commit(None)
        assert (await world.audit()).count(AUDIT_ENTRY) == 2

    async def test_stale_settings_are_refused(self, world: NotificationsWorld) -> None:
        account = await world.add_account("a@example.org")
        settings = NotificationSettings(account, version=1)
        with pytest.raises(StaleVersion):
            await world.keep(evolve(settings, version=2))
        await world.keep(settings)
        for version in (1, 3):
            with pytest.raises(StaleVersion):
                await world.keep(evolve(settings, language="es", version=version))
        async with world.begin(world.system) as unit:
            assert await unit.notification_settings.get(account) == settings

    async def test_settings_with_sms_consent_are_found_by_number(self, world: NotificationsWorld) -> None:
        other, phone, at = await world.other_practice(), "+12125550123", world.clock.now()
        consents = [("a@example.org", phone), ("b@example.org", phone), ("c@example.org", "+12125550199")]
        kept = set()
        for email, number in consents:
            account = await world.add_account(email)
            await world.keep(NotificationSettings(account, sms_consent=SmsConsent(number, at), version=1))
            kept |= {account} if number == phone else set()
        stranger = await other.add_account("a@example.org")
        await other.keep(NotificationSettings(stranger, sms_consent=SmsConsent(phone, at), version=1))
        async with world.begin(world.system) as unit:
            found = await unit.notification_settings.with_sms_consent(phone)
            assert {one.account_id for one in found} == kept
            assert await unit.notification_settings.with_sms_consent("+12125550100") == ()

    async def test_each_account_has_its_own_verification(self, world: NotificationsWorld) -> None:
        account, other = await world.add_account("a@example.org"), await world.add_account("b@example.org")
        actor, now = world.proxy_actor(account, None, ()), world.clock.now()
        started = SafeEmailVerification.started(account, world.ids.new(), "safe@example.org", now, None)
        instead = SafeEmailVerification.started(account, world.ids.new(), "other@example.org", now, started)
        tried = instead.issue("CODE0001").count_attempt()
        async with world.begin(actor) as unit:
            assert await unit.notification_settings.verification(account) is None
            await unit.notification_settings.save_verification(started, AUDIT_ENTRY)
            assert await unit.notification_settings.verification(account) == started
            await unit.notification_settings.save_verification(instead, AUDIT_ENTRY)
            await unit.notification_settings.save_verification(evolve(tried, version=3), AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(actor) as unit:
            assert await unit.notification_settings.verification(account) == evolve(tried, version=3)
            assert await unit.notification_settings.verification(other) is None
        async with world.begin((await world.other_practice()).system) as unit:
            assert await unit.notification_settings.verification(account) is None
        assert (await world.audit()).count(AUDIT_ENTRY) == 3

    async def test_stale_verification_is_refused(self, world: NotificationsWorld) -> None:
        account = await world.add_account("a@example.org")
        verification = SafeEmailVerification.started(
            account, world.ids.new(), "safe@example.org", world.clock.now(), None
        )
        with pytest.raises(StaleVersion):
            await world.keep_verification(verification.count_attempt())
        await world.keep_verification(verification)
        for stale in (verification, verification.count_attempt().count_attempt()):
            with pytest.raises(StaleVersion):
                await world.keep_verification(stale)
        async with world.begin(world.system) as unit:
            assert await unit.notification_settings.verification(account) == verification
