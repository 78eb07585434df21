"""Inboxes and notification settings in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import asdict, define
from sqlalchemy import and_, any_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.engine.columns import Texts, insert_all
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.notifications.tables import notification_settings, notifications, safe_email_verifications
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.notifications.model import Notification
from portal_core.notifications.ports import Inbox, InboxScope, NotificationSettingsStore
from portal_core.notifications.safe_email import SafeEmailVerification
from portal_core.notifications.settings import ConfidentialCommunication, NotificationSettings, SmsConsent
from portal_core.notifications.views import InboxUpdate

MAX_RECENT_NOTIFICATIONS = 100

_LINE = (
    notifications.c.id,
    notifications.c.account_id,
    notifications.c.kind,
    notifications.c.created_at,
    notifications.c.client_id,
    notifications.c.subject_id,
    notifications.c.read_at,
)
_seen = and_(
    notifications.c.practice_id == bindparam("practice_id"),
    notifications.c.account_id == bindparam("account_id"),
    notifications.c.kind == any_(bindparam("kinds", type_=Texts)),
    # Only the record that the request is about. Items without a record are about the account itself.
    or_(notifications.c.client_id.is_(None), notifications.c.client_id == bindparam("client_id")),
)
_one = notifications.c.id == bindparam("notification")
_newest_first = select(*_LINE).order_by(notifications.c.id.desc()).limit(bindparam("limit"))
ADD = statement("inbox.add", insert_all(notifications))
GET = statement("inbox.get", select(*_LINE).where(_seen, _one))
PAGE = statement("inbox.page", _newest_first.where(_seen, notifications.c.id < bindparam("before")))
_reading = update(notifications).values(read_at=bindparam("at"))
_unread = notifications.c.read_at.is_(None)
READ_ONE = statement("inbox.read_one", _reading.where(_seen, _unread, _one))
READ_ALL = statement("inbox.read_all", _reading.where(_seen, _unread))
UPDATES = statement(
    "inbox.updates",
    select(notifications.c.id, notifications.c.read_at)
    .where(_seen)
    .order_by(notifications.c.id.desc())
    .limit(bindparam("limit")),
)

_SETTINGS = (
    notification_settings.c.account_id,
    notification_settings.c.channels,
    notification_settings.c.reminder_minutes,
    notification_settings.c.language,
    notification_settings.c.time_zone,
    notification_settings.c.safe_email,
    notification_settings.c.safe_phone,
    notification_settings.c.neutral_sender,
    notification_settings.c.do_not_text,
    notification_settings.c.do_not_voicemail,
    notification_settings.c.sms_phone,
    notification_settings.c.sms_consent_at,
    notification_settings.c.sms_opted_out_at,
    notification_settings.c.version,
)
SETTINGS_COLUMNS = _SETTINGS
_mine = notification_settings.c.practice_id == bindparam("practice_id")
GET_SETTINGS = statement(
    "settings.get", select(*_SETTINGS).where(_mine, notification_settings.c.account_id == bindparam("account_id"))
)
CONSENTING = statement(
    "settings.consenting",
    select(*_SETTINGS)
    .where(_mine, notification_settings.c.sms_phone == bindparam("phone"))
    .order_by(notification_settings.c.account_id),
)
# Of two concurrent first saves, the second inserts nothing and so is refused as stale.
ADD_SETTINGS = statement(
    "settings.add",
    insert(notification_settings)
    .values({column.name: bindparam(column.name, type_=column.type) for column in notification_settings.c})
    .on_conflict_do_nothing(),
)
_CHANGING = [column for column in notification_settings.c if column.name not in ("practice_id", "account_id")]
SAVE_SETTINGS = statement(
    "settings.save",
    update(notification_settings)
    .where(
        _mine,
        notification_settings.c.account_id == bindparam("account_id"),
        notification_settings.c.version == bindparam("before"),
    )
    .values({column.name: bindparam(column.name, type_=column.type) for column in _CHANGING}),
)

_PROOF = (
    safe_email_verifications.c.account_id,
    safe_email_verifications.c.id,
    safe_email_verifications.c.email,
    safe_email_verifications.c.expires_at,
    safe_email_verifications.c.code_hash,
    safe_email_verifications.c.attempts,
    safe_email_verifications.c.version,
)
_proof_of = and_(
    safe_email_verifications.c.practice_id == bindparam("practice_id"),
    safe_email_verifications.c.account_id == bindparam("account_id"),
)
GET_VERIFICATION = statement("settings.proof", select(*_PROOF).where(_proof_of))
# As for the first save of settings.
ADD_VERIFICATION = statement(
    "settings.add_proof",
    insert(safe_email_verifications)
    .values({column.name: bindparam(column.name, type_=column.type) for column in safe_email_verifications.c})
    .on_conflict_do_nothing(),
)
SAVE_VERIFICATION = statement(
    "settings.save_proof",
    update(safe_email_verifications)
    .where(_proof_of, safe_email_verifications.c.version == bindparam("before"))
    .values({column.name: bindparam(column.name, type_=column.type) for column in _PROOF[1:]}),
)


def settings_of(row: Any) -> NotificationSettings:
    """Build settings from a row of `SETTINGS_COLUMNS`, in that order."""
    return NotificationSettings(
        account_id=row[0],
        channels={kind: tuple(channels) for kind, channels in row[1].items()},
        reminder_minutes=tuple(row[2]),
        language=row[3],
        time_zone=row[4] or None,
        confidential=ConfidentialCommunication(row[5] or None, row[6] or None, row[7], row[8], row[9]),
        sms_consent=None if row[10] is None else SmsConsent(row[10], row[11]),
        sms_opted_out_at=row[12],
        version=row[13],
    )


@define
class PostgresInbox(Inbox):
    """Inbox items. Row-level security confines them to the actor's account and the record of the request."""

    tx: Transaction

    async def add(self, notification: Notification, audit_entry: AuditEntry) -> None:
        await self.tx.execute(
            ADD,
            id=notification.id,
            account_id=notification.account_id,
            client_id=notification.client_id,
            kind=notification.kind,
            created_at=notification.created_at,
            subject_id=notification.subject_id,
            read_at=notification.read_at,
        )
        self.tx.add_audit_entry(audit_entry)

    async def page(self, scope: InboxScope, page: PageRequest) -> Page[Notification]:
        rows = await self.tx.fetch(PAGE, **_scope(scope), before=page.before_id(), limit=page.size + 1)
        return page.paginate([Notification(*row) for row in rows], lambda row: row.id)

    async def get(self, scope: InboxScope, notification_id: UUID) -> Notification | None:
        row = await self.tx.fetchrow(GET, **_scope(scope), notification=notification_id)
        return None if row is None else Notification(*row)

    async def mark_read(
        self, scope: InboxScope, notification_id: UUID | None, at: datetime, audit_entry: AuditEntry
    ) -> int:
        if notification_id is None:
            marked = await self.tx.execute(READ_ALL, **_scope(scope), at=at)
        else:
            marked = await self.tx.execute(READ_ONE, **_scope(scope), notification=notification_id, at=at)
        if marked:
            self.tx.add_audit_entry(audit_entry)
        return marked

    async def updates(self, scope: InboxScope, after: UUID | None) -> InboxUpdate:
        rows = await self.tx.fetch(UPDATES, **_scope(scope), limit=MAX_RECENT_NOTIFICATIONS)
        unread = sum(row[1] is None for row in rows)
        new = tuple(row[0] for row in rows if after is not None and row[0] > after)
        return InboxUpdate(unread, new, rows[0][0] if rows else None)


def _scope(scope: InboxScope) -> dict[str, Any]:
    return {"account_id": scope.account_id, "client_id": scope.client_id, "kinds": list(scope.kinds)}


@define
class PostgresNotificationSettings(NotificationSettingsStore):
    """Notification settings of accounts, in PostgreSQL."""

    tx: Transaction

    async def get(self, account_id: UUID) -> NotificationSettings:
        row = await self.tx.fetchrow(GET_SETTINGS, account_id=account_id)
        return NotificationSettings(account_id) if row is None else settings_of(row)

    async def save(self, settings: NotificationSettings, audit_entry: AuditEntry) -> None:
        confidential, sms_consent = settings.confidential, settings.sms_consent
        first = settings.version == 1
        await self.tx.save(
            ADD_SETTINGS if first else SAVE_SETTINGS,
            before=settings.version - 1,
            account_id=settings.account_id,
            channels={kind: list(channels) for kind, channels in settings.channels.items()},
            reminder_minutes=list(settings.reminder_minutes),
            language=settings.language,
            time_zone=settings.time_zone or "",
            safe_email=confidential.safe_email or "",
            safe_phone=confidential.safe_phone or "",
            neutral_sender=confidential.neutral_sender,
            do_not_text=confidential.do_not_text,
            do_not_voicemail=confidential.do_not_voicemail,
            sms_phone=sms_consent.phone if sms_consent else None,
            sms_consent_at=sms_consent.given_at if sms_consent else None,
            sms_opted_out_at=settings.sms_opted_out_at,
            version=settings.version,
        )
        self.tx.add_audit_entry(audit_entry)

    async def verification(self, account_id: UUID) -> SafeEmailVerification | None:
        row = await self.tx.fetchrow(GET_VERIFICATION, account_id=account_id)
        return None if row is None else SafeEmailVerification(*row)

    async def save_verification(self, verification: SafeEmailVerification, audit_entry: AuditEntry) -> None:
        first = verification.version == 1
        await self.tx.save(
            ADD_VERIFICATION if first else SAVE_VERIFICATION, before=verification.version - 1, **asdict(verification)
        )
        self.tx.add_audit_entry(audit_entry)

    async def with_sms_consent(self, phone: str) -> tuple[NotificationSettings, ...]:
        return tuple(settings_of(row) for row in await self.tx.fetch(CONSENTING, phone=phone))
