"""Notices, the inbox and settings in memory, with what PostgreSQL refuses refused."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import define, evolve

from adapters.local.mail import KeptMail, MailShelf
from adapters.memory.rows import confine, newest_first, own_key, own_rows, visible
from adapters.memory.store import MemoryOutbox, MemoryStore, MemoryTransaction
from portal_core.kernel.actor import Area
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.outbox import Notice
from portal_core.kernel.page import Page, PageRequest
from portal_core.notifications.model import NoticeRow, Notification
from portal_core.notifications.ports import (
    AppointmentTimes,
    Inbox,
    InboxScope,
    Notices,
    Recipient,
    Recipients,
    SettingsStore,
)
from portal_core.notifications.safe_email import SafeEmailProof
from portal_core.notifications.settings import NOBODY, NotificationSettings, PracticeVoice
from portal_core.notifications.views import News, TroubledNoticeView

BASE_URL = "http://127.0.0.1:8000"
MOST_NEWS = 100


@define
class MemoryNoticeOutbox(MemoryOutbox):
    """Writes the row that is delivered, and the job that delivers it."""

    async def notify(self, notice: Notice) -> None:
        known = self.tx.table("notices")
        before = len(known)
        await super().notify(notice)
        if len(known) == before:
            return
        now = self.tx.store.clock.now()
        row = NoticeRow(
            _new_id(now, len(known)),
            notice.kind,
            notice.notice_class,
            now,
            now,
            now,
            to_account=notice.to_account,
            to_client=notice.to_client,
            about=notice.about,
            once=notice.once,
        )
        self.tx.insert("notice_rows", own_key(self.tx, row.id), row)
        await self.defer("deliver_notice", notice_id=row.id)


@define
class MemoryNotices(Notices):
    """The queue. Units of work run one at a time here, so a claim is one caller's."""

    tx: MemoryTransaction

    async def claim(self, notice_id: UUID, by: str, now: datetime) -> NoticeRow | None:
        row = await self.get(notice_id)
        if row is None or not row.claimable(now):
            return None
        self._put(row.claimed(by, now))
        return await self.get(notice_id)

    async def get(self, notice_id: UUID) -> NoticeRow | None:
        found: NoticeRow | None = self.tx.table("notice_rows").get(own_key(self.tx, notice_id))
        return found

    async def save(self, notice: NoticeRow, audited: Audited, *beside: NoticeRow) -> None:
        self._put(notice)
        for row in beside:
            self.tx.insert("notice_rows", own_key(self.tx, row.id), row)
        await self.tx.audit.record(audited)

    async def hand_over(self, now: datetime, limit: int) -> tuple[UUID, ...]:
        due = sorted((row for row in self._rows() if row.waits_for_a_job(now)), key=lambda row: (row.due_at, row.id))
        for row in due[:limit]:
            self._put(row.handed(now))
        return tuple(row.id for row in due[:limit])

    async def stalled(self, now: datetime, limit: int) -> tuple[NoticeRow, ...]:
        found = [row for row in self._rows() if row.stalled(now)]
        return tuple(sorted(found, key=lambda row: (row.claimed_at, row.id))[:limit])

    async def troubled(self, page: PageRequest) -> Page[TroubledNoticeView]:
        troubled = (row for row in self._rows() if row.state in ("dead", "uncertain"))
        return newest_first(troubled, page).map(TroubledNoticeView.of)

    def _rows(self) -> list[NoticeRow]:
        return own_rows(self.tx, "notice_rows")

    def _put(self, row: NoticeRow) -> None:
        self.tx.save("notice_rows", own_key(self.tx, row.id), row)


@define
class MemoryInbox(Inbox):
    """Lines of inboxes, confined to an account and, for a client or proxy, to the record of the transaction."""

    tx: MemoryTransaction

    async def add(self, notification: Notification, audited: Audited) -> None:
        if notification.client_id is not None:
            confine(self.tx, notification.client_id)
        self.tx.insert("notifications", own_key(self.tx, notification.id), notification)
        await self.tx.audit.record(audited)

    async def page(self, scope: InboxScope, page: PageRequest) -> Page[Notification]:
        return newest_first(self._lines(scope), page)

    async def get(self, scope: InboxScope, notification_id: UUID) -> Notification | None:
        return next((line for line in self._lines(scope) if line.id == notification_id), None)

    async def mark_read(self, scope: InboxScope, notification_id: UUID | None, at: datetime, audited: Audited) -> int:
        unread = [line for line in self._lines(scope) if line.read_at is None and notification_id in (None, line.id)]
        for line in unread:
            self.tx.table("notifications")[own_key(self.tx, line.id)] = evolve(line, read_at=at)
        if unread:
            await self.tx.audit.record(audited)
        return len(unread)

    async def news(self, scope: InboxScope, after: UUID | None) -> News:
        lines = sorted(self._lines(scope), key=lambda line: line.id, reverse=True)[:MOST_NEWS]
        unread = sum(line.read_at is None for line in lines)
        new = [line.id for line in lines if after is not None and line.id > after]
        return News(unread, tuple(new), lines[0].id if lines else None)

    def _lines(self, scope: InboxScope) -> list[Notification]:
        return [
            line
            for line in own_rows(self.tx, "notifications")
            if line.account_id == scope.account_id
            and line.kind in scope.kinds
            and (line.client_id is None or (line.client_id == scope.client_id and visible(self.tx, line.client_id)))
        ]


@define
class MemorySettings(SettingsStore):
    """Settings of accounts."""

    tx: MemoryTransaction

    async def get(self, account_id: UUID) -> NotificationSettings:
        found = self.tx.table("notification_settings").get(own_key(self.tx, account_id))
        return found or NotificationSettings(account_id)

    async def save(self, settings: NotificationSettings, audited: Audited) -> None:
        if settings.version != (await self.get(settings.account_id)).version + 1:
            raise StaleVersion
        self.tx.table("notification_settings")[own_key(self.tx, settings.account_id)] = settings
        await self.tx.audit.record(audited)

    async def proof(self, account_id: UUID) -> SafeEmailProof | None:
        found: SafeEmailProof | None = self.tx.table("safe_email_proofs").get(own_key(self.tx, account_id))
        return found

    async def save_proof(self, proof: SafeEmailProof, audited: Audited) -> None:
        before = await self.proof(proof.account_id)
        if proof.version != (before.version if before else 0) + 1:
            raise StaleVersion
        self.tx.table("safe_email_proofs")[own_key(self.tx, proof.account_id)] = proof
        await self.tx.audit.record(audited)

    async def consenting(self, phone: str) -> tuple[NotificationSettings, ...]:
        rows: list[NotificationSettings] = own_rows(self.tx, "notification_settings")
        return tuple(row for row in rows if row.texts is not None and row.texts.phone == phone)


@define
class MemoryRecipients(Recipients):
    """People by the accounts' tables, whose rows name their practice themselves."""

    tx: MemoryTransaction

    async def account(self, account_id: UUID) -> Recipient | None:
        found = next((one for one in self._all("accounts") if one.id == account_id), None)
        return self._holder(found) if found is not None else None

    async def client(self, client_id: UUID, area: Area | None) -> tuple[Recipient, ...]:
        open_accounts = [one for one in self._all("accounts") if one.status == "active"]
        own = [self._holder(one) for one in open_accounts if one.client_id == client_id]
        if not own:
            own = [self._of_record(one) for one in self._all("clients") if one.id == client_id]
        granted = self._granted(client_id, area)
        return (*own, *(self._holder(one) for one in open_accounts if one.id in granted))

    async def stranger(self, email: str) -> Recipient:
        return self._recipient(email=email)

    async def former_email(self, account_id: UUID, change_id: UUID) -> str | None:
        changes = (one for one in self._all("email_changes") if one.account_id == account_id and one.id == change_id)
        return next((change.former_email for change in changes), None)

    def _granted(self, client_id: UUID, area: Area | None) -> set[UUID]:
        today = self.tx.store.clock.now().astimezone(ZoneInfo(self._practice().zone)).date()
        return {
            one.account_id
            for one in self._all("grants")
            if one.client_id == client_id and area in one.areas_today(today)
        }

    def _holder(self, account: Any) -> Recipient:
        settings = self.tx.table("notification_settings").get(own_key(self.tx, account.id))
        return self._recipient(
            settings or NotificationSettings(account.id),
            account_id=account.id,
            client_id=account.client_id,
            email=account.email,
        )

    def _of_record(self, client: Any) -> Recipient:
        return self._recipient(
            NotificationSettings(NOBODY, language=client.language or "en", zone=client.zone or ""),
            client_id=client.id,
            email=client.email or "",
        )

    def _recipient(self, settings: NotificationSettings | None = None, **who: Any) -> Recipient:
        practice = self._practice()
        settings = settings or NotificationSettings(NOBODY)
        section = practice.settings.get("notifications", {})
        voice = PracticeVoice.of(practice.name, practice.hosts, section, BASE_URL)
        return Recipient(voice, settings.zone or practice.zone, settings, **who)

    def _practice(self) -> Any:
        return next(one for one in self.tx.table("practices").values() if one.id == self.tx.practice_id)

    def _all(self, table: str) -> list[Any]:
        return [one for one in self.tx.table(table).values() if one.practice_id == self.tx.practice_id]


@define
class MemoryAppointmentTimes(AppointmentTimes):
    """Starts of appointments, by the appointments' tables."""

    tx: MemoryTransaction

    async def starts_at(self, client_id: UUID, appointment_id: UUID) -> datetime | None:
        part = next(
            (
                one
                for one in own_rows(self.tx, "attendances")
                if one.appointment_id == appointment_id and one.client_id == client_id and one.status == "attending"
            ),
            None,
        )
        found = self.tx.table("appointments").get(own_key(self.tx, appointment_id))
        if part is None or found is None or found.status != "booked":
            return None
        starts: datetime = found.starts_at
        return starts


def _new_id(now: datetime, number: int) -> UUID:
    """As UUID version 7, with a number for its random bits: a later one sorts later."""
    return UUID(int=(int(now.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | number)


@define
class MemoryMailShelf(MailShelf):
    """Kept mail, in the store's own table."""

    store: MemoryStore

    async def keep(self, mail: KeptMail) -> None:
        self.store.table("kept_mail")[mail.id] = mail

    async def latest(self, limit: int) -> tuple[KeptMail, ...]:
        found = sorted(self.store.table("kept_mail").values(), key=lambda mail: (mail.at, mail.id), reverse=True)
        return tuple(found[:limit])
