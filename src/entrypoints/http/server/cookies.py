"""Browser sessions: tokens in cookies that scripts cannot read, and a CSRF token.

The CSRF token is an HMAC of a fixed text under the access token (OWASP's "HMAC-based token", bound to the session
because the key is the session's own secret). Nothing is stored, and nobody can compute it without the cookie. A
browser app stores the `csrf_token` from the sign-in response and sends it as `X-CSRF-Token` with every change.
"""

import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from attrs import frozen
from litestar.datastructures import Cookie

from entrypoints.http.dependencies import HttpSettings

REFRESH_PATH = "/api/v1"


def csrf_token(access_token: str) -> str:
    """Return the CSRF token for a session's access token."""
    digest = hmac.digest(access_token.encode(), b"portal csrf v1", sha256)
    return urlsafe_b64encode(digest[:24]).decode()


def csrf_matches(access_token: str, given: str) -> bool:
    """Whether `given` is the CSRF token for the access token, compared in constant time."""
    return hmac.compare_digest(csrf_token(access_token).encode(), given.encode("latin-1", "replace"))


@frozen
class SessionCookies:
    """Names and flags of the session cookies.

    With https, the access cookie has the `__Host-` prefix, which limits it to this host and requires Secure. Browsers
    send the refresh cookie to the API paths only, both portal and practice. Without https, the names hold the port of
    the public URL, since browsers send cookies to all ports of a host: two portals on one machine keep theirs apart.
    """

    settings: HttpSettings

    @property
    def access_name(self) -> str:
        return "__Host-portal" if self.settings.https else f"portal{self._port}"

    @property
    def refresh_name(self) -> str:
        return "__Secure-portal-refresh" if self.settings.https else f"portal-refresh{self._port}"

    @property
    def _port(self) -> str:
        port = urlsplit(self.settings.public_url).port
        return f"-{port}" if port else ""

    def set_cookies(self, access_token: str, refresh_token: str, lifetime: timedelta | None) -> list[Cookie]:
        """Return the cookies of a new or refreshed session.

        They expire at the session's absolute end; without a lifetime, when the browser is closed.
        """
        seconds = None if lifetime is None else max(0, int(lifetime.total_seconds()))
        return [
            self._cookie(self.access_name, access_token, "/", seconds),
            self._cookie(self.refresh_name, refresh_token, REFRESH_PATH, seconds),
        ]

    def clear_cookies(self) -> list[Cookie]:
        """Return cookies that make the browser delete the session cookies."""
        return [self._cookie(self.access_name, "", "/", 0), self._cookie(self.refresh_name, "", REFRESH_PATH, 0)]

    def _cookie(self, name: str, value: str, path: str, seconds: int | None) -> Cookie:
        return Cookie(
            key=name,
            value=value,
            path=path,
            max_age=seconds,
            secure=self.settings.https,
            httponly=True,
            samesite=self.settings.same_site,
        )
