"""What notifications need from outside."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from attrs import evolve, frozen

from portal_core.kernel.actor import Area, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import CodePurpose
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import UnitOfWork
from portal_core.notifications.model import NoticeDelivery, Notification
from portal_core.notifications.safe_email import SafeEmailVerification
from portal_core.notifications.settings import NotificationSettings, PracticeBranding
from portal_core.notifications.views import FailedNoticeView, InboxUpdate


class Notices(Protocol):
    """The notices of the practice, written by `unit.outbox.notify`: queued, due and handed at the time of writing."""

    async def claim(self, notice_id: UUID, by: str, now: datetime) -> NoticeDelivery | None:
        """The notice as `NoticeDelivery.claimed` makes it, if it is claimable: for one caller only, however many ask."""
        ...

    async def get(self, notice_id: UUID) -> NoticeDelivery | None: ...

    async def save(self, notice: NoticeDelivery, audit_entry: AuditEntry, *siblings: NoticeDelivery) -> None:
        """Replace a notice, one version on, and add those `siblings` it.

        Raises:
            StaleVersion: it is not at the version before.
        """
        ...

    async def mark_enqueued(self, now: datetime, limit: int) -> tuple[UUID, ...]:
        """Mark as handed at `now` those that wait for a job (`NoticeDelivery.needs_job`), oldest due first.

        No notice is answered to two callers.
        """
        ...

    async def stalled(self, now: datetime, limit: int) -> tuple[NoticeDelivery, ...]:
        """Those whose worker is gone (`NoticeDelivery.stalled`), oldest claim first."""
        ...

    async def troubled(self, page: PageRequest) -> Page[FailedNoticeView]:
        """The dead and the uncertain, newest first (by id, falling)."""
        ...


@frozen
class Recipient:
    """One person to tell, with all that is needed to do so.

    `account_id` is None for a client who has no account, whose addresses then are those of the record. `time_zone` is the
    settings' zone, or the practice's.
    """

    practice: PracticeBranding
    time_zone: str
    settings: NotificationSettings
    account_id: UUID | None = None
    client_id: UUID | None = None
    email: str | None = None

    def without_sms(self) -> "Recipient":
        """The same person where no text can be sent."""
        return evolve(self, settings=evolve(self.settings, sms_consent=None))


class Recipients(Protocol):
    """Who is told, and where."""

    async def account(self, account_id: UUID) -> Recipient | None:
        """The holder of an account, closed or not yet verified as well."""
        ...

    async def client(self, client_id: UUID, area: Area | None) -> tuple[Recipient, ...]:
        """Those who are told of a client's record.

        The client's own active account, and every active one of a proxy whose grant is in force and opens `area`
        (None: no proxy). When the client has none, the client by the email, language and zone of the record. In a
        fixed order, the client first.
        """
        ...

    async def unregistered(self, email: str) -> Recipient:
        """Somebody of whom the practice knows this address alone: invited, not yet an account. With defaults."""
        ...

    async def former_email(self, account_id: UUID, change_id: UUID) -> str | None:
        """The address that the account had before a change of email."""
        ...


class AppointmentTimes(Protocol):
    """When the appointments are that reminders speak of."""

    async def starts_at(self, client_id: UUID, appointment_id: UUID) -> datetime | None:
        """The start of an appointment that stands; None when it was cancelled or is not this client's."""
        ...


@frozen
class InboxScope:
    """What of an inbox may be seen: lines of this account, about itself or about `client_id`, of these kinds."""

    account_id: UUID
    client_id: UUID | None
    kinds: tuple[str, ...]


class Inbox(Protocol):
    """The notifications inside the portal."""

    async def add(self, notification: Notification, audit_entry: AuditEntry) -> None: ...

    async def page(self, scope: InboxScope, page: PageRequest) -> Page[Notification]:
        """Newest first (by id, falling)."""
        ...

    async def get(self, scope: InboxScope, notification_id: UUID) -> Notification | None: ...

    async def mark_read(
        self, scope: InboxScope, notification_id: UUID | None, at: datetime, audit_entry: AuditEntry
    ) -> int:
        """Mark one as read, or all when none is named, that are not yet; how many that were.

        With none to mark nothing is written, the audit entry neither.
        """
        ...

    async def updates(self, scope: InboxScope, after: UUID | None) -> InboxUpdate:
        """Of the newest 100 lines. Cheap enough to be asked every few seconds: one look at an index."""
        ...


class NotificationSettingsStore(Protocol):
    """The settings of accounts."""

    async def get(self, account_id: UUID) -> NotificationSettings:
        """Those saved, or the defaults with version 0."""
        ...

    async def save(self, settings: NotificationSettings, audit_entry: AuditEntry) -> None:
        """Keep them, one version on; version 1 is the first.

        Raises:
            StaleVersion: they are not at the version before.
        """
        ...

    async def verification(self, account_id: UUID) -> SafeEmailVerification | None:
        """What was asked for last, until it is forgotten."""
        ...

    async def save_verification(self, verification: SafeEmailVerification, audit_entry: AuditEntry) -> None:
        """Keep it, one version on; version 1 is the first.

        Raises:
            StaleVersion: it is not at the version before.
        """
        ...

    async def with_sms_consent(self, phone: str) -> tuple[NotificationSettings, ...]:
        """All in the practice that consent to texts to this number (E.164)."""
        ...


class NotificationsUnit(UnitOfWork, Protocol):
    """The unit of work of this feature."""

    @property
    def notices(self) -> Notices: ...
    @property
    def recipients(self) -> Recipients: ...
    @property
    def appointment_times(self) -> AppointmentTimes: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def notification_settings(self) -> NotificationSettingsStore: ...


@frozen
class Mail:
    """A mail of plain words. `key` names the notice, for the vendor's log and the local outbox."""

    key: UUID
    to: str
    sender_name: str
    subject: str
    body: str


@frozen
class SmsMessage:
    """A text message to one number (E.164)."""

    key: UUID
    to: str
    body: str


class Mailer(Protocol):
    """Sends mail. Never tries twice by itself."""

    async def send(self, mail: Mail) -> str:
        """The vendor's id of the mail.

        Raises:
            MailRefused: never, as it stands.
            MailNotSent: surely not sent; another try is safe.
            MailUncertain: it may or may not have been sent. Any other exception is taken for this one.
        """
        ...


class SmsSender(Protocol):
    """Sends texts, by the same rules as `Mailer`."""

    async def send_sms(self, text: SmsMessage) -> str:
        """The vendor's id of the text; raises as `Mailer.send` does."""
        ...


@frozen
class CodeRequest:
    """A code to be made and mailed now. `subject_id` is the invitation, change of email or proof, or nothing more."""

    key: UUID
    purpose: CodePurpose
    account_id: UUID | None = None
    subject_id: UUID | None = None


class CodeSender(Protocol):
    """Has a fresh code made at the moment of mailing, so that none is ever kept or queued.

    `verify_email` and `reset_password` are the identity provider's, `change_email` and `invitation` the accounts';
    `MailCode` writes the mail where the provider does not. `safe_email` is ours: `MailSafeEmailCode`.
    """

    async def send_code(self, actor: SystemActor, order: CodeRequest) -> bool:
        """Make a code, which ends earlier ones, and mail it to where it proves something.

        False, and nothing is sent, when it is void by now: expired, withdrawn, used. Raises as `Mailer.send` does.
        """
        ...
