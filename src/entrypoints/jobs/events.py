"""The table of events and their subscribers.

A subscriber is a use case of a feature other than the publisher's. Each subscriber is a separate job, so a failure does
not delay the others. It must tolerate being run twice.
"""

from typing import Any

from portal_core.accounts.events import AccountClosed
from portal_core.appointments.use_cases.remove_closed_account_feed import RemoveClosedAccountFeed
from portal_core.kernel.outbox import Event

SUBSCRIBERS: dict[type[Event], tuple[type[Any], ...]] = {
    # A phone must not keep reading the calendar feed of a client who closed their account.
    AccountClosed: (RemoveClosedAccountFeed,),
}
