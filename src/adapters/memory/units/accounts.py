"""People and their accounts: the repositories in memory."""

from collections.abc import Callable

from adapters.memory.access_to_records import MemoryEmailChanges, MemoryGrants, MemoryInvitations
from adapters.memory.accounts import (
    MemoryAccountRules,
    MemoryAccounts,
    MemoryChallenges,
    MemoryEnquiries,
    MemoryPersonDirectory,
    MemorySecondFactorBook,
    MemorySessions,
    MemorySignInGuards,
)
from adapters.memory.people import (
    MemoryCareTeams,
    MemoryClientRecords,
    MemoryClinicianRecords,
    MemoryPracticeRecord,
    MemoryStaffRecords,
)
from adapters.memory.store import MemoryTransaction, MemoryUnit, repository
from portal_core.accounts.ports_invitations import AccountsUnit


class MemoryAccountsUnit(MemoryUnit):
    """Over one transaction."""

    account_rules = repository(MemoryAccountRules)
    accounts = repository(MemoryAccounts)
    sessions = repository(MemorySessions)
    sign_in_guards = repository(MemorySignInGuards)
    challenges = repository(MemoryChallenges)
    second_factors = repository(MemorySecondFactorBook)
    enquiries = repository(MemoryEnquiries)
    people = repository(MemoryPersonDirectory)
    practice_record = repository(MemoryPracticeRecord)
    client_records = repository(MemoryClientRecords)
    clinician_records = repository(MemoryClinicianRecords)
    staff_records = repository(MemoryStaffRecords)
    care_teams = repository(MemoryCareTeams)
    invitations = repository(MemoryInvitations)
    grants = repository(MemoryGrants)
    email_changes = repository(MemoryEmailChanges)


UNIT: Callable[[MemoryTransaction], AccountsUnit] = MemoryAccountsUnit
