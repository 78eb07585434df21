"""Passwords that Cognito stores and checks."""

from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from adapters.cognito.pools import CognitoPools, CognitoRejection
from adapters.cognito.users import ensure_verified_user, find_user, set_password
from portal_core.accounts.identity_provider import (
    Accepted,
    Credential,
    PasswordCheckResult,
    Passwords,
    Refused,
    SecondFactorNeeded,
)

MAX_CLOCK_SKEW: Final = timedelta(minutes=1)
"""Cognito's clock may be behind the portal's by up to this much."""


@frozen
class CognitoPasswords(Passwords):
    """Discards the tokens that a sign-in returns: the portal has its own sessions."""

    pools: CognitoPools

    async def create(self, credential: Credential, password: str) -> None:
        await ensure_verified_user(self.pools, credential)
        await set_password(self.pools, credential, password)

    async def check(self, credential: Credential, password: str) -> PasswordCheckResult:
        """Cognito's lockout, from the fifth failure on, refuses the correct password too."""
        try:
            answer = await self.pools.sign_in(credential, password)
        except CognitoRejection:
            return Refused()
        if "AuthenticationResult" in answer:
            return Accepted()
        if answer["ChallengeName"] == "SOFTWARE_TOKEN_MFA":
            return SecondFactorNeeded(answer["Session"])
        # A temporary password: a crash happened between creating the user and setting their own password.
        return Refused()

    async def set(self, credential: Credential, password: str) -> None:
        await self.create(credential, password)

    async def was_set_since(self, credential: Credential, at: datetime) -> bool:
        """Cognito only states when any attribute of the user was last modified, so this may be a false yes."""
        found = await find_user(self.pools, credential)
        return found is not None and found.modified_at >= at - MAX_CLOCK_SKEW
