"""Rooms of a Jitsi Meet deployment that asks for a token signed with a shared secret (Prosody's `token` mode).

The claims are those of lib-jitsi-meet's `doc/tokens.md`. A token is looked at when somebody enters, so it may be short.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from attrs import Attribute, define, field
from joserfc import jwt
from joserfc.jwk import OctKey

from portal_core.appointments.ports import TelehealthRooms, VideoVisit
from portal_core.kernel.sources import Clock, IdSource

MIN_SECRET_OCTETS = 32
"""Octets: a key for HS256 has 256 bits (RFC 7518, 3.2); from a shorter one's tokens it could be guessed."""
CLOCK_SKEW = timedelta(seconds=30)


def _validate_https_url(_: object, attribute: "Attribute[str]", value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{attribute.name}: the address of the Jitsi deployment begins with https://")


def _validate_secret(_: object, attribute: "Attribute[str]", value: str) -> None:
    if len(value.encode()) < MIN_SECRET_OCTETS:
        raise ValueError(f"{attribute.name}: the secret shared with Jitsi has {MIN_SECRET_OCTETS} characters at least")


@define
class JitsiRooms(TelehealthRooms):
    """`url` is where the deployment is, `app_id` and `app_secret` what it shares with us. No request is made.

    Raises:
        ValueError: an address without https, or a secret that is too short.
    """

    url: str = field(validator=_validate_https_url)
    app_id: str
    app_secret: str = field(repr=False, validator=_validate_secret)
    clock: Clock
    ids: IdSource

    async def link(self, video_visit: VideoVisit, *, valid_for: timedelta) -> tuple[str, datetime]:
        now = self.clock.now()
        expires_at = min(now + valid_for, video_visit.ends_at)
        # Jitsi keeps rooms in lower case, and older versions compare the token's as it stands.
        room = video_visit.room.lower()
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
                    "name": video_visit.display_name,
                    "moderator": "true" if video_visit.moderator else "false",
                    "affiliation": "owner" if video_visit.moderator else "member",
                }
            },
        }
        token = jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, OctKey.import_key(self.app_secret))
        return f"{self.url.rstrip('/')}/{room}?jwt={token}", expires_at
