"""Who is told by which channel, and who sees what of an inbox."""

from portal_core.kernel.actor import Actor, Area, ClientActor, ProxyActor
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.notices import NOTICE_KINDS, Channel, NoticeKind
from portal_core.notifications.ports import InboxScope, Recipient
from portal_core.notifications.rendering import Letterhead


def channels_for(name: str, kind: NoticeKind, recipient: Recipient) -> tuple[Channel, ...]:
    """The channels by which this person can be told, of those in force.

    Somebody who wants to be told outside the portal, and whom no channel reaches that they chose for it (texts
    stopped, say), is told as if they had never chosen: by mail. To choose none, or the inbox alone, is to be heard.
    """
    wanted = kind.effective_channels(recipient.settings.channels.get(name))
    outside = set(wanted) - {"in_app"}
    reached = tuple(channel for channel in wanted if _reaches(channel, kind, recipient))
    if outside and not outside & set(reached):
        return tuple(channel for channel in kind.channels if _reaches(channel, kind, recipient))
    return reached


def mail_address(kind: NoticeKind, recipient: Recipient) -> str | None:
    """Where mail of this kind goes: the safe address, but security notices to the one that the account is proven by.

    Somebody who holds a session could otherwise turn away the very mail that warns of it.
    """
    if kind.notice_class == "security":
        return recipient.email
    return recipient.settings.confidential.safe_email or recipient.email


def letterhead(recipient: Recipient, *, neutral: bool = False) -> Letterhead:
    """In whose name, and in which language, somebody is written to; `neutral` where they did not ask for it, too."""
    neutral = neutral or recipient.settings.confidential.neutral_sender
    return Letterhead(
        recipient.practice.neutral_name if neutral else recipient.practice.name,
        recipient.practice.portal_url,
        recipient.time_zone,
        recipient.settings.language,
        neutral,
    )


def inbox_scope(actor: Actor) -> InboxScope:
    """What the actor sees of their inbox: lines to their account, and of it about the record that the request names.

    A proxy sees of that record what the grant opens now, whatever it opened when the line was written.

    Raises:
        Unauthenticated: nobody is signed in.
    """
    holder = require_account_holder(actor)
    match holder:
        case ClientActor(client_id=client_id):
            return InboxScope(holder.account_id, client_id, tuple(NOTICE_KINDS))
        case ProxyActor(client_id=client_id, areas=areas):
            return InboxScope(holder.account_id, client_id, _kinds_within(areas))
    return InboxScope(holder.account_id, None, tuple(NOTICE_KINDS))


def _kinds_within(areas: frozenset[Area]) -> tuple[str, ...]:
    return tuple(name for name, kind in NOTICE_KINDS.items() if kind.area is None or kind.area in areas)


def _reaches(channel: Channel, kind: NoticeKind, recipient: Recipient) -> bool:
    match channel:
        case "email":
            return kind.to_former_email or bool(mail_address(kind, recipient))
        case "sms":
            return recipient.settings.may_send_sms()
    return recipient.account_id is not None
