"""What is handed to a vendor: made inside the unit that claims, sent after it."""

from datetime import datetime

from portal_core.kernel.notices import Channel, NoticeKind
from portal_core.notifications.model import Dropped, NoticeDelivery
from portal_core.notifications.policy import channels_for, letterhead, mail_address
from portal_core.notifications.ports import CodeRequest, Mail, NotificationsUnit, Recipient, SmsMessage
from portal_core.notifications.rendering import render_notice

OutboundMessage = Mail | SmsMessage | CodeRequest


async def appointment_time(unit: NotificationsUnit, row: NoticeDelivery, now: datetime) -> datetime | Dropped:
    """The start of the appointment that a notice names, if it still stands and is still to come."""
    at = None
    if row.to_client is not None and row.subject_id is not None:
        at = await unit.appointment_times.starts_at(row.to_client, row.subject_id)
    return Dropped("no_longer_true") if at is None or at <= now else at


async def recipients_for(unit: NotificationsUnit, row: NoticeDelivery, kind: NoticeKind) -> tuple[Recipient, ...]:
    """Who is entitled to be told now."""
    if row.to_client is not None:
        return await unit.recipients.client(row.to_client, kind.area)
    found = await unit.recipients.account(row.to_account) if row.to_account is not None else None
    return () if found is None else (found,)


def deliveries(
    row: NoticeDelivery, kind: NoticeKind, recipients: tuple[Recipient, ...]
) -> list[tuple[Recipient, Channel]]:
    """Every person by every channel that reaches them, those that leave the portal first."""
    pairs = [(one, channel) for one in recipients for channel in channels_for(row.kind, kind, one)]
    return sorted(pairs, key=lambda pair: pair[1] == "in_app")


async def build_message(
    unit: NotificationsUnit, row: NoticeDelivery, kind: NoticeKind, to: Recipient, at: datetime | None
) -> OutboundMessage | Dropped:
    """The parcel of a planned notice."""
    if row.channel not in channels_for(row.kind, kind, to):
        return Dropped("not_wanted")
    words = render_notice(row.kind, row.notice_class, letterhead(to), at)
    if row.channel == "sms":
        assert to.settings.sms_consent is not None  # channels_for lets a text through only with consent
        return SmsMessage(row.id, to.settings.sms_consent.phone, words.text)
    address = mail_address(kind, to)
    if kind.to_former_email:
        former = None
        if to.account_id is not None and row.subject_id is not None:
            former = await unit.recipients.former_email(to.account_id, row.subject_id)
        address = former
    return Mail(row.id, address, words.sender, words.subject, words.body) if address else Dropped("no_address")
