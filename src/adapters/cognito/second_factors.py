"""TOTP that Cognito stores and checks."""

import re

from attrs import frozen

from adapters.cognito.pools import CognitoPools, CognitoRejection
from adapters.cognito.users import call_if_user_exists, call_unconditionally
from portal_core.accounts.identity_provider import Credential, SecondFactors, TotpEnrollment
from portal_core.kernel.errors import Unavailable

_CHALLENGE = "SOFTWARE_TOKEN_MFA"
_CODE = re.compile(r"[0-9]{6}")


@frozen
class CognitoSecondFactors(SecondFactors):
    """An enrollment's handle is the user's access token, valid for an hour; a check's state is Cognito's session."""

    pools: CognitoPools

    async def start_enrollment(self, credential: Credential, password: str) -> TotpEnrollment | None:
        """Raises:
        Unavailable: the pool does not respond, or has TOTP turned off.
        """
        try:
            answer = await self.pools.sign_in(credential, password)
            if answer.get("ChallengeName") == _CHALLENGE:
                # The password is correct and the core has no second factor: a crash kept the core from storing it.
                await self.remove(credential)
                answer = await self.pools.sign_in(credential, password)
        except CognitoRejection:
            return None
        if "AuthenticationResult" not in answer:
            return None
        token = answer["AuthenticationResult"]["AccessToken"]
        try:
            association = await self.pools.with_token("associate_software_token", token)
        except CognitoRejection as rejection:
            raise Unavailable from rejection
        return TotpEnrollment(association["SecretCode"], token)

    async def confirm(self, credential: Credential, handle: str, code: str) -> bool:
        if not _CODE.fullmatch(code):
            return False
        try:
            await self.pools.with_token("verify_software_token", handle, UserCode=code)
        except CognitoRejection:
            return False
        on = {"Enabled": True, "PreferredMfa": True}
        await call_unconditionally(self.pools, "admin_set_user_mfa_preference", credential, SoftwareTokenMfaSettings=on)
        return True

    async def check(self, credential: Credential, state: str, code: str) -> bool:
        if not _CODE.fullmatch(code):
            return False
        try:
            answer = await self.pools.answer(credential, _CHALLENGE, state, SOFTWARE_TOKEN_MFA_CODE=code)
        except CognitoRejection:
            return False
        return "AuthenticationResult" in answer

    async def remove(self, credential: Credential) -> None:
        off = {"Enabled": False, "PreferredMfa": False}
        await call_if_user_exists(self.pools, "admin_set_user_mfa_preference", credential, SoftwareTokenMfaSettings=off)
