"""Rooms of a Jitsi Meet deployment that asks for a token signed with a shared secret (Prosody's `token` mode).

The claims are those of lib-jitsi-meet's `doc/tokens.md`. A token is looked at when somebody enters, so it may be short.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from attrs import Attribute, define, field
from joserfc import jwt
from joserfc.jwk import OctKey

from portal_core.appointments.ports import TelehealthRooms, Visit
from portal_core.kernel.sources import Clock, IdSource

LEAST_SECRET = 32
"""Octets: a key for HS256 has 256 bits (RFC 7518, 3.2); from a shorter one's tokens it could be guessed."""
CLOCK_SKEW = timedelta(seconds=30)


def _https(_: object, attribute: "Attribute[str]", value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{attribute.name}: the address of the Jitsi deployment begins with https://")


def _long_enough(_: object, attribute: "Attribute[str]", value: str) -> None:
    if len(value.encode()) < LEAST_SECRET:
        raise ValueError(f"{attribute.name}: the secret shared with Jitsi has {LEAST_SECRET} characters at least")


@define
class JitsiRooms(TelehealthRooms):
    """`url` is where the deployment is, `app_id` and `app_secret` what it shares with us. No request is made.

    Raises:
        ValueError: an address without https, or a secret that is too short.
    """

    url: str = field(validator=_https)
    app_id: str
    app_secret: str = field(repr=False, validator=_long_enough)
    clock: Clock
    ids: IdSource

    async def link(self, visit: Visit, *, lasts: timedelta) -> tuple[str, datetime]:
        now = self.clock.now()
        expires_at = min(now + lasts, visit.ends_at)
        # Jitsi keeps rooms in lower case, and older versions compare the token's as it stands.
        room = visit.room.lower()
        claims: dict[str, Any] = {
            "aud": self.app_id,
            "iss": self.app_id,
            "sub": urlsplit(self.url).hostname,
            "room": room,
            "jti": str(self.ids.new()),
            "iat": int(now.timestamp()),
            "nbf": int((now - CLOCK_SKEW).timestamp()),
            "exp": int(expires_at.timestamp()),
            # All of `user` must be text, by Prosody's module.
            "context": {
                "user": {
                    "name": visit.display_name,
                    "moderator": "true" if visit.moderator else "false",
                    "affiliation": "owner" if visit.moderator else "member",
                }
            },
        }
        token = jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, OctKey.import_key(self.app_secret))
        return f"{self.url.rstrip('/')}/{room}?jwt={token}", expires_at
