"""Ask a signed-in person for their password, or all factors, before a sensitive change to the account."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from attrs import frozen

from portal_core.accounts.errors import CodeRefused, WrongPassword
from portal_core.accounts.identity_provider import (
    Accepted,
    Credential,
    Passwords,
    Refused,
    SecondFactorNeeded,
    SecondFactors,
)
from portal_core.accounts.model import Account
from portal_core.accounts.password_policy import normalize_password
from portal_core.accounts.policy import CONFIRM_BY_ACCOUNT
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.recovery_codes import redeem_recovery_code
from portal_core.accounts.tokens import is_recovery_code
from portal_core.kernel.actor import AccountHolder, Actor, without_key
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.codes import compact_code
from portal_core.kernel.errors import Invalid, PortalError, Unauthenticated
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.uow import Begin


async def current_account(unit: SignInUnit, actor: AccountHolder) -> Account:
    """The actor's account.

    Raises:
        Unauthenticated: it is not active.
    """
    account = await unit.accounts.get(actor.account_id)
    if account is None or account.status != "active":
        raise Unauthenticated
    return account


@frozen
class Reauthentication:
    """Checks the account's password again, and the second factor where one is enrolled.

    Allows five failures in 15 minutes per account, so that an unattended or stolen session cannot be used to guess. An
    attempt counts before it is checked; one that succeeds, or could not be checked, is uncounted.
    """

    begin: Begin[SignInUnit]
    passwords: Passwords
    second_factors: SecondFactors
    limits: RateLimits

    async def by_all_factors(
        self, actor: Actor, password: str, code: str, *, password_path: str = "password", path: str = "code"
    ) -> Account:
        """Check the password and, where one is enrolled, the second factor or a recovery code; return the account.

        Raises:
            Unauthenticated: nobody is signed in, or the account is not active.
            RateLimited: too many attempts for this account.
            WrongPassword: it is wrong; audited.
            CodeRefused: the second factor is wrong or was already used; audited.
            Invalid: the second factor is missing.
        """
        actor = without_key(actor)
        async with self._counted(actor):
            account, result = await self._by_password(actor, password, password_path)
            if account.second_factor == "none" and isinstance(result, Accepted):
                return account
            if not compact_code(code):
                message = "Two-step sign-in is on: send a code of your authenticator app, or a recovery code."
                raise Invalid.at(path, "required", message)
            if is_recovery_code(code):
                accepted = await self._redeem_recovery_code(actor, account, code)
            else:
                state = result.state if isinstance(result, SecondFactorNeeded) else ""
                accepted = await self.second_factors.check(Credential.of(account), state, compact_code(code))
            if not accepted:
                await self._audit_failure(actor, account, "second_factor")
                raise CodeRefused.at(path, "code_refused", "This code is incorrect or was already used.")
            return account

    async def where_enrolled(self, actor: Actor, password: str, code: str) -> None:
        """Check all factors of an account that has a second one, and nothing of others.

        Raises:
            Invalid: the password or the second factor is missing.
            Unauthenticated, RateLimited, WrongPassword, CodeRefused: as `by_all_factors`.
        """
        async with self.begin(without_key(actor), read_only=True) as unit:
            account = await current_account(unit, require_account_holder(actor))
        if account.second_factor == "none":
            return
        if not password:
            raise Invalid.at("password", "required", "Two-step sign-in is on: send your password too.")
        await self.by_all_factors(actor, password, code)

    @asynccontextmanager
    async def _counted(self, actor: Actor) -> AsyncGenerator[None, None]:
        holder = require_account_holder(actor)
        count = (holder.practice_id, CONFIRM_BY_ACCOUNT, str(holder.account_id))
        await self.limits.take(*count)
        try:
            yield
        except PortalError as error:
            if not isinstance(error, WrongPassword | CodeRefused):
                await self.limits.release(*count)
            raise
        await self.limits.release(*count)

    async def _by_password(
        self, actor: Actor, password: str, path: str
    ) -> tuple[Account, Accepted | SecondFactorNeeded]:
        async with self.begin(actor) as unit:
            account = await current_account(unit, require_account_holder(actor))
        result = await self.passwords.check(Credential.of(account), normalize_password(password))
        if isinstance(result, Refused):
            await self._audit_failure(actor, account, "password")
            raise WrongPassword.at(path, "wrong_password", "This password is incorrect.")
        return account, result

    async def _redeem_recovery_code(self, actor: Actor, account: Account, code: str) -> bool:
        async with self.begin(actor) as unit:
            return await unit.commit(await redeem_recovery_code(unit, account, code))

    async def _audit_failure(self, actor: Actor, account: Account, reason: str) -> None:
        async with self.begin(actor) as unit:
            entry = AuditEntry(
                "account.reauthentication_refused",
                account.id,
                account.client_id,
                outcome="failed",
                facts={"reason": reason},
            )
            await unit.audit.record(entry)
            await unit.commit(None)
