"""The table of events and their subscribers.

A subscriber is a use case of a feature other than the publisher's. Each subscriber is a separate job, so a failure does
not delay the others. It must tolerate being run twice.
"""

from typing import Any

from portal_core.accounts.events import AccountClosed, PasswordReset
from portal_core.accounts.use_cases.withdraw_disallowed_invitations import WithdrawDisallowedInvitations
from portal_core.appointments.use_cases.follow_practice_time_zone import FollowPracticeTimeZone
from portal_core.appointments.use_cases.keep_instants_in_practice_time_zone import KeepInstantsInPracticeTimeZone
from portal_core.appointments.use_cases.remove_account_feed import RemoveAccountFeed
from portal_core.documents.use_cases.announce_document import AnnounceDocument
from portal_core.documents.use_cases.announce_refused_document import AnnounceRefusedDocument
from portal_core.documents.use_cases.mark_document_downloaded import MarkDocumentDownloaded
from portal_core.files.events import FileAccepted, FileDownloaded, FileRefused
from portal_core.kernel.outbox import Event
from portal_core.people.events import (
    AccountSuspended,
    PracticeTimeZoneChanged,
    PracticeTimeZoneCorrected,
    RecordRulesChanged,
)

SUBSCRIBERS: dict[type[Event], tuple[type[Any], ...]] = {
    # A phone must not keep reading the calendar feed of a client who cannot sign in, or whose password others knew.
    AccountClosed: (RemoveAccountFeed,),
    AccountSuspended: (RemoveAccountFeed,),
    PasswordReset: (RemoveAccountFeed,),
    # An invitation that nobody can accept must not look open to staff.
    RecordRulesChanged: (WithdrawDisallowedInvitations,),
    # A file that was checked is a document's.
    FileAccepted: (AnnounceDocument,),
    FileRefused: (AnnounceRefusedDocument,),
    FileDownloaded: (MarkDocumentDownloaded,),
    # Video visits are local to the practice.
    PracticeTimeZoneChanged: (FollowPracticeTimeZone,),
    PracticeTimeZoneCorrected: (KeepInstantsInPracticeTimeZone,),
}
