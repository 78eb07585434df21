"""Who reacts to what: the one table of events and their subscribers.

A subscriber is a use case of another feature than the publisher's. It is a job of its own, so that one that fails keeps
no other waiting, and it may run twice.
"""

from typing import Any

from portal_core.accounts.events import AccountClosed
from portal_core.appointments.use_cases.remove_closed_account_feed import RemoveClosedAccountFeed
from portal_core.kernel.outbox import Event

SUBSCRIBERS: dict[type[Event], tuple[type[Any], ...]] = {
    # A telephone must not go on reading the calendar of a client who closed their account.
    AccountClosed: (RemoveClosedAccountFeed,),
}
