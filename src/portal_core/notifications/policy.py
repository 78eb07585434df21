"""Which channels reach a recipient, and what an actor may see of an inbox."""

from datetime import datetime

from portal_core.kernel.actor import Actor, Area, ClientActor, ProxyActor
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.notices import NOTICE_KINDS, Channel, NoticeKind
from portal_core.notifications.ports import InboxScope, Recipient
from portal_core.notifications.rendering import Letterhead


def channels_for(name: str, kind: NoticeKind, recipient: Recipient) -> tuple[Channel, ...]:
    """Return the channels through which to notify this person about this notice kind.

    If a person chose channels outside the portal, but none of those can reach them (they stopped text messages, for
    example), the kind's default channels are used instead, which means mail. A choice of no channel, or of the inbox
    alone, is respected.
    """
    wanted = kind.effective_channels(recipient.settings.channels.get(kind.chosen_with or name))
    outside = set(wanted) - {"in_app"}
    reached = tuple(channel for channel in wanted if _reaches(channel, kind, recipient))
    if outside and not outside & set(reached):
        return tuple(channel for channel in kind.channels if _reaches(channel, kind, recipient))
    return reached


def mail_address(kind: NoticeKind, recipient: Recipient) -> str | None:
    """Return the address for mail of this kind: the safe email, but the account's own email for security notices.

    Otherwise somebody with a stolen session could redirect the very mail that warns about it.
    """
    if kind.notice_class == "security":
        return recipient.email
    return recipient.settings.confidential.safe_email or recipient.email


def letterhead(recipient: Recipient, *, neutral: bool = False, now: datetime | None = None) -> Letterhead:
    """Build the letterhead for a recipient. `neutral` forces the neutral sender even if they did not ask for it.

    A mail with a code, which is the same with and without an account, needs no `now`.
    """
    invited = now is not None and recipient.invited_until is not None and now < recipient.invited_until
    neutral = neutral or recipient.settings.confidential.neutral_sender
    return Letterhead(
        recipient.practice.neutral_name if neutral else recipient.practice.name,
        recipient.practice.portal_url,
        recipient.time_zone,
        recipient.settings.notice_language,
        neutral,
        () if neutral else recipient.practice.contact,
        discreet=neutral or recipient.settings.message_details == "nothing",
        account="active" if recipient.account_id is not None else "invited" if invited else "none",
    )


def inbox_scope(actor: Actor) -> InboxScope:
    """Return what the actor may see of their inbox: items about their account and about the record of the request.

    For a proxy, the grant's areas decide as they are now, not as they were when the item was written.

    Raises:
        Unauthenticated: the actor is not signed in.
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
