"""Rules about the caller of a request, as pure functions, and limits on attempts."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

from attrs import evolve, frozen

from portal_core.access.minors import areas_on
from portal_core.access.model import in_force_on
from portal_core.accounts.identity_provider import Credential, StaffIdentity
from portal_core.accounts.model import Account, Session, Side
from portal_core.accounts.ports import SessionContext
from portal_core.accounts.settings import AccountRules
from portal_core.accounts.tokens import hash_token
from portal_core.kernel.actor import AccountHolder, ClientActor, Origin, ProxyActor, StaffActor, VisitorActor
from portal_core.kernel.errors import NotFound, Unauthenticated
from portal_core.kernel.limits import Limit, RateLimits

NETWORK_FACTOR = 4
"""So many times the limit of an address applies to the /48 network of an IPv6 address: what one site has (RFC 6177)."""


@frozen
class AddressLimit:
    """A limit on what comes from one address, whatever email it is about, and on its network.

    It is far above what one person needs, because a family, a waiting room or an office has one address.
    """

    limit: Limit

    async def take(self, limits: RateLimits, actor: VisitorActor, prefix: str = "") -> None:
        """Count one attempt. `prefix` separates counts, such as those of the two sides.

        Raises:
            RateLimited: too many attempts from the address or its network.
        """
        for limit, key in self._counts(actor, prefix):
            await limits.take(actor.practice_id, limit, key)

    async def release(self, limits: RateLimits, actor: VisitorActor, prefix: str = "") -> None:
        """Take back one attempt, which succeeded."""
        for limit, key in self._counts(actor, prefix):
            await limits.release(actor.practice_id, limit, key)

    def _counts(self, actor: VisitorActor, prefix: str) -> Iterator[tuple[Limit, str]]:
        yield self.limit, f"{prefix} {address_key(actor.origin.address)}"
        network = site_key(actor.origin.address)
        if network is not None:
            wider = evolve(
                self.limit, name=f"{self.limit.name}_network", max_attempts=NETWORK_FACTOR * self.limit.max_attempts
            )
            yield wider, f"{prefix} {network}"


_HOUR = timedelta(hours=1)
_QUARTER = timedelta(minutes=15)

REGISTER_BY_EMAIL = Limit("register_email", 3, _HOUR)
RESEND_BY_EMAIL = Limit("resend_email", 3, _HOUR)
FORGOT_BY_EMAIL = Limit("forgot_email", 3, _HOUR)
SIGN_IN_BY_ADDRESS = AddressLimit(Limit("sign_in_address", 50, _QUARTER))
REGISTER_BY_ADDRESS = AddressLimit(Limit("register_address", 20, _HOUR))
RESEND_BY_ADDRESS = AddressLimit(Limit("resend_address", 20, _HOUR))
FORGOT_BY_ADDRESS = AddressLimit(Limit("forgot_address", 20, _HOUR))
REFRESH_BY_ADDRESS = AddressLimit(Limit("refresh_address", 100, _QUARTER))
CODES_BY_ADDRESS = AddressLimit(Limit("codes_address", 60, _HOUR))
CONFIRM_BY_ACCOUNT = Limit("confirm_password", 5, _QUARTER)
CODE_BY_ACCOUNT = Limit("confirm_code", 5, _QUARTER)


def address_key(address: str) -> str:
    """The key by which attempts from outside are counted: the IPv4 address, or the /64 prefix of an IPv6 address.

    A /64 is what one household or host has (RFC 6177), and anybody in it can use any number of its addresses.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
    return str(parsed)


def site_key(address: str) -> str | None:
    """The /48 network of an IPv6 address, None for any other."""
    key = address_key(address)
    return str(ip_network(key).supernet(new_prefix=48)) if ":" in key else None


_POSSESSION_METHODS = frozenset({"otp", "hwk", "swk", "sc"})
_KNOWLEDGE_OR_INHERENCE_METHODS = frozenset({"pwd", "pin", "fpt", "face", "iris", "retina"})
_MULTI_FACTOR_CONTEXTS = frozenset(
    {"https://refeds.org/profile/mfa", "http://schemas.openid.net/pape/policies/2007/06/multi-factor"}
)


def guard_key(side: Side, email: str) -> bytes:
    """The key under which attempts with a normalized email are counted."""
    return hash_token(f"{side} {email}")


def credential_for(account: Account | None, practice_id: UUID, side: Side, email: str) -> Credential:
    """The account's credential, or one that no provider knows, so that an unknown email costs the same call."""
    return Credential.of(account) if account is not None else Credential(practice_id, side, UUID(int=0), email)


def must_enroll(account: Account, session: Session, rules: AccountRules) -> bool:
    """Whether the session may only be used to set up a second factor."""
    required = account.kind == "staff" or rules.client_second_factor_required
    return required and not session.multi_factor


def is_multi_factor(identity: StaffIdentity) -> bool:
    """Whether the issuer states that two factors were used.

    `amr` (RFC 8176) has `mfa`, or a key, card or one-time password together with something known or inherent; or
    `acr` is one of the published names for it (REFEDS MFA, OpenID PAPE). A text message does not count here.
    """
    methods = identity.methods
    both = bool(methods & _POSSESSION_METHODS) and bool(methods & _KNOWLEDGE_OR_INHERENCE_METHODS)
    return "mfa" in methods or both or identity.context in _MULTI_FACTOR_CONTEXTS


def account_actor(context: SessionContext, now: datetime, origin: Origin) -> AccountHolder:
    """The actor for the session's holder, before another record is selected.

    Raises:
        Unauthenticated: the session has ended, its token expired, the account is not active or not usable yet, or the
            person left staff.
    """
    account, session = context.account, context.session
    if not session.access_token_valid(now) or account.status != "active":
        raise Unauthenticated
    if not account.is_usable(context.rules.today(now)):
        raise Unauthenticated
    match account.kind:
        case "client" if account.client_id is not None:
            return ClientActor(account.practice_id, account.id, account.client_id, session.id, origin)
        case "proxy":
            return ProxyActor(account.practice_id, account.id, session_id=session.id, origin=origin)
        case "staff" if context.staff is not None:
            staff = context.staff
            own_clients_only = context.rules.clinicians_see == "own_clients"
            return StaffActor(
                account.practice_id, account.id, staff.roles, staff.clinician_id, session.id, origin, own_clients_only
            )
        case _:
            raise Unauthenticated


def record_actor(context: SessionContext, holder: AccountHolder, record: UUID, now: datetime) -> AccountHolder:
    """The actor for the record that the request names: the holder on their own record, or a proxy within a grant.

    The grant must be in force today, by the practice's local date. Raises:
        NotFound: no such record for this account.
    """
    if isinstance(holder, ClientActor) and holder.client_id == record:
        return holder
    grant = context.grant
    if isinstance(holder, StaffActor) or grant is None or grant.client_id != record:
        raise NotFound("record", record)
    today = context.rules.today(now)
    if not in_force_on(grant.starts_on, grant.until, today):
        raise NotFound("record", record)
    return ProxyActor(
        practice_id=holder.practice_id,
        account_id=holder.account_id,
        client_id=record,
        areas=areas_on(grant.areas, grant.restricted_from, today),
        may_write=grant.may_write,
        grant_id=grant.id,
        until=grant.until,
        session_id=holder.session_id,
        origin=holder.origin,
    )
