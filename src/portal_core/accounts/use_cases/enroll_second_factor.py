"""First step of setting up a second factor: create the secret for the authenticator app."""

from urllib.parse import quote, urlencode

from attrs import frozen

from portal_core.accounts.errors import SecondFactorEnrolled, WrongPassword
from portal_core.accounts.identity_provider import Credential, SecondFactors
from portal_core.accounts.model import ENROLLMENT_LIFETIME
from portal_core.accounts.password_policy import normalize_password
from portal_core.accounts.policy import CONFIRM_BY_ACCOUNT
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.reauthentication import current_account
from portal_core.accounts.views import TotpEnrollmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


def otpauth_uri(issuer: str, email: str, secret: str) -> str:
    """The content of the QR code (Key URI Format of Google Authenticator, which other apps read as well)."""
    label = quote(f"{issuer}:{email}", safe="")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"


@frozen
class EnrollSecondFactorCommand:
    password: str


@frozen
class EnrollSecondFactor:
    """Starts an enrollment, not required at sign-in until `ConfirmSecondFactor`. Repeating replaces the secret.

    Raises:
        Unauthenticated: nobody is signed in.
        SecondFactorEnrolled: the account has one, which must be removed first.
        RateLimited: too many attempts at the password.
        WrongPassword: it is wrong; audited.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    second_factors: SecondFactors
    limits: RateLimits

    async def __call__(self, actor: Actor, command: EnrollSecondFactorCommand) -> TotpEnrollmentView:
        now = self.clock.now()
        async with self.begin(actor) as unit:
            account = await current_account(unit, require_account_holder(actor))
            if account.second_factor != "none":
                raise SecondFactorEnrolled
            rules = await unit.account_rules.get()
        await self.limits.take(account.practice_id, CONFIRM_BY_ACCOUNT, str(account.id))
        password = normalize_password(command.password)
        enrollment = await self.second_factors.start_enrollment(Credential.of(account), password)
        async with self.begin(actor) as unit:
            if enrollment is None:
                facts = {"reason": "password"}
                await unit.audit.record(
                    AuditEntry(
                        "account.reauthentication_refused", account.id, account.client_id, outcome="failed", facts=facts
                    )
                )
                await unit.commit(None)
                raise WrongPassword.at("password", "wrong_password", "This password is incorrect.")
            second_factor = (await unit.second_factors.lock(account.id)).start_enrollment(enrollment.handle, now)
            entry = AuditEntry("second_factor.enrollment_started", account.id, account.client_id)
            await unit.second_factors.save(second_factor, entry)
            await unit.commit(None)
        issuer = rules.practice_name or "Client portal"
        uri = otpauth_uri(issuer, account.email, enrollment.secret)
        return TotpEnrollmentView(secret=enrollment.secret, uri=uri, expires_at=now + ENROLLMENT_LIFETIME)
