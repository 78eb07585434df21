"""People and their accounts: the repositories."""

from collections.abc import Callable

from adapters.postgres.accounts import PostgresAccountRules, PostgresAccounts
from adapters.postgres.grants import PostgresGrants
from adapters.postgres.invitations import PostgresEmailChanges, PostgresInvitations
from adapters.postgres.people import PostgresCareTeams, PostgresClientRecords
from adapters.postgres.practices import PostgresPracticeRecord
from adapters.postgres.sessions import PostgresSessions
from adapters.postgres.signing_in import (
    PostgresChallenges,
    PostgresEnquiries,
    PostgresPersonDirectory,
    PostgresSecondFactors,
    PostgresSignInGuards,
)
from adapters.postgres.staff import PostgresClinicianRecords, PostgresStaffRecords
from adapters.postgres.transaction import Transaction
from adapters.postgres.unit_core import UnitCore, repository
from portal_core.accounts.ports_invitations import AccountsUnit


class PostgresAccountsUnit(UnitCore):
    """Over one transaction."""

    account_rules = repository(PostgresAccountRules)
    accounts = repository(PostgresAccounts)
    sessions = repository(PostgresSessions)
    sign_in_guards = repository(PostgresSignInGuards)
    challenges = repository(PostgresChallenges)
    second_factors = repository(PostgresSecondFactors)
    enquiries = repository(PostgresEnquiries)
    people = repository(PostgresPersonDirectory)
    practice_record = repository(PostgresPracticeRecord)
    client_records = repository(PostgresClientRecords)
    clinician_records = repository(PostgresClinicianRecords)
    staff_records = repository(PostgresStaffRecords)
    care_teams = repository(PostgresCareTeams)
    invitations = repository(PostgresInvitations)
    grants = repository(PostgresGrants)
    email_changes = repository(PostgresEmailChanges)


UNIT: Callable[[Transaction], AccountsUnit] = PostgresAccountsUnit
