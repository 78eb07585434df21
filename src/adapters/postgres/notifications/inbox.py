"""Inboxes and notification settings in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import and_, any_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.accounts.tables import accounts
from adapters.postgres.engine.columns import Texts
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.notifications.tables import notification_settings, notifications, safe_email_verifications
from adapters.postgres.people.tables import clients
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.notifications.model import Notification
from portal_core.notifications.ports import Inbox, InboxScope, NotificationSettingsStore
from portal_core.notifications.safe_email import SafeEmailVerification
from portal_core.notifications.settings import ConfidentialCommunication, NotificationSettings, SmsConsent
from portal_core.notifications.views import InboxUpdate

MAX_RECENT_NOTIFICATIONS = 100

_NOTIFICATION = entity(Notification, notifications)
_seen = and_(
    notifications.c.practice_id == bindparam("practice_id"),
    notifications.c.account_id == bindparam("account_id"),
    notifications.c.kind == any_(bindparam("kinds", type_=Texts)),
    # Only the record that the request is about. Items without a record are about the account itself.
    or_(notifications.c.client_id.is_(None), notifications.c.client_id == bindparam("client_id")),
)
_one = notifications.c.id == bindparam("notification")
_newest_first = select(*_NOTIFICATION.columns).order_by(notifications.c.id.desc()).limit(bindparam("limit"))
ADD = statement("inbox.add", insert(notifications))
GET = statement("inbox.get", select(*_NOTIFICATION.columns).where(_seen, _one))
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

SETTINGS = entity(
    NotificationSettings,
    notification_settings,
    channels=(notification_settings.c.channels,),
    reminder_minutes=(notification_settings.c.reminder_minutes,),
    language=(notification_settings.c.language,),
    record_language=(),
    time_zone=(notification_settings.c.time_zone,),
    confidential=(
        notification_settings.c.safe_email,
        notification_settings.c.safe_phone,
        notification_settings.c.neutral_sender,
        notification_settings.c.do_not_text,
        notification_settings.c.do_not_voicemail,
    ),
    sms_consent=(notification_settings.c.sms_phone, notification_settings.c.sms_consent_at),
)
ACCOUNTS_WITH_SETTINGS = accounts.outerjoin(
    notification_settings,
    (notification_settings.c.practice_id == accounts.c.practice_id)
    & (notification_settings.c.account_id == accounts.c.id),
)
ACCOUNTS_WITH_RECORD = ACCOUNTS_WITH_SETTINGS.outerjoin(
    clients, (clients.c.practice_id == accounts.c.practice_id) & (clients.c.id == accounts.c.client_id)
)
OWN_RECORD = "the record of the client whose account it is, for its language"
RECORD_LANGUAGE = clients.c.language.label("record_language")
_mine = notification_settings.c.practice_id == bindparam("practice_id")
GET_SETTINGS = statement(
    "settings.get",
    select(*SETTINGS.columns, RECORD_LANGUAGE)
    .select_from(ACCOUNTS_WITH_RECORD)
    .where(accounts.c.practice_id == bindparam("practice_id"), accounts.c.id == bindparam("account_id")),
    scope_exemption=OWN_RECORD,
)
CONSENTING = statement(
    "settings.consenting",
    select(*SETTINGS.columns)
    .where(_mine, notification_settings.c.sms_phone == bindparam("phone"))
    .order_by(notification_settings.c.account_id),
)
# Of two concurrent first saves, the second inserts nothing and so is refused as stale.
ADD_SETTINGS = statement("settings.add", insert(notification_settings).on_conflict_do_nothing())
SAVE_SETTINGS = statement("settings.save", update_version(notification_settings))

_VERIFICATION = entity(SafeEmailVerification, safe_email_verifications)
_proof_of = and_(
    safe_email_verifications.c.practice_id == bindparam("practice_id"),
    safe_email_verifications.c.account_id == bindparam("account_id"),
)
GET_VERIFICATION = statement("settings.proof", select(*_VERIFICATION.columns).where(_proof_of))
# As for the first save of settings.
ADD_VERIFICATION = statement("settings.add_proof", insert(safe_email_verifications).on_conflict_do_nothing())
SAVE_VERIFICATION = statement("settings.save_proof", update_version(safe_email_verifications))


def settings_of(row: Any, account_id: UUID, record_language: str | None = None) -> NotificationSettings:
    """Build settings from a row of `SETTINGS.columns`, which are null if none were saved."""
    if row["account_id"] is None:
        return NotificationSettings(account_id, record_language=record_language)
    return SETTINGS.of(
        row,
        language=row["language"] or None,
        record_language=record_language,
        channels={kind: tuple(channels) for kind, channels in row["channels"].items()},
        reminder_minutes=tuple(row["reminder_minutes"]),
        time_zone=row["time_zone"] or None,
        confidential=ConfidentialCommunication(
            safe_email=row["safe_email"] or None,
            safe_phone=row["safe_phone"] or None,
            neutral_sender=row["neutral_sender"],
            do_not_text=row["do_not_text"],
            do_not_voicemail=row["do_not_voicemail"],
        ),
        sms_consent=None if row["sms_phone"] is None else SmsConsent(row["sms_phone"], row["sms_consent_at"]),
    )


@define
class PostgresInbox(Inbox):
    """Inbox items. Row-level security confines them to the actor's account and the record of the request."""

    tx: Transaction

    async def add(self, notification: Notification, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD, **_NOTIFICATION.values(notification))
        self.tx.add_audit_entry(audit_entry)

    async def page(self, scope: InboxScope, page: PageRequest) -> Page[Notification]:
        rows = await self.tx.fetch(PAGE, **_scope(scope), before=page.before_id(), limit=page.size + 1)
        return page.paginate([_NOTIFICATION.of(row) for row in rows], lambda row: row.id)

    async def get(self, scope: InboxScope, notification_id: UUID) -> Notification | None:
        row = await self.tx.fetchrow(GET, **_scope(scope), notification=notification_id)
        return None if row is None else _NOTIFICATION.of(row)

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
        unread = sum(row["read_at"] is None for row in rows)
        new = tuple(row["id"] for row in rows if after is not None and row["id"] > after)
        return InboxUpdate(unread, new, rows[0]["id"] if rows else None)


def _scope(scope: InboxScope) -> dict[str, Any]:
    return {"account_id": scope.account_id, "client_id": scope.client_id, "kinds": list(scope.kinds)}


@define
class PostgresNotificationSettings(NotificationSettingsStore):
    """Notification settings of accounts, in PostgreSQL."""

    tx: Transaction

    async def get(self, account_id: UUID) -> NotificationSettings:
        row = await self.tx.fetchrow(GET_SETTINGS, account_id=account_id)
        return NotificationSettings(account_id) if row is None else settings_of(row, account_id, row["record_language"])

    async def save(self, settings: NotificationSettings, audit_entry: AuditEntry) -> None:
        confidential, sms_consent = settings.confidential, settings.sms_consent
        values = SETTINGS.values(
            settings,
            channels=settings.channels,
            reminder_minutes=settings.reminder_minutes,
            language=settings.language or "",
            time_zone=settings.time_zone or "",
            safe_email=confidential.safe_email or "",
            safe_phone=confidential.safe_phone or "",
            neutral_sender=confidential.neutral_sender,
            do_not_text=confidential.do_not_text,
            do_not_voicemail=confidential.do_not_voicemail,
            sms_phone=sms_consent.phone if sms_consent else None,
            sms_consent_at=sms_consent.given_at if sms_consent else None,
        )
        await self.tx.save(ADD_SETTINGS if settings.version == 1 else SAVE_SETTINGS, **values)
        self.tx.add_audit_entry(audit_entry)

    async def verification(self, account_id: UUID) -> SafeEmailVerification | None:
        row = await self.tx.fetchrow(GET_VERIFICATION, account_id=account_id)
        if row is None:
            return None
        code_hash = self.tx.unseal_digest(safe_email_verifications.c.code_hash, row["id"], row["code_hash"])
        return _VERIFICATION.of(row, code_hash=code_hash)

    async def save_verification(self, verification: SafeEmailVerification, audit_entry: AuditEntry) -> None:
        save = ADD_VERIFICATION if verification.version == 1 else SAVE_VERIFICATION
        sealed = self.tx.seal_digest(safe_email_verifications.c.code_hash, verification.id, verification.code_hash)
        await self.tx.save(save, **_VERIFICATION.values(verification, code_hash=sealed))
        self.tx.add_audit_entry(audit_entry)

    async def with_sms_consent(self, phone: str) -> tuple[NotificationSettings, ...]:
        return tuple(settings_of(row, row["account_id"]) for row in await self.tx.fetch(CONSENTING, phone=phone))
