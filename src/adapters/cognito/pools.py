"""Calls to Amazon Cognito: the pool, the secret hash, and how its errors map to the portal's."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, Literal

from attrs import define, field, frozen
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from adapters.aws import AwsAccount
from portal_core.accounts.identity_provider import Credential
from portal_core.accounts.model import Side
from portal_core.kernel.errors import Unavailable

RetryMode = Literal["once", "again"]
"""Whether a call whose response was lost may be retried automatically: never if it mails or uses up a code."""

# Errors about the person or the code. Every other error is for the operator to fix.
_DECISIONS = frozenset(
    {
        "CodeMismatchException",
        "EnableSoftwareTokenMFAException",
        "ExpiredCodeException",
        "InvalidParameterException",
        "LimitExceededException",
        "NotAuthorizedException",
        "PasswordResetRequiredException",
        "SoftwareTokenMFANotFoundException",
        "TooManyFailedAttemptsException",
        "UserNotConfirmedException",
        "UserNotFoundException",
        "UsernameExistsException",
    }
)
# NotAuthorizedException is also used for a wrong app client secret, which must not look like a wrong password.
_CLIENT_SECRET = re.compile(r"secret[ _]?hash|configured (with|for) secret", re.IGNORECASE)


class CognitoRejection(Exception):
    """Cognito refused the user or the code; `code` is the name of its error."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@frozen
class CognitoPool:
    """A user pool and its confidential app client; `pool_check.py` lists the required configuration."""

    pool_id: str
    client_id: str
    client_secret: str = field(repr=False)

    def secret_hash(self, username: str) -> str:
        """Base64(HMAC-SHA256(client secret, user name + client id)): "Computing secret hash values" in its guide."""
        digest = hmac.digest(self.client_secret.encode(), (username + self.client_id).encode(), hashlib.sha256)
        return base64.b64encode(digest).decode()


@define
class CognitoPools:
    """One pool per side of the portal; the user name is the account's id.

    All methods raise `CognitoRejection` for a refusal of the user or the code, and `Unavailable` for everything else.
    """

    account: AwsAccount
    pools: Mapping[Side, CognitoPool]
    _clients: dict[RetryMode, Any] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._clients = {
            "once": self.account.client("cognito-idp", attempts=1),
            "again": self.account.client("cognito-idp"),
        }

    async def as_administrator(self, operation: str, credential: Credential, **arguments: Any) -> dict[str, Any]:
        """An `admin_…` operation on the user, which may be retried."""
        pool = self.pools[credential.side]
        return await self._call(
            "again", operation, UserPoolId=pool.pool_id, Username=str(credential.account_id), **arguments
        )

    async def as_client(self, operation: str, credential: Credential, **arguments: Any) -> dict[str, Any]:
        """An operation of the app client that mails or uses up a code: sent once."""
        pool, username = self.pools[credential.side], str(credential.account_id)
        return await self._call(
            "once",
            operation,
            ClientId=pool.client_id,
            Username=username,
            SecretHash=pool.secret_hash(username),
            **arguments,
        )

    async def with_token(self, operation: str, token: str, **arguments: Any) -> dict[str, Any]:
        """An operation authorized by the user's access token: sent once."""
        return await self._call("once", operation, AccessToken=token, **arguments)

    async def sign_in(self, credential: Credential, password: str) -> dict[str, Any]:
        """AdminInitiateAuth: either `AuthenticationResult`, or `ChallengeName` and `Session`."""
        pool, username = self.pools[credential.side], str(credential.account_id)
        return await self._call(
            "again",
            "admin_initiate_auth",
            UserPoolId=pool.pool_id,
            ClientId=pool.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={
                "USERNAME": username,
                "PASSWORD": encode_password(password),
                "SECRET_HASH": pool.secret_hash(username),
            },
        )

    async def answer(self, credential: Credential, challenge: str, session: str, **responses: str) -> dict[str, Any]:
        """AdminRespondToAuthChallenge: sent once, because a session and a code work once."""
        pool, username = self.pools[credential.side], str(credential.account_id)
        return await self._call(
            "once",
            "admin_respond_to_auth_challenge",
            UserPoolId=pool.pool_id,
            ClientId=pool.client_id,
            ChallengeName=challenge,
            Session=session,
            ChallengeResponses={"USERNAME": username, "SECRET_HASH": pool.secret_hash(username), **responses},
        )

    async def _call(self, retry_mode: RetryMode, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            return dict(await self.account.call(getattr(self._clients[retry_mode], operation), **arguments))
        except ParamValidationError as error:
            raise CognitoRejection("InvalidParameterException") from error
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _DECISIONS and not _CLIENT_SECRET.search(error.response["Error"]["Message"]):
                raise CognitoRejection(code) from error
            raise Unavailable from error
        except BotoCoreError as error:
            raise Unavailable from error


def encode_password(password: str) -> str:
    r"""The password as it is sent to Cognito: every white space becomes U+2420, the symbol for space.

    Its API model allows no white space in a password ([\S]+), its guide allows spaces inside. In this form a
    passphrase is accepted under both, even with spaces at its ends, and keeps its length.
    """
    return re.sub(r"\s", "\u2420", password)
