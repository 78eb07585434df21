"""Verify a new client's email and set their password, in one step."""

from attrs import frozen

from portal_core.accounts.code_limits import count_code_attempt
from portal_core.accounts.errors import CodeRefused
from portal_core.accounts.identity_provider import MailedCodes, PasswordStrength
from portal_core.accounts.password_policy import check_new_password, forbidden_words
from portal_core.accounts.policy import CODES_BY_ADDRESS, credential_for
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.use_cases.withdraw_excluded_invitations import WithdrawExcludedInvitations
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.codes import compact_code
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.uow import Begin


@frozen
class VerifyEmailCommand:
    email: str
    code: str
    password: str


@frozen
class VerifyEmail:
    """Activates an unverified account whose mailed code is correct. It signs nobody in.

    Anyone may try, within the limits of `count_code_attempt`, for an email known or not; an unknown email and a wrong
    code get the same response. The password is checked against the email and the practice's name only, because a check
    against the person's name would reveal it.

    Raises:
        InvalidEmail: it is not an email address.
        InvalidPassword: the password does not meet the policy.
        RateLimited: too many attempts from this address or its network, or for this email.
        CodeRefused: the code is not valid, or the account does not wait for one; audited.
    """

    begin: Begin[SignInUnit]
    codes: MailedCodes
    strength: PasswordStrength
    limits: RateLimits

    async def __call__(self, actor: VisitorActor, command: VerifyEmailCommand) -> None:
        email = normalize_email(command.email)
        await CODES_BY_ADDRESS.take(self.limits, actor)
        async with self.begin(actor) as unit:
            rules = await unit.account_rules.get()
            found = await unit.accounts.find_by_email("portal", email)
        unverified = found if found is not None and found.status == "unverified" else None
        words = forbidden_words(email, rules.practice_name)
        password = await check_new_password(command.password, rules=rules, words=words, strength=self.strength)
        await count_code_attempt(self.limits, actor, email)
        credential = credential_for(unverified, actor.practice_id, "portal", email)
        redeemed = await self.codes.redeem(credential, "verify_email", compact_code(command.code), password)
        async with self.begin(actor) as unit:
            account = await unit.accounts.get(credential.account_id)
            if not redeemed or account is None:
                target = unverified.id if unverified is not None else None
                await unit.audit.record(AuditEntry("account.code_refused", target, outcome="failed"))
                await unit.commit(None)
                raise CodeRefused.at("code", "code_refused", "This code is incorrect or has expired.")
            await unit.accounts.save(account.activate(), AuditEntry("account.verified", account.id, account.client_id))
            await unit.outbox.defer(WithdrawExcludedInvitations, account_id=account.id)
            await unit.commit(None)
