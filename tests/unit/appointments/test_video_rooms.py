"""Video rooms: whom they admit, and until when."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import define, evolve, field
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from adapters.jitsi.rooms import CLOCK_SKEW, JitsiRooms
from adapters.local.rooms import ClinicianRooms
from portal_core.appointments.errors import NoRoom
from portal_core.appointments.ports import VideoVisit
from tests.support.clock import CountingIds, FixedClock
from tests.support.contracts.appointments.video_rooms import (
    FIVE,
    Participant,
    RoomServer,
    SignedRoomsContract,
    TelehealthRoomsContract,
    make_visit,
)

SECRET = "a secret that Jitsi and the portal share"


@define
class JitsiRoomServer(RoomServer):
    """The checks of Prosody's `token_verification` before a participant enters the room of the URL."""

    clock: FixedClock = field(factory=FixedClock)
    rooms: JitsiRooms = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.rooms = self._sharing(SECRET)

    def _sharing(self, secret: str) -> JitsiRooms:
        return JitsiRooms("https://meet.elm.test/", "portal", secret, self.clock, CountingIds())

    def admit(self, url: str) -> Participant | None:
        parts = urlsplit(url)
        now = self.clock.now().timestamp()
        try:
            [token] = parse_qs(parts.query)["jwt"]
            claims = jwt.decode(token, OctKey.import_key(SECRET), algorithms=["HS256"]).claims
        except (KeyError, ValueError, JoseError):
            return None
        right = {"iss": "portal", "aud": "portal", "sub": parts.netloc, "room": parts.path.strip("/")}
        if any(claims.get(name) != value for name, value in right.items()):
            return None
        user = claims["context"]["user"]
        return Participant(user["name"], user["moderator"] == "true") if claims["nbf"] <= now < claims["exp"] else None

    def to_other_room(self, url: str) -> str:
        return url.replace("/zx-9_q?", "/another?")

    def as_moderator(self, url: str) -> str:
        address, _, token = url.partition("?jwt=")
        head, claims, signature = token.split(".")
        bent = json.loads(urlsafe_b64decode(claims + "=="))
        bent["context"]["user"]["moderator"] = "true"
        claims = urlsafe_b64encode(json.dumps(bent).encode()).rstrip(b"=").decode()
        return f"{address}?jwt={head}.{claims}.{signature}"

    def other_deployment(self) -> JitsiRooms:
        return self._sharing(SECRET.upper())


class TestJitsiRooms(SignedRoomsContract):
    @pytest.fixture
    def room_server(self) -> JitsiRoomServer:
        return JitsiRoomServer()


class TestClinicianRoomsContract(TelehealthRoomsContract):
    @pytest.fixture
    def rooms(self) -> ClinicianRooms:
        return ClinicianRooms()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def jitsi(clock: FixedClock) -> JitsiRooms:
    return JitsiRooms("https://meet.elm.test/", "portal", SECRET, clock, CountingIds())


@pytest.fixture
def visit(clock: FixedClock) -> VideoVisit:
    return make_visit(clock)


class TestJitsi:
    async def test_token_claims(self, jitsi: JitsiRooms, visit: VideoVisit, clock: FixedClock) -> None:
        url, expires_at = await jitsi.link(visit, valid_for=FIVE)
        parts = urlsplit(url)
        assert (parts.scheme, parts.netloc, parts.path) == ("https", "meet.elm.test", "/zx-9_q")
        token = jwt.decode(parse_qs(parts.query)["jwt"][0], OctKey.import_key(SECRET), algorithms=["HS256"])
        now = int(clock.now().timestamp())
        assert token.header == {"alg": "HS256", "typ": "JWT"}
        assert token.claims == {
            "aud": "portal",
            "iss": "portal",
            "sub": "meet.elm.test",
            "room": "zx-9_q",
            "jti": "00000000-0000-0000-0000-000000000001",
            "iat": now,
            "nbf": now - CLOCK_SKEW.total_seconds(),
            "exp": now + 300,
            "context": {"user": {"name": "Ann", "moderator": "false", "affiliation": "member"}},
        }
        assert expires_at == clock.now() + FIVE

    async def test_clinician_is_moderator(self, jitsi: JitsiRooms, visit: VideoVisit) -> None:
        url, _ = await jitsi.link(evolve(visit, moderator=True, display_name="Dr. Grey"), valid_for=FIVE)
        token = jwt.decode(parse_qs(urlsplit(url).query)["jwt"][0], OctKey.import_key(SECRET))
        assert token.claims["context"]["user"] == {"name": "Dr. Grey", "moderator": "true", "affiliation": "owner"}

    @pytest.mark.parametrize(
        ("url", "secret"),
        [
            ("http://meet.elm.test", SECRET),
            ("meet.elm.test", SECRET),
            ("https://", SECRET),
            ("https://meet.elm.test?room=", SECRET),
            ("https://meet elm.test", SECRET),
            ("https://user@meet.elm.test", SECRET),
            ("https://meet.elm.test", SECRET[:31]),
        ],
    )
    def test_unsafe_configuration_is_refused(self, clock: FixedClock, url: str, secret: str) -> None:
        with pytest.raises(ValueError, match=r"app_secret|url"):
            JitsiRooms(url, "portal", secret, clock, CountingIds())

    def test_secret_is_not_in_repr(self, jitsi: JitsiRooms) -> None:
        assert SECRET not in repr(jitsi)


class TestClinicianRooms:
    async def test_clinician_link_is_valid_until_end(self, visit: VideoVisit) -> None:
        assert await ClinicianRooms().link(visit, valid_for=FIVE) == ("https://rooms.test/grey", visit.ends_at)

    @pytest.mark.parametrize(
        "link",
        [
            "",
            "http://rooms.test/grey",
            "javascript:alert(1)",
            "https:///grey",
            "https://rooms.test@evil.test/",
            "https://rooms.test/a b",
            "https://rooms.test/\nSet-Cookie:",
            "https://[rooms.test/",
            "//rooms.test/grey",
        ],
    )
    async def test_missing_or_unsafe_link_is_refused(self, visit: VideoVisit, link: str) -> None:
        with pytest.raises(NoRoom):
            await ClinicianRooms().link(evolve(visit, clinician_link=link), valid_for=FIVE)
