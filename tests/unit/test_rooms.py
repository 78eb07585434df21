"""The rooms in which sessions online take place: whom they let in, and until when."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import evolve
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import OctKey

from adapters.jitsi.rooms import CLOCK_SKEW, JitsiRooms
from adapters.local.rooms import ClinicianRooms
from portal_core.appointments.errors import NoRoom
from portal_core.appointments.ports import Visit
from tests.support.clock import CountingIds, FixedClock

SECRET = "a secret that Jitsi and the portal share"
FIVE = timedelta(minutes=5)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def jitsi(clock: FixedClock) -> JitsiRooms:
    return JitsiRooms("https://meet.elm.test/", "portal", SECRET, clock, CountingIds())


@pytest.fixture
def visit(clock: FixedClock) -> Visit:
    opens_at = clock.now() - timedelta(minutes=15)
    return Visit(
        room="Zx-9_Q",
        display_name="Ann",
        clinician_link="https://rooms.test/grey",
        opens_at=opens_at,
        ends_at=clock.now() + timedelta(hours=1),
    )


class TestJitsi:
    async def test_the_token_says_who_enters_which_room_and_until_when(
        self, jitsi: JitsiRooms, visit: Visit, clock: FixedClock
    ) -> None:
        url, expires_at = await jitsi.link(visit, lasts=FIVE)
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

    async def test_no_link_outlives_the_session(self, jitsi: JitsiRooms, visit: Visit, clock: FixedClock) -> None:
        clock.advance(timedelta(minutes=58))
        assert (await jitsi.link(visit, lasts=FIVE))[1] == visit.ends_at

    async def test_the_clinician_moderates(self, jitsi: JitsiRooms, visit: Visit) -> None:
        url, _ = await jitsi.link(evolve(visit, moderator=True, display_name="Dr. Grey"), lasts=FIVE)
        token = jwt.decode(parse_qs(urlsplit(url).query)["jwt"][0], OctKey.import_key(SECRET))
        assert token.claims["context"]["user"] == {"name": "Dr. Grey", "moderator": "true", "affiliation": "owner"}

    async def test_another_secret_does_not_open_it(self, jitsi: JitsiRooms, visit: Visit) -> None:
        url, _ = await jitsi.link(visit, lasts=FIVE)
        with pytest.raises(BadSignatureError):
            jwt.decode(parse_qs(urlsplit(url).query)["jwt"][0], OctKey.import_key(SECRET.upper()))

    @pytest.mark.parametrize(
        ("url", "secret"),
        [
            ("http://meet.elm.test", SECRET),
            ("meet.elm.test", SECRET),
            ("https://", SECRET),
            ("https://meet.elm.test?room=", SECRET),
            ("https://meet.elm.test", SECRET[:31]),
        ],
    )
    def test_what_is_not_safe_is_not_begun_with(self, clock: FixedClock, url: str, secret: str) -> None:
        with pytest.raises(ValueError, match=r"app_secret|url"):
            JitsiRooms(url, "portal", secret, clock, CountingIds())

    def test_the_secret_is_not_shown(self, jitsi: JitsiRooms) -> None:
        assert SECRET not in repr(jitsi)


class TestClinicianRooms:
    async def test_the_clinicians_own_link_until_the_end(self, visit: Visit) -> None:
        assert await ClinicianRooms().link(visit, lasts=FIVE) == ("https://rooms.test/grey", visit.ends_at)

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
    async def test_a_link_that_is_none_or_not_safe(self, visit: Visit, link: str) -> None:
        with pytest.raises(NoRoom):
            await ClinicianRooms().link(evolve(visit, clinician_link=link), lasts=FIVE)
