"""The inbox and notification settings in memory, with the same restrictions as in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from attrs import define, evolve

from adapters.memory.engine.repository import MemoryRows
from adapters.memory.engine.row_visibility import reaches_client
from adapters.memory.engine.rows import newest_first, own_key, own_rows, visible
from adapters.memory.engine.store import MemoryTransaction
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.page import Page, PageRequest
from portal_core.notifications.model import Notification
from portal_core.notifications.ports import (
    Inbox,
    InboxScope,
    NotificationSettingsStore,
)
from portal_core.notifications.safe_email import SafeEmailVerification
from portal_core.notifications.settings import NotificationSettings
from portal_core.notifications.views import InboxUpdate

MAX_RECENT_NOTIFICATIONS = 100


def record_language(tx: MemoryTransaction, client_id: UUID | None) -> str | None:
    """The language of a record that the actor may see."""
    client = None if client_id is None else tx.table("clients").get(own_key(tx, client_id))
    return client.language if client is not None and reaches_client(tx, client.id) else None


def stored_settings(tx: MemoryTransaction, account_id: UUID) -> NotificationSettings:
    """The settings of an account, or the defaults, with the language of its own record."""
    account = tx.table("accounts").get(own_key(tx, account_id))
    settings = tx.table("notification_settings").get(own_key(tx, account_id)) or NotificationSettings(account_id)
    return evolve(settings, record_language=record_language(tx, account.client_id if account else None))


@define
class MemoryInbox(MemoryRows[Notification], Inbox):
    """Inbox items, confined to one account and, for a client or proxy, to the record of the transaction."""

    table = "notifications"

    async def page(self, scope: InboxScope, page: PageRequest) -> Page[Notification]:
        return newest_first(self._lines(scope), page)

    async def get(self, scope: InboxScope, notification_id: UUID) -> Notification | None:
        return next((line for line in self._lines(scope) if line.id == notification_id), None)

    async def mark_read(
        self, scope: InboxScope, notification_id: UUID | None, at: datetime, audit_entry: AuditEntry
    ) -> int:
        unread = [line for line in self._lines(scope) if line.read_at is None and notification_id in (None, line.id)]
        for line in unread:
            self.tx.table("notifications")[own_key(self.tx, line.id)] = evolve(line, read_at=at)
        if unread:
            await self.tx.audit.record(audit_entry)
        return len(unread)

    async def updates(self, scope: InboxScope, after: UUID | None) -> InboxUpdate:
        lines = sorted(self._lines(scope), key=lambda line: line.id, reverse=True)[:MAX_RECENT_NOTIFICATIONS]
        unread = sum(line.read_at is None for line in lines)
        new = [line.id for line in lines if after is not None and line.id > after]
        return InboxUpdate(unread, tuple(new), lines[0].id if lines else None)

    def _lines(self, scope: InboxScope) -> list[Notification]:
        return [
            line
            for line in self._rows()
            if line.account_id == scope.account_id
            and line.kind in scope.kinds
            and line.client_id in (None, scope.client_id)
        ]

    def _sees(self, row: Notification) -> bool:
        return row.client_id is None or visible(self.tx, row.client_id)


@define
class MemoryNotificationSettings(NotificationSettingsStore):
    """Notification settings of accounts, in memory."""

    tx: MemoryTransaction

    async def get(self, account_id: UUID) -> NotificationSettings:
        return stored_settings(self.tx, account_id)

    async def save(self, settings: NotificationSettings, audit_entry: AuditEntry) -> None:
        if settings.version != (await self.get(settings.account_id)).version + 1:
            raise StaleVersion
        self.tx.table("notification_settings")[own_key(self.tx, settings.account_id)] = settings
        await self.tx.audit.record(audit_entry)

    async def verification(self, account_id: UUID) -> SafeEmailVerification | None:
        found: SafeEmailVerification | None = self.tx.table("safe_email_verifications").get(
            own_key(self.tx, account_id)
        )
        return found

    async def save_verification(self, verification: SafeEmailVerification, audit_entry: AuditEntry) -> None:
        before = await self.verification(verification.account_id)
        if verification.version != (before.version if before else 0) + 1:
            raise StaleVersion
        self.tx.table("safe_email_verifications")[own_key(self.tx, verification.account_id)] = verification
        await self.tx.audit.record(audit_entry)

    async def with_sms_consent(self, phone: str) -> tuple[NotificationSettings, ...]:
        rows: list[NotificationSettings] = own_rows(self.tx, "notification_settings")
        return tuple(row for row in rows if row.sms_consent is not None and row.sms_consent.phone == phone)
