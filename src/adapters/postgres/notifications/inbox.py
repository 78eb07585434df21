"""Inboxes and settings of accounts in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import asdict, define
from sqlalchemy import and_, any_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.engine.columns import Texts, insert_all
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.notifications.tables import notification_settings, notifications, safe_email_proofs
from portal_core.kernel.audit import Audited
from portal_core.kernel.page import Page, PageRequest
from portal_core.notifications.model import Notification
from portal_core.notifications.ports import Inbox, InboxScope, SettingsStore
from portal_core.notifications.safe_email import SafeEmailProof
from portal_core.notifications.settings import Confidential, NotificationSettings, TextConsent
from portal_core.notifications.views import News

MOST_NEWS = 100

_LINE = (
    notifications.c.id,
    notifications.c.account_id,
    notifications.c.kind,
    notifications.c.created_at,
    notifications.c.client_id,
    notifications.c.about,
    notifications.c.read_at,
)
_seen = and_(
    notifications.c.practice_id == bindparam("practice_id"),
    notifications.c.account_id == bindparam("account_id"),
    notifications.c.kind == any_(bindparam("kinds", type_=Texts)),
    # Of a record only the one that the request is about; no record is about the account itself.
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
NEWS = statement(
    "inbox.news",
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
    notification_settings.c.zone,
    notification_settings.c.safe_email,
    notification_settings.c.safe_phone,
    notification_settings.c.neutral_sender,
    notification_settings.c.do_not_text,
    notification_settings.c.do_not_voicemail,
    notification_settings.c.texts_to,
    notification_settings.c.texts_consent_at,
    notification_settings.c.texts_stopped_at,
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
    .where(_mine, notification_settings.c.texts_to == bindparam("phone"))
    .order_by(notification_settings.c.account_id),
)
# Of two first saves at once the second adds nothing.
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
    safe_email_proofs.c.account_id,
    safe_email_proofs.c.id,
    safe_email_proofs.c.email,
    safe_email_proofs.c.expires_at,
    safe_email_proofs.c.code_hash,
    safe_email_proofs.c.tries,
    safe_email_proofs.c.version,
)
_proof_of = and_(
    safe_email_proofs.c.practice_id == bindparam("practice_id"),
    safe_email_proofs.c.account_id == bindparam("account_id"),
)
GET_PROOF = statement("settings.proof", select(*_PROOF).where(_proof_of))
# As with first saves of settings.
ADD_PROOF = statement(
    "settings.add_proof",
    insert(safe_email_proofs)
    .values({column.name: bindparam(column.name, type_=column.type) for column in safe_email_proofs.c})
    .on_conflict_do_nothing(),
)
SAVE_PROOF = statement(
    "settings.save_proof",
    update(safe_email_proofs)
    .where(_proof_of, safe_email_proofs.c.version == bindparam("before"))
    .values({column.name: bindparam(column.name, type_=column.type) for column in _PROOF[1:]}),
)


def settings_of(row: Any) -> NotificationSettings:
    """Settings from `SETTINGS_COLUMNS`, in their order."""
    return NotificationSettings(
        account_id=row[0],
        channels={kind: tuple(channels) for kind, channels in row[1].items()},
        reminder_minutes=tuple(row[2]),
        language=row[3],
        zone=row[4],
        confidential=Confidential(row[5], row[6], row[7], row[8], row[9]),
        texts=None if row[10] is None else TextConsent(row[10], row[11]),
        texts_stopped_at=row[12],
        version=row[13],
    )


@define
class PostgresInbox(Inbox):
    """Lines of one account; row-level security confines them to it and to the record of the request."""

    tx: Transaction

    async def add(self, notification: Notification, audited: Audited) -> None:
        await self.tx.execute(
            ADD,
            id=notification.id,
            account_id=notification.account_id,
            client_id=notification.client_id,
            kind=notification.kind,
            created_at=notification.created_at,
            about=notification.about,
            read_at=notification.read_at,
        )
        self.tx.audited(audited)

    async def page(self, scope: InboxScope, page: PageRequest) -> Page[Notification]:
        rows = await self.tx.fetch(PAGE, **_scope(scope), before=page.before_id(), limit=page.size + 1)
        return page.cut([Notification(*row) for row in rows], lambda row: row.id)

    async def get(self, scope: InboxScope, notification_id: UUID) -> Notification | None:
        row = await self.tx.fetchrow(GET, **_scope(scope), notification=notification_id)
        return None if row is None else Notification(*row)

    async def mark_read(self, scope: InboxScope, notification_id: UUID | None, at: datetime, audited: Audited) -> int:
        if notification_id is None:
            marked = await self.tx.execute(READ_ALL, **_scope(scope), at=at)
        else:
            marked = await self.tx.execute(READ_ONE, **_scope(scope), notification=notification_id, at=at)
        if marked:
            self.tx.audited(audited)
        return marked

    async def news(self, scope: InboxScope, after: UUID | None) -> News:
        rows = await self.tx.fetch(NEWS, **_scope(scope), limit=MOST_NEWS)
        unread = sum(row[1] is None for row in rows)
        new = tuple(row[0] for row in rows if after is not None and row[0] > after)
        return News(unread, new, rows[0][0] if rows else None)


def _scope(scope: InboxScope) -> dict[str, Any]:
    return {"account_id": scope.account_id, "client_id": scope.client_id, "kinds": list(scope.kinds)}


@define
class PostgresSettings(SettingsStore):
    """Settings of accounts."""

    tx: Transaction

    async def get(self, account_id: UUID) -> NotificationSettings:
        row = await self.tx.fetchrow(GET_SETTINGS, account_id=account_id)
        return NotificationSettings(account_id) if row is None else settings_of(row)

    async def save(self, settings: NotificationSettings, audited: Audited) -> None:
        confidential, texts = settings.confidential, settings.texts
        first = settings.version == 1
        await self.tx.save(
            ADD_SETTINGS if first else SAVE_SETTINGS,
            before=settings.version - 1,
            account_id=settings.account_id,
            channels={kind: list(channels) for kind, channels in settings.channels.items()},
            reminder_minutes=list(settings.reminder_minutes),
            language=settings.language,
            zone=settings.zone,
            safe_email=confidential.safe_email,
            safe_phone=confidential.safe_phone,
            neutral_sender=confidential.neutral_sender,
            do_not_text=confidential.do_not_text,
            do_not_voicemail=confidential.do_not_voicemail,
            texts_to=texts.phone if texts else None,
            texts_consent_at=texts.given_at if texts else None,
            texts_stopped_at=settings.texts_stopped_at,
            version=settings.version,
        )
        self.tx.audited(audited)

    async def proof(self, account_id: UUID) -> SafeEmailProof | None:
        row = await self.tx.fetchrow(GET_PROOF, account_id=account_id)
        return None if row is None else SafeEmailProof(*row)

    async def save_proof(self, proof: SafeEmailProof, audited: Audited) -> None:
        first = proof.version == 1
        await self.tx.save(ADD_PROOF if first else SAVE_PROOF, before=proof.version - 1, **asdict(proof))
        self.tx.audited(audited)

    async def consenting(self, phone: str) -> tuple[NotificationSettings, ...]:
        return tuple(settings_of(row) for row in await self.tx.fetch(CONSENTING, phone=phone))
