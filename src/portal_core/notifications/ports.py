"""Ports of the notifications feature."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from attrs import evolve, frozen

from portal_core.access.audience import AudienceUnit
from portal_core.access.ports import GrantClients, GrantPractice
from portal_core.kernel.actor import Actor, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import AppointmentState, CodePurpose
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.settings import SettingsStore
from portal_core.kernel.uow import UnitOfWork
from portal_core.notifications.branding import BrandingSettings, PracticeBranding
from portal_core.notifications.model import NoticeDelivery, Notification
from portal_core.notifications.safe_email import SafeEmailVerification
from portal_core.notifications.settings import NotificationSettings
from portal_core.notifications.views import FailedNoticeView, InboxUpdate


class Notices(Protocol):
    """The practice's notices. `unit.outbox.notify` writes them: queued, due and enqueued at the time of writing."""

    async def claim(self, notice_id: UUID, by: str, now: datetime) -> NoticeDelivery | None:
        """Claim the notice (`NoticeDelivery.claimed`) and return it; None if it is not claimable.

        Of several concurrent callers exactly one gets it.
        """
        ...

    async def get(self, notice_id: UUID) -> NoticeDelivery | None: ...

    async def save(self, notice: NoticeDelivery, audit_entry: AuditEntry, *siblings: NoticeDelivery) -> None:
        """Replace a notice with its next version, and add its `siblings`.

        Raises:
            StaleVersion: the stored version is not the one before.
        """
        ...

    async def mark_enqueued(self, now: datetime, limit: int) -> tuple[UUID, ...]:
        """Mark up to `limit` notices that need a job (`NoticeDelivery.needs_job`) as enqueued at `now`, oldest due
        first.

        Returns their ids. No notice is returned to two callers.
        """
        ...

    async def stalled(self, now: datetime, limit: int) -> tuple[NoticeDelivery, ...]:
        """Return up to `limit` notices whose worker is gone (`NoticeDelivery.stalled`), oldest claim first."""
        ...

    async def failed(self, page: PageRequest) -> Page[FailedNoticeView]:
        """Return dead and uncertain notices, newest first (by descending id)."""
        ...


@frozen
class Recipient:
    """One person to tell, with all that is needed to do so.

    `account_id` is None for a client who has no account, whose addresses then are those of the record; they can open
    one until `invited_until`, if they are invited. `time_zone` is the settings' zone, or the practice's.
    """

    practice: PracticeBranding
    time_zone: str
    settings: NotificationSettings
    account_id: UUID | None = None
    client_id: UUID | None = None
    email: str | None = None
    invited_until: datetime | None = None

    def without_sms(self) -> "Recipient":
        """The same person where no text can be sent."""
        return evolve(self, settings=evolve(self.settings, sms_consent=None))


class Recipients(Protocol):
    """People and their addresses. Whom to notify is decided in `outbound`."""

    async def account(self, account_id: UUID) -> Recipient | None:
        """The holder of an account, closed or not yet verified as well."""
        ...

    async def client(self, client_id: UUID) -> Recipient | None:
        """A client by their own active account; without one, by the email, language and time zone of the record,
        and with `invited_until`, which may be past.
        """
        ...

    async def accounts(self, account_ids: Collection[UUID]) -> tuple[Recipient, ...]:
        """The holders of those of these accounts that are active, in ascending order of id."""
        ...

    async def unregistered(self, email: str, client_id: UUID | None = None) -> Recipient:
        """Somebody who is invited and has no account yet, by this address. With defaults, except that a client who is
        invited themselves has the language of their record.
        """
        ...

    async def former_email(self, account_id: UUID, change_id: UUID) -> str | None:
        """The address that the account had before a change of email."""
        ...


class AppointmentTimes(Protocol):
    """Start times of appointments, for the messages that state them."""

    async def starts_at(
        self, client_id: UUID, appointment_id: UUID, state: AppointmentState = "booked"
    ) -> datetime | None:
        """Return the start of a client's appointment that is booked, or was cancelled for them or for all.

        None if the appointment is not in that state, or not this client's.
        """
        ...


@frozen
class InboxScope:
    """The visible part of an inbox: items of this account and these kinds, about the account itself or `client_id`."""

    account_id: UUID
    client_id: UUID | None
    kinds: tuple[str, ...]


class Inbox(Protocol):
    """The in-app inboxes of accounts."""

    async def add(self, notification: Notification, audit_entry: AuditEntry) -> None: ...

    async def page(self, scope: InboxScope, page: PageRequest) -> Page[Notification]:
        """Return notifications, newest first (by descending id)."""
        ...

    async def get(self, scope: InboxScope, notification_id: UUID) -> Notification | None: ...

    async def mark_read(
        self, scope: InboxScope, notification_id: UUID | None, at: datetime, audit_entry: AuditEntry
    ) -> int:
        """Mark one unread notification as read, or all when no id is given. Returns how many were marked.

        When there are none to mark, nothing is written, not even the audit entry.
        """
        ...

    async def updates(self, scope: InboxScope, after: UUID | None) -> InboxUpdate:
        """Return updates within the newest 100 items. Cheap enough for polling every few seconds: one index lookup."""
        ...


class NotificationSettingsStore(Protocol):
    """Notification settings of accounts."""

    async def get(self, account_id: UUID) -> NotificationSettings:
        """Return the saved settings, or the defaults with version 0."""
        ...

    async def save(self, settings: NotificationSettings, audit_entry: AuditEntry) -> None:
        """Store the next version of the settings; the first is version 1.

        Raises:
            StaleVersion: the stored version is not the one before.
        """
        ...

    async def verification(self, account_id: UUID) -> SafeEmailVerification | None:
        """Return the last requested safe email verification; None after expired ones were deleted."""
        ...

    async def save_verification(self, verification: SafeEmailVerification, audit_entry: AuditEntry) -> None:
        """Store the next version of the verification; the first is version 1.

        Raises:
            StaleVersion: the stored version is not the one before.
        """
        ...

    async def with_sms_consent(self, phone: str) -> tuple[NotificationSettings, ...]:
        """Return all settings in the practice with consent to text messages to this number (E.164)."""
        ...


class HostedPractice(GrantPractice, Protocol):
    """The practice, and the host names of its portal."""

    @property
    def hosts(self) -> tuple[str, ...]: ...


class HostedPractices(Protocol):
    async def get(self) -> HostedPractice: ...


class FactorCheck(Protocol):
    """Asks an account's holder again for what they sign in with. `Reauthentication` of accounts does it."""

    async def where_enrolled(self, actor: Actor, password: str, code: str) -> None:
        """Check password and second factor of an account that has a second factor, and nothing of others.

        Raises what the holder is told: what is missing, wrong, or tried too often.
        """
        ...


class NotificationsUnit(UnitOfWork, AudienceUnit, Protocol):
    """The unit of work of this feature, with what tells who may see a record."""

    @property
    def practice_record(self) -> HostedPractices: ...
    @property
    def client_records(self) -> GrantClients: ...
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
    @property
    def branding_settings(self) -> SettingsStore[BrandingSettings]: ...


@frozen
class Mail:
    """A plain-text mail. `key` is the notice's id, for the vendor's log and the local mail store."""

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
    """Sends mail. Does not retry by itself."""

    async def send(self, mail: Mail) -> str:
        """Send the mail and return the vendor's id for it.

        Raises:
            MailRefused: permanently refused.
            MailNotSent: certainly not sent; trying again is safe.
            MailUncertain: it may or may not have been sent. Any other exception is treated as this one.
        """
        ...


class SmsSender(Protocol):
    """Sends text messages, by the same rules as `Mailer`."""

    async def send_sms(self, text: SmsMessage) -> str:
        """Send the text message and return the vendor's id for it. Raises as `Mailer.send` does."""
        ...


@frozen
class CodeRequest:
    """A request to generate and mail a code now.

    `subject_id` is the invitation, the email change or the safe email verification; None for the other purposes.
    """

    key: UUID
    purpose: CodePurpose
    account_id: UUID | None = None
    subject_id: UUID | None = None


class CodeSender(Protocol):
    """Generates a fresh code when it is mailed, so that no code is ever stored in plain text or queued.

    The identity provider generates `verify_email` and `reset_password` codes, the accounts feature `change_email` and
    `invitation` codes; `MailCode` writes the mail if the provider does not. `MailSafeEmailCode` does `safe_email`
    codes.
    """

    async def send_code(self, actor: SystemActor, order: CodeRequest) -> bool:
        """Generate a code, which invalidates earlier ones, and mail it to the address that it proves.

        Returns False and sends nothing when the request has expired, was withdrawn or was used. Raises as `Mailer.send`
        does.
        """
        ...
