"""The repositories of accounts in PostgreSQL."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.postgres.access.unit import PostgresAccessUnit
from adapters.postgres.accounts.accounts import PostgresAccountRules, PostgresAccounts
from adapters.postgres.accounts.invitations import PostgresEmailChanges, PostgresInvitations
from adapters.postgres.accounts.sessions import PostgresSessions
from adapters.postgres.accounts.settings import ACCOUNT_SETTINGS, OIDC_SETTINGS
from adapters.postgres.accounts.sign_in import (
    PostgresChallenges,
    PostgresEmailRequests,
    PostgresPersonDirectory,
    PostgresSecondFactorRecords,
    PostgresSignInGuards,
)
from adapters.postgres.appointments.unit import PostgresAppointmentUnit
from adapters.postgres.engine.base_unit import PostgresUnit, repository
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.unit import PostgresPeopleUnit
from portal_core.access.ports import AccessUnit
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.people.ports import PeopleUnit


class PostgresAccountsUnit(PostgresUnit):
    """Repositories over one transaction."""

    account_rules = repository(PostgresAccountRules)
    accounts = repository(PostgresAccounts)
    sessions = repository(PostgresSessions)
    sign_in_guards = repository(PostgresSignInGuards)
    challenges = repository(PostgresChallenges)
    second_factors = repository(PostgresSecondFactorRecords)
    email_requests = repository(PostgresEmailRequests)
    people = repository(PostgresPersonDirectory)
    invitations = repository(PostgresInvitations)
    email_changes = repository(PostgresEmailChanges)
    account_settings = repository(ACCOUNT_SETTINGS.store)
    oidc_settings = repository(OIDC_SETTINGS.store)


UNIT = PostgresAccountsUnit

if TYPE_CHECKING:
    # These features use one another's repositories in one transaction; mypy checks the combination here.
    class _Identity(PostgresAccessUnit, PostgresPeopleUnit, PostgresAccountsUnit, PostgresAppointmentUnit): ...

    ACCESS: Callable[[Transaction], AccessUnit] = _Identity
    PEOPLE: Callable[[Transaction], PeopleUnit] = _Identity
    ACCOUNTS: Callable[[Transaction], AccountsUnit] = _Identity
