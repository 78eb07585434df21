"""The repositories of accounts in memory."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.memory.access.unit import MemoryAccessUnit
from adapters.memory.accounts.accounts import MemoryAccountRules, MemoryAccounts, MemorySessions
from adapters.memory.accounts.invitations import MemoryEmailChanges, MemoryInvitations
from adapters.memory.accounts.settings import ACCOUNT_SETTINGS, OIDC_SETTINGS
from adapters.memory.accounts.sign_in import (
    MemoryChallenges,
    MemoryEmailRequests,
    MemoryPersonDirectory,
    MemorySecondFactorRecords,
    MemorySignInGuards,
)
from adapters.memory.appointments.unit import MemoryAppointmentUnit
from adapters.memory.engine.store import MemoryTransaction, MemoryUnit, repository
from adapters.memory.people.unit import MemoryPeopleUnit
from portal_core.access.ports import AccessUnit
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.people.ports import PeopleUnit


class MemoryAccountsUnit(MemoryUnit):
    """Repositories over one transaction."""

    account_rules = repository(MemoryAccountRules)
    accounts = repository(MemoryAccounts)
    sessions = repository(MemorySessions)
    sign_in_guards = repository(MemorySignInGuards)
    challenges = repository(MemoryChallenges)
    second_factors = repository(MemorySecondFactorRecords)
    email_requests = repository(MemoryEmailRequests)
    people = repository(MemoryPersonDirectory)
    invitations = repository(MemoryInvitations)
    email_changes = repository(MemoryEmailChanges)
    account_settings = repository(ACCOUNT_SETTINGS.store)
    oidc_settings = repository(OIDC_SETTINGS.store)


UNIT = MemoryAccountsUnit

if TYPE_CHECKING:
    # These features use one another's repositories in one transaction; mypy checks the combination here.
    class _Identity(MemoryAccessUnit, MemoryPeopleUnit, MemoryAccountsUnit, MemoryAppointmentUnit): ...

    ACCESS: Callable[[MemoryTransaction], AccessUnit] = _Identity
    PEOPLE: Callable[[MemoryTransaction], PeopleUnit] = _Identity
    ACCOUNTS: Callable[[MemoryTransaction], AccountsUnit] = _Identity
