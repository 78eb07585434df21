"""An ID token of the EHR's issuer is used once, to sign in or to link an account."""

from datetime import timedelta
from uuid import UUID

from portal_core.accounts.identity_provider import MAX_STAFF_TOKEN_AGE, StaffIdentity, StaffTokens
from portal_core.kernel.errors import RateLimited
from portal_core.kernel.limits import Limit, RateLimits

_ONCE = Limit("oidc_token", 1, MAX_STAFF_TOKEN_AGE + timedelta(minutes=5))
"""A use is remembered for longer than the token is accepted."""


async def use_staff_token(
    staff_tokens: StaffTokens, limits: RateLimits, practice_id: UUID, token: str
) -> StaffIdentity | None:
    """The identity in the token; None when it is not valid or was used. Of two uses at the same time, one succeeds."""
    identity = await staff_tokens.verify(practice_id, token)
    if identity is None:
        return None
    try:
        await limits.take(practice_id, _ONCE, token)
    except RateLimited:
        return None
    return identity
