"""What is handed to a vendor: made inside the unit that claims, sent after it."""

from datetime import datetime

from portal_core.notifications.catalogue import Kind
from portal_core.notifications.model import Channel, Dropped, NoticeRow
from portal_core.notifications.policy import channels_for, letterhead, mail_address
from portal_core.notifications.ports import CodeOrder, Mail, NotificationsUnit, Recipient, Text
from portal_core.notifications.wording import words_of

Parcel = Mail | Text | CodeOrder


async def time_named(unit: NotificationsUnit, row: NoticeRow, now: datetime) -> datetime | Dropped:
    """The start of the appointment that a notice names, if it still stands and is still to come."""
    at = None
    if row.to_client is not None and row.about is not None:
        at = await unit.appointment_times.starts_at(row.to_client, row.about)
    return Dropped("no_longer_true") if at is None or at <= now else at


async def recipients_of(unit: NotificationsUnit, row: NoticeRow, kind: Kind) -> tuple[Recipient, ...]:
    """Who is entitled to be told now."""
    if row.to_client is not None:
        return await unit.recipients.client(row.to_client, kind.area)
    found = await unit.recipients.account(row.to_account) if row.to_account is not None else None
    return () if found is None else (found,)


def deliveries(row: NoticeRow, kind: Kind, told: tuple[Recipient, ...]) -> list[tuple[Recipient, Channel]]:
    """Every person by every channel that reaches them, those that leave the portal first."""
    pairs = [(one, channel) for one in told for channel in channels_for(row.kind, kind, one)]
    return sorted(pairs, key=lambda pair: pair[1] == "in_app")


async def pack(
    unit: NotificationsUnit, row: NoticeRow, kind: Kind, to: Recipient, at: datetime | None
) -> Parcel | Dropped:
    """The parcel of a planned notice."""
    if row.channel not in channels_for(row.kind, kind, to):
        return Dropped("not_wanted")
    words = words_of(row.kind, row.notice_class, letterhead(to), at)
    if row.channel == "sms":
        assert to.settings.texts is not None  # channels_for lets a text through only with consent
        return Text(row.id, to.settings.texts.phone, words.text)
    address = mail_address(kind, to)
    if kind.to_former:
        former = None
        if to.account_id is not None and row.about is not None:
            former = await unit.recipients.former_email(to.account_id, row.about)
        address = former or ""
    return Mail(row.id, address, words.sender, words.subject, words.body) if address else Dropped("no_address")
