"""Access, ID and refresh tokens: real RS256 JWTs, and the record of which sign-ins were granted and ended."""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from .errors import Refusal, not_authorized, unknown_user, user_disabled
from .records import AppClient, User


@cache
def signing_keys() -> dict[str, RSAKey]:
    """One key for ID tokens and another for access tokens, as Cognito has; created once per process."""
    keys = {use: RSAKey.generate_key(2048, private=True) for use in ("id", "access")}
    for key in keys.values():
        key.ensure_kid()
    return keys


def jwks() -> dict[str, Any]:
    """The public keys, as served at /{pool id}/.well-known/jwks.json."""
    return {
        "keys": [key.as_dict(private=False, alg="RS256", use="sig") for key in signing_keys().values()],
    }


@dataclass
class RefreshToken:
    expires_at: datetime
    replaced_at: datetime | None = None


@dataclass
class Grant:
    """One sign-in and every token derived from it."""

    client: AppClient
    user: User
    origin_jti: str
    auth_time: datetime
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)
    access_jtis: set[str] = field(default_factory=set)
    revoked: bool = False


class TokenDesk:
    """Issues, reads and revokes tokens."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._grants: dict[str, Grant] = {}

    def sign_in(self, client: AppClient, user: User, now: datetime) -> dict[str, Any]:
        """The AuthenticationResult of a completed sign-in."""
        grant = Grant(client, user, str(uuid.uuid4()), now)
        self._grants[grant.origin_jti] = grant
        return self._result(grant, now) | {"RefreshToken": self._new_refresh_token(grant, now)}

    def refresh(self, client: AppClient, token: str, now: datetime) -> dict[str, Any]:
        """Raises NotAuthorizedException, or RefreshTokenReuseException for a rotated token past its grace period."""
        grant = self.grant_of(token)
        if grant is None or grant.client is not client:
            raise not_authorized("Invalid Refresh Token")
        record = grant.refresh_tokens[token]
        if grant.revoked:
            raise not_authorized("Refresh Token has been revoked")
        if now >= record.expires_at:
            raise not_authorized("Refresh Token has expired")
        if client.pool.by_sub(grant.user.sub) is not grant.user:
            raise unknown_user()
        if not grant.user.enabled:
            raise user_disabled()
        rotation = client.settings.get("RefreshTokenRotation", {})
        if rotation.get("Feature") != "ENABLED":
            return self._result(grant, now)
        grace = timedelta(seconds=rotation.get("RetryGracePeriodSeconds", 0))
        if record.replaced_at is None:
            record.replaced_at = now
        elif now > record.replaced_at + grace:
            raise Refusal("RefreshTokenReuseException", "Refresh token has been invalidated")
        successor = self._new_refresh_token(grant, now, record.expires_at)
        return self._result(grant, now) | {"RefreshToken": successor}

    def grant_of(self, refresh_token: str) -> Grant | None:
        return next((grant for grant in self._grants.values() if refresh_token in grant.refresh_tokens), None)

    def end_all(self, user: User) -> None:
        for grant in self._grants.values():
            if grant.user is user:
                grant.revoked = True

    def end_access(self, user: User) -> None:
        """End only the access tokens, as AdminDisableUser is documented to do."""
        for grant in self._grants.values():
            if grant.user is user:
                grant.access_jtis.clear()

    def bearer(self, token: str, now: datetime, *, missing: Refusal | None = None) -> Grant:
        """The grant of an access token.

        Raises NotAuthorizedException for a token that is forged, expired or revoked, or of a disabled user; and
        `missing` (UserNotFoundException unless the operation has no such error) when the user no longer exists.
        """
        claims = self.claims(token)
        grant = self._grants.get(claims.get("origin_jti", ""))
        if claims.get("token_use") != "access" or grant is None:
            raise not_authorized("Invalid Access Token")
        if now.timestamp() >= claims["exp"]:
            raise not_authorized("Access Token has expired")
        if grant.client.pool.by_sub(grant.user.sub) is not grant.user:
            raise missing or unknown_user()
        if not grant.user.enabled:
            raise user_disabled()
        if grant.revoked or claims["jti"] not in grant.access_jtis:
            raise not_authorized("Access Token has been revoked")
        return grant

    def claims(self, token: str) -> dict[str, Any]:
        """Raises NotAuthorizedException, "Invalid Access Token", unless one of this fake's keys signed it."""
        try:
            return dict(jwt.decode(token, KeySet(list(signing_keys().values())), algorithms=["RS256"]).claims)
        except (JoseError, ValueError) as error:
            raise not_authorized("Invalid Access Token") from error

    def _new_refresh_token(self, grant: Grant, now: datetime, expires_at: datetime | None = None) -> str:
        # Opaque to clients; in Cognito it is an encrypted JWT of five parts.
        token = "eyJjdHkiOiJKV1Qi." + ".".join(secrets.token_urlsafe(48) for _ in range(4))
        lifetime = grant.client.lifetime("RefreshToken")
        grant.refresh_tokens[token] = RefreshToken(expires_at or now + lifetime)
        return token

    def _result(self, grant: Grant, now: datetime) -> dict[str, Any]:
        return {
            "AccessToken": self._signed("access", grant, now, grant.client.lifetime("AccessToken")),
            "IdToken": self._signed("id", grant, now, grant.client.lifetime("IdToken")),
            "ExpiresIn": int(grant.client.lifetime("AccessToken").total_seconds()),
            "TokenType": "Bearer",
        }

    def _signed(self, use: str, grant: Grant, now: datetime, lifetime: timedelta) -> str:
        user, client = grant.user, grant.client
        claims: dict[str, Any] = {
            "sub": user.sub,
            "iss": f"{self._issuer}/{client.pool.id}",
            "origin_jti": grant.origin_jti,
            "event_id": str(uuid.uuid4()),
            "token_use": use,
            "auth_time": int(grant.auth_time.timestamp()),
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "jti": str(uuid.uuid4()),
        }
        if use == "access":
            grant.access_jtis.add(claims["jti"])
            claims |= {"client_id": client.id, "username": user.username, "scope": "aws.cognito.signin.user.admin"}
        else:
            claims |= {"aud": client.id, "cognito:username": user.username} | user.attributes
            if "email_verified" in claims:
                claims["email_verified"] = claims["email_verified"] == "true"
        key = signing_keys()[use]
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key, algorithms=["RS256"])
