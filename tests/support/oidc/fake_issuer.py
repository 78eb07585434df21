"""An issuer with its own keys, served by a real HTTP server, and forged tokens."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

from attrs import define, field
from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from adapters.bounded_fetch import fetch_bounded
from adapters.oidc.issuers import OidcIssuers
from adapters.oidc.public_fetch import HEADERS, MAX_BYTES, TOTAL_SECONDS
from portal_core.accounts.settings import OidcSettings
from tests.support.clock import FixedClock
from tests.support.contracts.accounts.staff_tokens import AUDIENCE, ISSUER, TRUSTING_PRACTICES

JWKS_URL = "https://login.ehr.example/jwks"
"""The URL of all its practices' issuers' keys, as a shared host has one."""


def make_keys() -> dict[str, Key]:
    """Keys by id."""
    return {
        "rsa": RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"}),
        "ec": ECKey.generate_key("P-256", {"kid": "ec"}),
        "ed": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
    }


@define
class FakeIssuer(OidcIssuers):
    """`published` is the server's response; `asked` counts requests. Also provides the practices' settings."""

    clock: FixedClock
    keys: dict[str, Key]
    published: list[dict[str, Any]] = field(init=False)
    status: int = 200
    asked: list[str] = field(factory=list)
    server: ThreadingHTTPServer = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.published = [dict(key.as_dict(private=False)) for key in self.keys.values()]
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/jwks"

    async def of(self, practice_id: UUID) -> OidcSettings:
        if practice_id not in TRUSTING_PRACTICES:
            return OidcSettings()
        issuer, audience = TRUSTING_PRACTICES[practice_id]
        return OidcSettings(issuer=issuer, audience=audience, jwks_url=JWKS_URL)

    async def fetch(self, url: str) -> bytes:
        """Fetch as the adapter does, from the server's real address."""
        assert url == JWKS_URL
        return await fetch_bounded(self.url, seconds=TOTAL_SECONDS, max_bytes=MAX_BYTES, headers=HEADERS)

    def claims(self, **other: Any) -> dict[str, Any]:
        """Valid claims with changes; None removes one."""
        now = int(self.clock.now().timestamp())
        good = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "staff-7",
            "iat": now,
            "exp": now + 300,
            "email": "sam@clinic.example",
            "email_verified": True,
            "amr": ["pwd", "otp"],
            "acr": "2",
        }
        return {name: value for name, value in {**good, **other}.items() if value is not None}

    def token(self, kid: str = "rsa", alg: str = "RS256", header: dict[str, Any] | None = None, **other: Any) -> str:
        return signed({"alg": alg, "kid": kid, "typ": "JWT", **(header or {})}, self.claims(**other), self.keys[kid])


def signed(header: dict[str, Any], claims: Any, key: Key) -> str:
    """Sign with the key, whatever the header claims."""
    head = {name: value for name, value in header.items() if value is not None}
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    body = f"{segment(json.dumps(head).encode())}.{segment(payload)}"
    signature = jws.JWSRegistry.algorithms[head["alg"]].sign(body.encode(), key)
    return f"{body}.{segment(signature)}"


def segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _handler(issuer: FakeIssuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            body = json.dumps({"keys": issuer.published}).encode()
            self.send_response(issuer.status)
            if issuer.status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    return Handler
