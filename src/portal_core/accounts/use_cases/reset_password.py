"""Reset a forgotten password with a mailed code."""

from attrs import frozen

from portal_core.accounts.code_limits import count_code_attempt
from portal_core.accounts.errors import CodeRefused
from portal_core.accounts.identity_provider import MailedCodes, PasswordStrength
from portal_core.accounts.model import EmailRequest, Side
from portal_core.accounts.password_policy import check_new_password, forbidden_words
from portal_core.accounts.password_reset import complete_password_reset
from portal_core.accounts.policy import CODES_BY_ADDRESS, credential_for
from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.codes import compact_code
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen
class ResetPasswordCommand:
    email: str
    code: str
    password: str
    side: Side = "portal"


@frozen
class ResetPassword:
    """Sets a new password with a mailed code, ends every session, lifts a lock, and notifies the account.

    The calendar feed ends too: someone who knew the password may have made it.

    Anyone may try, within the limits of `count_code_attempt`, for an email known or not; an unknown email and a wrong
    code get the same response. A second factor stays, and it signs nobody in. A marker is stored before the provider
    is called: after a crash `FinishPasswordResets` completes the reset.

    Raises:
        InvalidEmail: it is not an email address.
        InvalidPassword: the password does not meet the policy (email and practice as context, as in `VerifyEmail`).
        RateLimited: too many attempts from this address or its network, or for this email.
        CodeRefused: the code is not valid; audited.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    ids: IdSource
    codes: MailedCodes
    strength: PasswordStrength
    limits: RateLimits

    async def __call__(self, actor: VisitorActor, command: ResetPasswordCommand) -> None:
        side, email = command.side, normalize_email(command.email)
        await CODES_BY_ADDRESS.take(self.limits, actor)
        async with self.begin(actor) as unit:
            rules = await unit.account_rules.get()
            found = await unit.accounts.find_by_email(side, email)
        active = found if found is not None and found.status == "active" else None
        words = forbidden_words(email, rules.practice_name)
        password = await check_new_password(command.password, rules=rules, words=words, strength=self.strength)
        await count_code_attempt(self.limits, actor, email)
        credential = credential_for(active, actor.practice_id, side, email)
        started = EmailRequest(
            self.ids.new(), actor.practice_id, side, "password_reset_started", email, self.clock.now()
        )
        async with self.begin(actor) as unit:
            await unit.email_requests.add(
                started, AuditEntry("account.password_reset_started", started.id, facts={"side": side})
            )
            await unit.commit(None)
        redeemed = await self.codes.redeem(credential, "reset_password", compact_code(command.code), password)
        async with self.begin(actor) as unit:
            await unit.email_requests.take(started.id)
            account = await unit.accounts.get(credential.account_id)
            if not redeemed or account is None:
                target = active.id if active is not None else None
                await unit.audit.record(AuditEntry("account.code_refused", target, outcome="failed"))
                await unit.commit(None)
                raise CodeRefused.at("code", "code_refused", "This code is incorrect or has expired.")
            await complete_password_reset(unit, account, self.clock.now())
            await unit.commit(None)
