"""Second step of setting up a second factor: confirm with a code of the authenticator app."""

from attrs import frozen

from portal_core.accounts.errors import CodeRefused, SecondFactorEnrolled
from portal_core.accounts.identity_provider import Credential, SecondFactors
from portal_core.accounts.policy import CODE_BY_ACCOUNT
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.reauthentication import current_account
from portal_core.accounts.tokens import generate_recovery_codes, hash_recovery_code
from portal_core.accounts.views import RecoveryCodesView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.codes import compact_code
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.notices import SECOND_FACTOR_ENROLLED
from portal_core.kernel.sources import Clock, TokenSource
from portal_core.kernel.uow import Begin


@frozen
class ConfirmSecondFactorCommand:
    code: str


@frozen
class ConfirmSecondFactor:
    """Enrolls the factor, returns ten recovery codes, ends the account's other sessions, and notifies the account.

    The current session counts as multi-factor from now on.

    Raises:
        Unauthenticated: nobody is signed in.
        SecondFactorEnrolled: the account already has one.
        EnrollmentNotOpen: no enrollment was started, or it was started more than 10 minutes ago.
        RateLimited: too many attempts.
        CodeRefused: the code is wrong.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    tokens: TokenSource
    second_factors: SecondFactors
    limits: RateLimits

    async def __call__(self, actor: Actor, command: ConfirmSecondFactorCommand) -> RecoveryCodesView:
        now = self.clock.now()
        async with self.begin(actor) as unit:
            holder = require_account_holder(actor)
            account = await current_account(unit, holder)
            if account.second_factor != "none":
                raise SecondFactorEnrolled
            handle = (await unit.second_factors.lock(account.id)).handle(now)
        await self.limits.take(account.practice_id, CODE_BY_ACCOUNT, str(account.id))
        if not await self.second_factors.confirm(Credential.of(account), handle, compact_code(command.code)):
            raise CodeRefused.at("code", "code_refused", "This code is incorrect.")
        codes = generate_recovery_codes(self.tokens)
        hashes = tuple(map(hash_recovery_code, codes))
        async with self.begin(actor) as unit:
            account = await current_account(unit, holder)
            entry = AuditEntry("second_factor.enrolled", account.id, account.client_id)
            await unit.accounts.save(account.with_second_factor("totp"), entry)
            second_factor = await unit.second_factors.lock(account.id)
            codes_entry = AuditEntry(
                "recovery_codes.generated", account.id, account.client_id, facts={"count": str(len(codes))}
            )
            await unit.second_factors.save(second_factor.with_recovery_codes(hashes), codes_entry)
            sessions_entry = AuditEntry("sessions.ended", account.id, account.client_id, facts={"by": "second_factor"})
            await unit.sessions.end_all(account.id, now, sessions_entry, keep=holder.session_id)
            if holder.session_id is not None:
                session = await unit.sessions.get(account.id, holder.session_id)
                if session is not None:
                    await unit.sessions.save(
                        session.with_multi_factor(True), AuditEntry("session.second_factor_added", session.id)
                    )
            notice = SECOND_FACTOR_ENROLLED.to_account(account.id, subject_id=account.id)
            await unit.outbox.notify(notice)
            await unit.commit(None)
        return RecoveryCodesView(codes)
