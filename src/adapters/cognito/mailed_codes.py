"""Codes that Cognito creates, mails and checks."""

import re

from attrs import frozen

from adapters.cognito.pools import CognitoPools, CognitoRejection, encode_password
from adapters.cognito.users import call_unconditionally, ensure_verified_user, find_user, random_password, set_password
from portal_core.accounts.identity_provider import Credential, MailedCodePurpose, MailedCodes
from portal_core.kernel.errors import Unavailable

_CODE = re.compile(r"[0-9]{6}")


@frozen
class CognitoMailedCodes(MailedCodes):
    """`verify_email` is Cognito's sign-up, with a random password until the person sets theirs; `reset_password` is its
    forgotten-password flow. So Cognito itself keeps the codes of the two purposes apart.
    """

    pools: CognitoPools

    async def send(self, credential: Credential, purpose: MailedCodePurpose) -> None:
        try:
            if purpose == "reset_password":
                await ensure_verified_user(self.pools, credential)
                await self.pools.as_client("forgot_password", credential)
            else:
                await self._send_sign_up_code(credential)
        except CognitoRejection as rejection:
            raise Unavailable from rejection

    async def _send_sign_up_code(self, credential: Credential) -> None:
        found = await find_user(self.pools, credential)
        if found is not None and found.status == "UNCONFIRMED" and found.email == credential.email:
            await self.pools.as_client("resend_confirmation_code", credential)
            return
        if found is not None:
            # Either another address, whose code must stop working, or a user that a crash left confirmed before the
            # portal stored it. Nobody has signed in with it, so nothing is lost.
            await call_unconditionally(self.pools, "admin_delete_user", credential)
        await self.pools.as_client(
            "sign_up",
            credential,
            Password=random_password(),
            UserAttributes=[{"Name": "email", "Value": credential.email}],
        )

    async def redeem(self, credential: Credential, purpose: MailedCodePurpose, code: str, password: str) -> bool:
        """Cognito's limit on attempts is reported as a wrong code, because it would reveal that the account exists.

        A crash after the sign-up is confirmed and before the password is set leaves a user that nobody can sign in as;
        requesting another code starts over.
        """
        if not _CODE.fullmatch(code):
            return False
        try:
            if purpose == "verify_email":
                await self.pools.as_client("confirm_sign_up", credential, ConfirmationCode=code)
            else:
                await self.pools.as_client(
                    "confirm_forgot_password", credential, ConfirmationCode=code, Password=encode_password(password)
                )
        except CognitoRejection:
            return False
        if purpose == "verify_email":
            await set_password(self.pools, credential, password)
        return True
