"""The table of events and their subscribers.

A subscriber is a use case of a feature other than the publisher's. Each subscriber is a separate job, so a failure does
not delay the others. It must tolerate being run twice.
"""

from typing import Any

from portal_core.accounts.events import AccountClosed, PasswordReset
from portal_core.accounts.use_cases.withdraw_disallowed_invitations import WithdrawDisallowedInvitations
from portal_core.appointments.events import ClientReassigned
from portal_core.appointments.use_cases.follow_practice_time_zone import FollowPracticeTimeZone
from portal_core.appointments.use_cases.keep_instants_in_practice_time_zone import KeepInstantsInPracticeTimeZone
from portal_core.appointments.use_cases.remove_account_feed import RemoveAccountFeed
from portal_core.kernel.outbox import Event
from portal_core.people.events import (
    AccountSuspended,
    PracticeTimeZoneChanged,
    PracticeTimeZoneCorrected,
    RecordRulesChanged,
)
from portal_core.people.use_cases.join_care_team import JoinCareTeam

SUBSCRIBERS: dict[type[Event], tuple[type[Any], ...]] = {
    # A phone must not keep reading the calendar feed of a client who cannot sign in, or whose password others knew.
    AccountClosed: (RemoveAccountFeed,),
    AccountSuspended: (RemoveAccountFeed,),
    PasswordReset: (RemoveAccountFeed,),
    # The client can book with the clinician who took over.
    ClientReassigned: (JoinCareTeam,),
    # An invitation that nobody can accept must not look open to staff.
    RecordRulesChanged: (WithdrawDisallowedInvitations,),
    # Video visits are local to the practice.
    PracticeTimeZoneChanged: (FollowPracticeTimeZone,),
    PracticeTimeZoneCorrected: (KeepInstantsInPracticeTimeZone,),
}
