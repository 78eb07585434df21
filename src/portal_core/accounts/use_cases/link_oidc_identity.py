"""Link the EHR's identity of a signed-in staff member to their account."""

from attrs import frozen

from portal_core.accounts.errors import IdentityLinked, StaffTokenRefused
from portal_core.accounts.identity_provider import StaffTokens
from portal_core.accounts.model import ExternalIdentity
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.reauthentication import Reauthentication, current_account
from portal_core.accounts.staff_token_use import use_staff_token
from portal_core.kernel.actor import Actor, StaffActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.errors import FieldError, Forbidden
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.notices import IDENTITY_LINKED
from portal_core.kernel.uow import Begin


@frozen
class LinkOidcIdentityCommand:
    """`token` is an ID token of the EHR; `code` is required for accounts with a second factor."""

    token: str
    password: str
    code: str = ""


@frozen
class LinkOidcIdentity:
    """Links the subject of a token to the actor's account, in place of an earlier one, and notifies the account.

    Only the holder of the account can do it, with all factors: an email that the issuer names is no proof, because
    those who manage the issuer can give a colleague's to anybody.

    Raises:
        Unauthenticated: nobody is signed in.
        Forbidden: clients and proxies do not sign in by an issuer.
        RateLimited: too many attempts.
        WrongPassword, CodeRefused: one of them is wrong; audited.
        StaffTokenRefused: the token is not valid, or was used before.
        IdentityLinked: another account has this identity.
    """

    begin: Begin[SignInUnit]
    limits: RateLimits
    reauthentication: Reauthentication
    staff_tokens: StaffTokens

    async def __call__(self, actor: Actor, command: LinkOidcIdentityCommand) -> None:
        async with self.begin(actor):
            holder = _require_staff(actor)
        # Looked at before the factors are asked for, since a code works once; used only after them.
        if await self.staff_tokens.verify(holder.practice_id, command.token) is None:
            raise _refused()
        await self.reauthentication.by_all_factors(actor, command.password, command.code)
        identity = await use_staff_token(self.staff_tokens, self.limits, holder.practice_id, command.token)
        if identity is None:
            raise _refused()
        external = ExternalIdentity(identity.issuer, identity.subject)
        async with self.begin(actor) as unit:
            account = await current_account(unit, holder)
            known = await unit.accounts.find_by_external(external)
            if known is not None and known.id != account.id:
                raise IdentityLinked
            if known is None:
                await unit.accounts.save(account.link(external), AuditEntry("account.linked", account.id))
                await unit.outbox.notify(IDENTITY_LINKED.to_account(account.id, subject_id=account.id))
            await unit.commit(None)


def _require_staff(actor: Actor) -> StaffActor:
    holder = require_account_holder(actor)
    if not isinstance(holder, StaffActor):
        raise Forbidden("Only staff sign in with the practice's identity provider.")
    return holder


def _refused() -> StaffTokenRefused:
    return StaffTokenRefused(FieldError("token", "token_refused", "This token is not valid or was used before."))
