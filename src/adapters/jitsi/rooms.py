"""Rooms of a Jitsi Meet deployment that requires a token signed with a shared secret (Prosody's `token` mode).

The claims follow lib-jitsi-meet's `doc/tokens.md`. Jitsi checks a token only when somebody joins, so it may expire
soon.
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
"""A key for HS256 has at least 256 bits (RFC 7518, 3.2). A shorter one could be guessed from its tokens."""
CLOCK_SKEW = timedelta(seconds=30)


def _validate_https_url(_: object, attribute: "Attribute[str]", value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{attribute.name}: the URL of the Jitsi deployment must begin with https://")


def _validate_secret(_: object, attribute: "Attribute[str]", value: str) -> None:
    if len(value.encode()) < MIN_SECRET_OCTETS:
        raise ValueError(f"{attribute.name}: the secret shared with Jitsi must have at least {MIN_SECRET_OCTETS} bytes")


@define
class JitsiRooms(TelehealthRooms):
    """Creates links to Jitsi rooms, without contacting Jitsi.

    `url` is the deployment's URL; `app_id` and `app_secret` are the credentials that it shares with the portal.

    Raises:
        ValueError: the URL is not https, or the secret is too short.
    """

    url: str = field(validator=_validate_https_url)
    app_id: str
    app_secret: str = field(repr=False, validator=_validate_secret)
    clock: Clock
    ids: IdSource

    async def link(self, video_visit: VideoVisit, *, valid_for: timedelta) -> tuple[str, datetime]:
        now = self.clock.now()
        expires_at = min(now + valid_for, video_visit.ends_at)
        # Jitsi stores room names in lower case, and older versions compare the token's room case-sensitively.
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
            # Prosody's module requires all values of `user` to be strings.
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
