"""Sign in staff with an ID token of the EHR's identity provider."""

from attrs import frozen

from portal_core.accounts.eligibility import sign_in_refusal
from portal_core.accounts.errors import LinkNeeded, SignInRefused, SingleFactorSignIn
from portal_core.accounts.identity_provider import StaffIdentity, StaffTokens
from portal_core.accounts.model import Account, ExternalIdentity, SessionKind
from portal_core.accounts.policy import SIGN_IN_BY_ADDRESS, is_multi_factor
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.session_factory import SessionFactory
from portal_core.accounts.staff_token_use import use_staff_token
from portal_core.accounts.use_cases.withdraw_excluded_invitations import WithdrawExcludedInvitations
from portal_core.accounts.views import SessionTokens
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.contact import InvalidEmail, normalize_email
from portal_core.kernel.errors import PortalError
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen
class SignInWithOidcCommand:
    """`replaced` is the access token that the browser had, whose session ends."""

    token: str
    kind: SessionKind
    replaced: str = ""


@frozen
class SignInWithOidc:
    """Opens a session for a staff member whom a configured issuer has authenticated with a second factor.

    The subject identifies the account. An active staff member without an account gets one, by an email that the issuer
    has verified; the holder of an account links it by `LinkOidcIdentity`.

    Raises:
        RateLimited: too many attempts from this address.
        SignInRefused: the token is not valid, was used before, or identifies no active staff member; audited.
        LinkNeeded: the email is that of an account which its holder has not linked; audited.
        SingleFactorSignIn: the issuer does not state that a second factor was used; audited.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource
    limits: RateLimits
    staff_tokens: StaffTokens

    async def __call__(self, actor: VisitorActor, command: SignInWithOidcCommand) -> SessionTokens:
        await SIGN_IN_BY_ADDRESS.take(self.limits, actor, "practice")
        identity = await use_staff_token(self.staff_tokens, self.limits, actor.practice_id, command.token)
        async with self.begin(actor) as unit:
            if identity is None:
                raise await self._refused(unit, None, "token", SignInRefused())
            if not is_multi_factor(identity):
                raise await self._refused(unit, None, "second_factor", SingleFactorSignIn())
            account = await self._account(unit, actor, identity)
            reason = await sign_in_refusal(unit, account, self.clock.now())
            if account is None or reason:
                raise await self._refused(unit, account, reason, SignInRefused())
            session_factory = SessionFactory(self.clock, self.ids, self.tokens)
            opened = await session_factory.open(
                unit, account, kind=command.kind, multi_factor=True, origin=actor.origin, replaced=command.replaced
            )
            await unit.commit(None)
        await SIGN_IN_BY_ADDRESS.release(self.limits, actor, "practice")
        return opened

    async def _account(self, unit: SignInUnit, actor: VisitorActor, identity: StaffIdentity) -> Account | None:
        external = ExternalIdentity(identity.issuer, identity.subject)
        bound = await unit.accounts.find_by_external(external)
        if bound is not None:
            return bound
        email = _verified_email(identity)
        if email is None:
            return None
        account = await unit.accounts.find_by_email("practice", email)
        if account is not None:
            if account.external is not None or await sign_in_refusal(unit, account, self.clock.now()):
                return None
            raise await self._refused(unit, account, "not_linked", LinkNeeded())
        staff_id = await unit.people.find_unregistered_staff(email)
        if staff_id is None:
            return None
        account = Account(
            id=self.ids.new(),
            practice_id=actor.practice_id,
            email=email,
            kind="staff",
            created_at=self.clock.now(),
            staff_id=staff_id,
            status="active",
            external=external,
        )
        await unit.accounts.add(account, AuditEntry("account.registered", account.id))
        await unit.outbox.defer(WithdrawExcludedInvitations, account_id=account.id)
        return account

    async def _refused(self, unit: SignInUnit, account: Account | None, reason: str, error: PortalError) -> PortalError:
        target = account.id if account is not None else None
        facts = {"side": "practice", "reason": reason}
        await unit.audit.record(AuditEntry("sign_in.refused", target, outcome="failed", facts=facts))
        await unit.commit(None)
        return error


def _verified_email(identity: StaffIdentity) -> str | None:
    """The email that the issuer has verified; None if it has not, or if it is not an email address."""
    try:
        return normalize_email(identity.email) if identity.email_verified else None
    except InvalidEmail:
        return None
