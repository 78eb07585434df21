"""The one unit of work that satisfies every feature's: a repository is made when it is first asked for."""

from functools import cached_property

from attrs import define

from adapters.postgres.accounts import PostgresAccountRules, PostgresAccounts
from adapters.postgres.sessions import PostgresSessions
from adapters.postgres.signing_in import (
    PostgresChallenges,
    PostgresEnquiries,
    PostgresPersonDirectory,
    PostgresSecondFactors,
    PostgresSignInGuards,
)
from adapters.postgres.unit_core import UnitCore


@define(slots=False)
class PostgresUnitOfWork(UnitCore):
    """Each property is one repository over the same transaction."""

    # Signing in.
    @cached_property
    def account_rules(self) -> PostgresAccountRules:
        return PostgresAccountRules(self.tx)

    @cached_property
    def accounts(self) -> PostgresAccounts:
        return PostgresAccounts(self.tx)

    @cached_property
    def sessions(self) -> PostgresSessions:
        return PostgresSessions(self.tx)

    @cached_property
    def sign_in_guards(self) -> PostgresSignInGuards:
        return PostgresSignInGuards(self.tx)

    @cached_property
    def challenges(self) -> PostgresChallenges:
        return PostgresChallenges(self.tx)

    @cached_property
    def second_factors(self) -> PostgresSecondFactors:
        return PostgresSecondFactors(self.tx)

    @cached_property
    def enquiries(self) -> PostgresEnquiries:
        return PostgresEnquiries(self.tx)

    @cached_property
    def people(self) -> PostgresPersonDirectory:
        return PostgresPersonDirectory(self.tx)
