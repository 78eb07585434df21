"""Passwords that Cognito keeps and checks."""

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
"""Cognito's clock may be so much behind ours."""


@frozen
class CognitoPasswords(Passwords):
    """Tokens that a sign-in yields are dropped: the portal's sessions are its own."""

    pools: CognitoPools

    async def create(self, credential: Credential, password: str) -> None:
        await ensure_verified_user(self.pools, credential)
        await set_password(self.pools, credential, password)

    async def check(self, credential: Credential, password: str) -> PasswordCheckResult:
        """Cognito's lockout, from the fifth failure on, refuses the right password too."""
        try:
            answer = await self.pools.sign_in(credential, password)
        except CognitoRejection:
            return Refused()
        if "AuthenticationResult" in answer:
            return Accepted()
        if answer["ChallengeName"] == "SOFTWARE_TOKEN_MFA":
            return SecondFactorNeeded(answer["Session"])
        # A temporary password, which a crash left between creating a user and setting theirs.
        return Refused()

    async def set(self, credential: Credential, password: str) -> None:
        await self.create(credential, password)

    async def was_set_since(self, credential: Credential, at: datetime) -> bool:
        """Cognito says only when anything about the user was last modified."""
        found = await find_user(self.pools, credential)
        return found is not None and found.modified_at >= at - MAX_CLOCK_SKEW
