"""The Cognito user of a credential, and how it is brought into the state that the portal expects."""

import secrets
from datetime import datetime
from typing import Any

from attrs import frozen

from adapters.cognito.pools import CognitoPools, CognitoRejection, encode_password
from portal_core.accounts.identity_provider import Credential
from portal_core.kernel.errors import Unavailable


@frozen
class CognitoUser:
    """The result of AdminGetUser."""

    status: str
    email: str
    email_verified: bool
    modified_at: datetime

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "CognitoUser":
        attributes = {item["Name"]: item.get("Value", "") for item in answer["UserAttributes"]}
        return cls(
            answer["UserStatus"],
            attributes.get("email", ""),
            attributes.get("email_verified", "") == "true",
            answer["UserLastModifiedDate"],
        )


async def find_user(pools: CognitoPools, credential: Credential) -> CognitoUser | None:
    try:
        return CognitoUser.of(await pools.as_administrator("admin_get_user", credential))
    except CognitoRejection as rejection:
        if rejection.code == "UserNotFoundException":
            return None
        raise Unavailable from rejection


async def ensure_verified_user(pools: CognitoPools, credential: Credential) -> None:
    """Ensure a confirmed user with the credential's email verified, whatever existed before. A new user, or one without
    a password of its own, gets a random one that nobody knows."""
    found = await find_user(pools, credential)
    email = [{"Name": "email", "Value": credential.email}, {"Name": "email_verified", "Value": "true"}]
    if found is None:
        await call_unconditionally(
            pools, "admin_create_user", credential, UserAttributes=email, MessageAction="SUPPRESS"
        )
    elif (found.email, found.email_verified) != (credential.email, True):
        await call_unconditionally(pools, "admin_update_user_attributes", credential, UserAttributes=email)
    if found is None or found.status != "CONFIRMED":
        await set_password(pools, credential, random_password())


async def set_password(pools: CognitoPools, credential: Credential, password: str) -> None:
    """Set a permanent password, which also confirms the user."""
    await call_unconditionally(
        pools, "admin_set_user_password", credential, Password=encode_password(password), Permanent=True
    )


async def call_unconditionally(pools: CognitoPools, operation: str, credential: Credential, **arguments: Any) -> None:
    """A call that Cognito has no reason to refuse; a refusal means a wrong configuration."""
    try:
        await pools.as_administrator(operation, credential, **arguments)
    except CognitoRejection as rejection:
        raise Unavailable from rejection


async def call_if_user_exists(pools: CognitoPools, operation: str, credential: Credential, **arguments: Any) -> None:
    """A call that does nothing for a user that does not exist."""
    try:
        await pools.as_administrator(operation, credential, **arguments)
    except CognitoRejection as rejection:
        if rejection.code != "UserNotFoundException":
            raise Unavailable from rejection


def random_password() -> str:
    """256 random bits, with every character class that a pool may require."""
    return f"aA1!{secrets.token_urlsafe(32)}"
