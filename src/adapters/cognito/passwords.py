"""Passwords that Cognito keeps and checks."""

from attrs import frozen

from adapters.cognito.pools import CognitoPools, Declined
from adapters.cognito.users import make_proven, set_password
from portal_core.accounts.identity import (
    Accepted,
    Credential,
    PasswordAnswer,
    Passwords,
    Refused,
    SecondFactorNeeded,
)


@frozen
class CognitoPasswords(Passwords):
    """Tokens that a sign-in yields are dropped: the portal's sessions are its own."""

    pools: CognitoPools

    async def create(self, credential: Credential, password: str) -> None:
        await make_proven(self.pools, credential)
        await set_password(self.pools, credential, password)

    async def check(self, credential: Credential, password: str) -> PasswordAnswer:
        """Cognito's lockout, from the fifth failure on, refuses the right password too."""
        try:
            answer = await self.pools.sign_in(credential, password)
        except Declined:
            return Refused()
        if "AuthenticationResult" in answer:
            return Accepted()
        if answer["ChallengeName"] == "SOFTWARE_TOKEN_MFA":
            return SecondFactorNeeded(answer["Session"])
        # A temporary password, which a crash left between creating a user and setting theirs.
        return Refused()

    async def set(self, credential: Credential, password: str) -> None:
        await self.create(credential, password)
