"""Read models for the API."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from portal_core.kernel.languages import Language
from portal_core.kernel.notices import NOTICE_KINDS, Channel, NoticeClass, NoticeKindName
from portal_core.kernel.settings import Versioned
from portal_core.notifications.branding import BrandingSettings
from portal_core.notifications.model import NoticeDelivery, NoticeState, Notification
from portal_core.notifications.rendering import inbox_title
from portal_core.notifications.safe_email import SafeEmailVerification
from portal_core.notifications.settings import MessageDetails, NotificationSettings


@frozen
class NotificationView:
    """An inbox item. `title` is in the holder's language; `subject_id` is the id of the object it is about."""

    id: UUID
    kind: NoticeKindName
    title: str
    subject_id: UUID | None
    client_id: UUID | None
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, line: Notification, language: str) -> "NotificationView":
        title = inbox_title(line.kind, language)
        return cls(
            line.id, NoticeKindName(line.kind), title, line.subject_id, line.client_id, line.created_at, line.read_at
        )


@frozen
class InboxUpdate:
    """Updates within the newest 100 inbox items: how many are unread, and which are newer than the id given.

    Two ids may be committed out of order, so `new` can miss one; `unread` is always exact. Reload when it changes.
    """

    unread: int
    new: tuple[UUID, ...] = ()
    newest_id: UUID | None = None


@frozen
class ChannelChoiceView:
    """One notice kind: its current channels, the available ones, and whether they are fixed."""

    kind: NoticeKindName
    channels: tuple[Channel, ...]
    available_channels: tuple[Channel, ...]
    fixed: bool


@frozen
class NotificationSettingsView:
    """An account's settings, with an entry for every notice kind whose channels are not those of another.

    `pending_safe_email` has not been confirmed yet; until then mail goes to the current address.
    """

    choices: tuple[ChannelChoiceView, ...]
    reminder_minutes: tuple[int, ...]
    language: Language
    time_zone: str | None
    safe_email: str | None
    pending_safe_email: str | None
    safe_phone: str | None
    neutral_sender: bool
    do_not_text: bool
    do_not_voicemail: bool
    sms_phone: str | None
    sms_consent_at: datetime | None
    sms_opted_out_at: datetime | None
    message_details: MessageDetails
    version: int

    @classmethod
    def of(
        cls, settings: NotificationSettings, verification: SafeEmailVerification | None, now: datetime
    ) -> "NotificationSettingsView":
        choices = tuple(
            ChannelChoiceView(
                NoticeKindName(name),
                kind.effective_channels(settings.channels.get(name)),
                kind.available_channels,
                kind.fixed,
            )
            for name, kind in NOTICE_KINDS.items()
            if kind.code is None and kind.chosen_with is None
        )
        confidential, sms_consent = settings.confidential, settings.sms_consent
        return cls(
            choices,
            settings.reminder_minutes,
            settings.notice_language,
            settings.time_zone,
            confidential.safe_email,
            verification.email if verification is not None and verification.is_pending(now) else None,
            confidential.safe_phone,
            confidential.neutral_sender,
            confidential.do_not_text,
            confidential.do_not_voicemail,
            sms_consent.phone if sms_consent else None,
            sms_consent.given_at if sms_consent else None,
            settings.sms_opted_out_at,
            settings.message_details,
            settings.version,
        )


@frozen
class ContactPreferencesView:
    """How a client wants to be contacted, for staff who call or write: use this `email` and `safe_phone`."""

    client_id: UUID
    email: str | None
    safe_phone: str | None
    language: str
    neutral_sender: bool
    do_not_text: bool
    do_not_voicemail: bool


@frozen
class FailedNoticeView:
    """A notice that needs an operator's attention. It holds no address and no text."""

    id: UUID
    kind: NoticeKindName
    notice_class: NoticeClass
    channel: Channel | None
    state: NoticeState
    attempt: int
    failure_reason: str | None
    to_account: UUID | None
    to_client: UUID | None
    created_at: datetime
    settled_at: datetime | None

    @classmethod
    def of(cls, row: NoticeDelivery) -> "FailedNoticeView":
        return cls(
            row.id,
            NoticeKindName(row.kind),
            row.notice_class,
            row.channel,
            row.state,
            row.attempt,
            row.failure_reason,
            row.to_account,
            row.to_client,
            row.created_at,
            row.settled_at,
        )


@frozen
class SweepReport:
    """The result of a sweep: how many claims were lost, and for how many notices a job was enqueued."""

    lost: int
    enqueued: int


@frozen
class DeliveryView:
    """The state of the notice after a delivery; None when there was nothing to claim."""

    state: NoticeState | None


@frozen(kw_only=True)
class BrandingSettingsView:
    """A practice's branding settings; `version` is 0 while they are the defaults."""

    neutral_name: str
    portal_url: str | None
    version: int

    @classmethod
    def of(cls, stored: Versioned[BrandingSettings]) -> "BrandingSettingsView":
        settings = stored.value
        return cls(neutral_name=settings.neutral_name, portal_url=settings.portal_url, version=stored.version)
