"""Codes that Cognito makes, mails and checks."""

from attrs import frozen

from adapters.cognito.pools import CognitoPools, Declined, spelled
from adapters.cognito.users import find_user, make_proven, permitted, set_password, unknown_password
from portal_core.accounts.identity import Credential, MailedCodePurpose, MailedCodes
from portal_core.kernel.errors import Unavailable


@frozen
class CognitoMailedCodes(MailedCodes):
    """`verify_email` is Cognito's sign-up, with a random password until the person sets theirs; `reset_password` is its
    forgotten password. A sign-up that a crash left confirmed, and not yet known to us as such, goes on as a forgotten
    password: nobody knows the one it has.
    """

    pools: CognitoPools

    async def send(self, credential: Credential, purpose: MailedCodePurpose) -> None:
        try:
            if purpose == "reset_password":
                await make_proven(self.pools, credential)
                await self.pools.as_client("forgot_password", credential)
            else:
                await self._send_sign_up_code(credential)
        except Declined as no:
            raise Unavailable from no

    async def _send_sign_up_code(self, credential: Credential) -> None:
        found = await find_user(self.pools, credential)
        same = found is not None and found.email == credential.email
        if found is not None and same and found.status == "UNCONFIRMED":
            await self.pools.as_client("resend_confirmation_code", credential)
            return
        if found is not None and same and found.status == "CONFIRMED" and found.email_verified:
            await self.pools.as_client("forgot_password", credential)
            return
        if found is not None:
            # Another address, or half made: it proves nothing, and a code to the old address must not live on.
            await permitted(self.pools, "admin_delete_user", credential)
        await self.pools.as_client(
            "sign_up",
            credential,
            Password=unknown_password(),
            UserAttributes=[{"Name": "email", "Value": credential.email}],
        )

    async def redeem(self, credential: Credential, purpose: MailedCodePurpose, code: str, password: str) -> bool:
        """Cognito's own limit on tries looks like a wrong code, or it would tell that the account exists."""
        if purpose == "verify_email":
            try:
                await self.pools.as_client("confirm_sign_up", credential, ConfirmationCode=code)
            except Declined as no:
                if no.code != "NotAuthorizedException":
                    return False
                # Not waiting for a sign-up code: confirmed before, so it was a forgotten password's.
            else:
                await set_password(self.pools, credential, password)
                return True
        try:
            await self.pools.as_client(
                "confirm_forgot_password", credential, ConfirmationCode=code, Password=spelled(password)
            )
        except Declined:
            return False
        return True
