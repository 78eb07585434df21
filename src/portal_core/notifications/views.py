"""What screens and API answers show."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from portal_core.kernel.outbox import NoticeClass
from portal_core.notifications.catalogue import CATALOGUE
from portal_core.notifications.model import Channel, NoticeRow, NoticeState, Notification
from portal_core.notifications.safe_email import SafeEmailProof
from portal_core.notifications.settings import NotificationSettings
from portal_core.notifications.wording import title_of


@frozen
class NotificationView:
    """A line of the inbox. `title` is in the holder's language; `about` is the id of the thing it is about."""

    id: UUID
    kind: str
    title: str
    about: UUID | None
    record: UUID | None
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, line: Notification, language: str) -> "NotificationView":
        title = title_of(line.kind, language)
        return cls(line.id, line.kind, title, line.about, line.client_id, line.created_at, line.read_at)


@frozen
class News:
    """What an event stream tells of the newest 100 lines: how many are unread, which came after the one asked with.

    Two ids may be committed out of order; `unread` is right all the same, so a change of it is a reason to reload.
    """

    unread: int
    new: tuple[UUID, ...] = ()
    newest: UUID | None = None


@frozen
class ChoiceView:
    """One kind of notice: the channels in force, those that may be chosen, and whether they may be changed at all."""

    kind: str
    channels: tuple[Channel, ...]
    possible: tuple[Channel, ...]
    fixed: bool


@frozen
class SettingsView:
    """An account's settings, with every kind spelled out.

    `pending_safe_email` waits for its code; until then mail goes where it went before.
    """

    choices: tuple[ChoiceView, ...]
    reminder_minutes: tuple[int, ...]
    language: str
    zone: str
    safe_email: str
    pending_safe_email: str | None
    safe_phone: str
    neutral_sender: bool
    do_not_text: bool
    do_not_voicemail: bool
    texts_to: str
    texts_consent_at: datetime | None
    texts_stopped_at: datetime | None
    version: int

    @classmethod
    def of(cls, settings: NotificationSettings, proof: SafeEmailProof | None, now: datetime) -> "SettingsView":
        choices = tuple(
            ChoiceView(name, kind.in_force(settings.channels.get(name)), kind.possible, kind.fixed)
            for name, kind in CATALOGUE.items()
            if kind.code is None
        )
        confidential, texts = settings.confidential, settings.texts
        return cls(
            choices,
            settings.reminder_minutes,
            settings.language,
            settings.zone,
            confidential.safe_email,
            proof.email if proof is not None and proof.open_at(now) else None,
            confidential.safe_phone,
            confidential.neutral_sender,
            confidential.do_not_text,
            confidential.do_not_voicemail,
            texts.phone if texts else "",
            texts.given_at if texts else None,
            settings.texts_stopped_at,
            settings.version,
        )


@frozen
class ContactWishesView:
    """How a client wants to be reached, for staff who call or write: `email` and `safe_phone` are the ones to use."""

    client_id: UUID
    email: str
    safe_phone: str
    language: str
    neutral_sender: bool
    do_not_text: bool
    do_not_voicemail: bool


@frozen
class TroubledNoticeView:
    """A notice that an operator should look at. No address and no words: there are none in the row."""

    id: UUID
    kind: str
    notice_class: NoticeClass
    channel: Channel | None
    state: NoticeState
    attempt: int
    problem: str
    to_account: UUID | None
    to_client: UUID | None
    created_at: datetime
    settled_at: datetime | None

    @classmethod
    def of(cls, row: NoticeRow) -> "TroubledNoticeView":
        return cls(
            row.id,
            row.kind,
            row.notice_class,
            row.channel,
            row.state,
            row.attempt,
            row.problem,
            row.to_account,
            row.to_client,
            row.created_at,
            row.settled_at,
        )


@frozen
class SweepReport:
    """What a sweep found: claims that were lost, and notices handed to the workers."""

    lost: int
    handed: int


@frozen
class DeliveryView:
    """How a delivery ended; `state` is None when there was nothing to claim."""

    state: NoticeState | None
