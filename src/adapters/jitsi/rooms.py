"""Rooms of a Jitsi Meet deployment that requires a token signed with a shared secret (Prosody's `token` mode).

The claims are those of lib-jitsi-meet's `doc/tokens.md`. A token is checked only on entry, so its lifetime may be
short.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from attrs import Attribute, define, field
from joserfc import jwt
from joserfc.jwk import OctKey

from portal_core.appointments.ports import TelehealthRooms, VideoVisit
from portal_core.kernel.contact import is_https_url
from portal_core.kernel.sources import Clock, IdSource

MIN_SECRET_OCTETS = 32
"""In octets: HS256 requires a key of at least 256 bits (RFC 7518, 3.2); a shorter one could be guessed from its tokens.
"""
CLOCK_SKEW = timedelta(seconds=30)


def _validate_https_url(_: object, attribute: "Attribute[str]", value: str) -> None:
    if not is_https_url(value) or {"?", "#"} & set(value):
        raise ValueError(f"{attribute.name}: must be an https:// URL with a valid host, without query or fragment")


def _validate_secret(_: object, attribute: "Attribute[str]", value: str) -> None:
    if len(value.encode()) < MIN_SECRET_OCTETS:
        raise ValueError(f"{attribute.name}: the secret shared with Jitsi must have at least {MIN_SECRET_OCTETS} bytes")


@define
class JitsiRooms(TelehealthRooms):
    """Signs tokens for the deployment at `url` with its `app_id` and `app_secret`. It makes no requests.

    Raises:
        ValueError: not an https URL, or a secret that is too short.
    """

    needs_clinician_link: ClassVar = False

    url: str = field(validator=_validate_https_url)
    app_id: str
    app_secret: str = field(repr=False, validator=_validate_secret)
    clock: Clock
    ids: IdSource

    async def link(self, video_visit: VideoVisit, *, valid_for: timedelta) -> tuple[str, datetime]:
        now = self.clock.now()
        expires_at = min(now + valid_for, video_visit.ends_at)
        # Jitsi stores room names in lower case, and older versions compare the token's name without conversion.
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
            # Prosody's module requires that all values of `user` are strings.
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
