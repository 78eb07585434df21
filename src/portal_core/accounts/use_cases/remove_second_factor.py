"""Remove one's own second factor."""

from attrs import frozen

from portal_core.accounts.errors import NoSecondFactor
from portal_core.accounts.identity_provider import Credential, SecondFactors
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.reauthentication import Reauthentication, current_account
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.notices import SECOND_FACTOR_REMOVED
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class RemoveSecondFactorCommand:
    """`code` is a six-digit code of the app, or a recovery code."""

    password: str
    code: str


@frozen
class RemoveSecondFactor:
    """Removes the second factor and its recovery codes, ends the other sessions, and notifies the account.

    Where a factor is required, the current session may then only be used to enroll a new one. The provider removes it
    first: after a crash the account still requires a recovery code, never less than it should.

    Raises:
        Unauthenticated: nobody is signed in.
        NoSecondFactor: none is enrolled.
        RateLimited: too many attempts.
        WrongPassword, CodeRefused: one of them is wrong; audited.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    second_factors: SecondFactors
    reauthentication: Reauthentication

    async def __call__(self, actor: Actor, command: RemoveSecondFactorCommand) -> None:
        async with self.begin(actor) as unit:
            holder = require_account_holder(actor)
            account = await current_account(unit, holder)
        if account.second_factor == "none":
            raise NoSecondFactor
        account = await self.reauthentication.by_all_factors(actor, command.password, command.code)
        await self.second_factors.remove(Credential.of(account))
        async with self.begin(actor) as unit:
            account = await current_account(unit, holder)
            entry = AuditEntry("second_factor.removed", account.id, account.client_id)
            await unit.accounts.save(account.with_second_factor("none"), entry)
            codes_entry = AuditEntry("recovery_codes.removed", account.id, account.client_id)
            await unit.second_factors.remove(account.id, codes_entry)
            sessions_entry = AuditEntry("sessions.ended", account.id, account.client_id, facts={"by": "second_factor"})
            await unit.sessions.end_all(account.id, self.clock.now(), sessions_entry, keep=holder.session_id)
            if holder.session_id is not None:
                session = await unit.sessions.get(account.id, holder.session_id)
                if session is not None:
                    await unit.sessions.save(
                        session.with_multi_factor(False), AuditEntry("session.second_factor_removed", session.id)
                    )
            notice = SECOND_FACTOR_REMOVED.to_account(account.id, subject_id=account.id)
            await unit.outbox.notify(notice)
            await unit.commit(None)
