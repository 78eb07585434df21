"""Builds the message for the vendor, inside the unit of work that claims the notice. It is sent after the commit."""

from datetime import datetime
from uuid import UUID

from portal_core.access.audience import audience
from portal_core.kernel.actor import Area
from portal_core.kernel.notices import AppointmentState, Channel, NoticeKind
from portal_core.notifications.model import Dropped, NoticeDelivery
from portal_core.notifications.policy import channels_for, letterhead, mail_address
from portal_core.notifications.ports import CodeRequest, Mail, NotificationsUnit, Recipient, SmsMessage
from portal_core.notifications.rendering import render_notice

OutboundMessage = Mail | SmsMessage | CodeRequest


async def appointment_time(unit: NotificationsUnit, row: NoticeDelivery, now: datetime) -> datetime | Dropped:
    """Return the start of the notice's appointment, or `Dropped` if it was cancelled or has started."""
    at = await _starts_at(unit, row, "booked")
    return Dropped("no_longer_true") if at is None or at <= now else at


async def _starts_at(unit: NotificationsUnit, row: NoticeDelivery, state: AppointmentState) -> datetime | None:
    if row.to_client is None or row.subject_id is None:
        return None
    return await unit.appointment_times.starts_at(row.to_client, row.subject_id, state)


async def recipients_for(
    unit: NotificationsUnit, row: NoticeDelivery, kind: NoticeKind, now: datetime
) -> tuple[Recipient, ...]:
    """Who is entitled to receive a notice now."""
    if row.to_client is not None:
        return await recipients_on_record(unit, row.to_client, kind.area, now)
    found = await unit.recipients.account(row.to_account) if row.to_account is not None else None
    return () if found is None else (found,)


async def recipients_on_record(
    unit: NotificationsUnit, client_id: UUID, area: Area | None, now: datetime
) -> tuple[Recipient, ...]:
    """The client first, then the proxies who may see `area` (None: no proxy), in ascending order of account id."""
    client = await unit.recipients.client(client_id)
    proxies = await audience(unit, client_id, area, now) if area is not None else ()
    holders = await unit.recipients.accounts(proxies) if proxies else ()
    return holders if client is None else (client, *holders)


def deliveries(
    row: NoticeDelivery, kind: NoticeKind, recipients: tuple[Recipient, ...]
) -> list[tuple[Recipient, Channel]]:
    """Return every (recipient, channel) pair to deliver, with the in-app ones last."""
    pairs = [(one, channel) for one in recipients for channel in channels_for(row.kind, kind, one)]
    return sorted(pairs, key=lambda pair: pair[1] == "in_app")


async def build_message(
    unit: NotificationsUnit, row: NoticeDelivery, kind: NoticeKind, to: Recipient, at: datetime | None, now: datetime
) -> OutboundMessage | Dropped:
    """Build the message of a planned delivery; `Dropped` if the channel is no longer wanted or has no address.

    `at` is the appointment's start, for kinds that always state it.
    """
    if row.channel not in channels_for(row.kind, kind, to):
        return Dropped("not_wanted")
    if kind.appointment_state is not None and to.settings.message_details == "when":
        at = await _starts_at(unit, row, kind.appointment_state)
    words = render_notice(row.kind, row.notice_class, letterhead(to, now=now), at)
    if row.channel == "sms":
        assert to.settings.sms_consent is not None  # channels_for allows SMS only with consent
        return SmsMessage(row.id, to.settings.sms_consent.phone, words.text)
    address = mail_address(kind, to)
    if kind.to_former_email:
        former = None
        if to.account_id is not None and row.subject_id is not None:
            former = await unit.recipients.former_email(to.account_id, row.subject_id)
        address = former
    return Mail(row.id, address, words.sender, words.subject, words.body) if address else Dropped("no_address")
