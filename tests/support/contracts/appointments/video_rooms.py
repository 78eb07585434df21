"""Contracts of video room providers, and of those that sign their links.

Subclasses provide the fixture `rooms`, and `room_server` for those that sign.
"""

from abc import ABC, abstractmethod
from contextlib import nullcontext
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from attrs import evolve, frozen

from portal_core.appointments.errors import NoRoom
from portal_core.appointments.ports import TelehealthRooms, VideoVisit
from tests.support.clock import FixedClock

FIVE = timedelta(minutes=5)
CLOCK_SKEW = timedelta(minutes=1)
"""A link that expired this long ago admits nobody, whatever the skew of the room's clock."""
NAMES = [
    *("Ann Lee", "Zoë «Åse» Ü", "李小龍", "", "x" * 200),
    *('O\'Neil & Sons", "moderator": "true', "a/b?c=d#e%00", "\u202eevil\n"),
]


@frozen
class Participant:
    """A participant as the room identifies them."""

    name: str
    moderator: bool


class RoomServer(ABC):
    """The room's side, which trusts only the link. `clock` is shared with the portal."""

    clock: FixedClock
    rooms: TelehealthRooms

    @abstractmethod
    def admit(self, url: str) -> Participant | None:
        """The participant whom this link admits now; None if it admits nobody."""

    @abstractmethod
    def to_other_room(self, url: str) -> str:
        """The same link, changed to another room."""

    @abstractmethod
    def as_moderator(self, url: str) -> str:
        """The same link, with the guest changed to a moderator."""

    @abstractmethod
    def other_deployment(self) -> TelehealthRooms:
        """Rooms of another deployment, which shares only its address with this one."""


def make_visit(clock: FixedClock, **more: str) -> VideoVisit:
    """A visit whose room opened 15 minutes ago and which ends in an hour."""
    said = {"room": "Zx-9_Q", "display_name": "Ann", "clinician_link": "https://rooms.test/grey", **more}
    return VideoVisit(opens_at=clock.now() - 3 * FIVE, ends_at=clock.now() + timedelta(hours=1), **said)


class TelehealthRoomsContract:
    """A link that is safe for a browser, and expires."""

    @pytest.fixture
    def visit(self, clock: FixedClock) -> VideoVisit:
        return make_visit(clock)

    async def test_link_is_https_with_host(self, rooms: TelehealthRooms, visit: VideoVisit) -> None:
        url, _ = await rooms.link(visit, valid_for=FIVE)
        parts = urlsplit(url)
        assert parts.scheme == "https"
        assert parts.hostname
        assert parts.path.strip("/")
        assert "@" not in parts.netloc

    @pytest.mark.parametrize("name", NAMES)
    async def test_display_name_is_not_readable_in_link(
        self, rooms: TelehealthRooms, visit: VideoVisit, name: str
    ) -> None:
        url, _ = await rooms.link(evolve(visit, display_name=name), valid_for=FIVE)
        plain, _ = await rooms.link(visit, valid_for=FIVE)
        assert url.isascii()
        assert url.isprintable()
        assert " " not in url
        assert not name or name not in url
        assert url.partition("?")[0] == plain.partition("?")[0]

    async def test_client_and_clinician_share_room(self, rooms: TelehealthRooms, visit: VideoVisit) -> None:
        client, _ = await rooms.link(visit, valid_for=FIVE)
        host, _ = await rooms.link(evolve(visit, moderator=True, display_name="Dr. Grey"), valid_for=FIVE)
        assert urlsplit(client)[:3] == urlsplit(host)[:3]

    @pytest.mark.parametrize("minutes", [0, 30, 58, 59])
    async def test_link_expires_no_later_than_the_visit(
        self, rooms: TelehealthRooms, visit: VideoVisit, clock: FixedClock, minutes: int
    ) -> None:
        clock.advance(timedelta(minutes=minutes))
        for valid_for in (FIVE, timedelta(days=1)):
            _, expires_at = await rooms.link(visit, valid_for=valid_for)
            assert expires_at.utcoffset() == timedelta(0)
            assert clock.now() < expires_at <= visit.ends_at

    async def test_visit_without_a_link_has_a_room_unless_it_takes_place_in_the_clinicians_own(
        self, rooms: TelehealthRooms, visit: VideoVisit
    ) -> None:
        refusal = pytest.raises(NoRoom) if rooms.needs_clinician_link else nullcontext()
        with refusal:
            await rooms.link(evolve(visit, clinician_link=None), valid_for=FIVE)


class SignedRoomsContract(TelehealthRoomsContract):
    """A link admits its holder to its room, under its name, until it expires; and to nothing else."""

    @pytest.fixture
    def rooms(self, room_server: RoomServer) -> TelehealthRooms:
        return room_server.rooms

    @pytest.fixture
    def clock(self, room_server: RoomServer) -> FixedClock:
        return room_server.clock

    @pytest.mark.parametrize("moderator", [False, True])
    @pytest.mark.parametrize("name", NAMES)
    async def test_participant_name_and_role(
        self, room_server: RoomServer, visit: VideoVisit, name: str, moderator: bool
    ) -> None:
        url, _ = await room_server.rooms.link(evolve(visit, display_name=name, moderator=moderator), valid_for=FIVE)
        assert room_server.admit(url) == Participant(name, moderator)

    async def test_each_visit_has_its_own_room(self, room_server: RoomServer, visit: VideoVisit) -> None:
        first, _ = await room_server.rooms.link(visit, valid_for=FIVE)
        second, _ = await room_server.rooms.link(evolve(visit, room="another"), valid_for=FIVE)
        assert urlsplit(first).path != urlsplit(second).path
        assert room_server.admit(room_server.to_other_room(first)) is None

    async def test_guest_cannot_become_moderator(self, room_server: RoomServer, visit: VideoVisit) -> None:
        url, _ = await room_server.rooms.link(visit, valid_for=FIVE)
        assert room_server.admit(room_server.as_moderator(url)) is None

    async def test_unsigned_link_is_refused(self, room_server: RoomServer, visit: VideoVisit) -> None:
        url, _ = await room_server.rooms.link(visit, valid_for=FIVE)
        assert room_server.admit(url.partition("?")[0]) is None
        assert room_server.admit(url[:-8]) is None

    async def test_link_of_other_deployment_is_refused(self, room_server: RoomServer, visit: VideoVisit) -> None:
        url, _ = await room_server.other_deployment().link(visit, valid_for=FIVE)
        assert room_server.admit(url) is None

    @pytest.mark.parametrize("left", [timedelta(hours=1), timedelta(minutes=2)])
    async def test_link_expires(self, room_server: RoomServer, visit: VideoVisit, left: timedelta) -> None:
        room_server.clock.at = visit.ends_at - left
        url, expires_at = await room_server.rooms.link(visit, valid_for=FIVE)
        assert expires_at == min(room_server.clock.now() + FIVE, visit.ends_at)
        room_server.clock.at = expires_at - timedelta(seconds=1)
        assert room_server.admit(url) is not None
        room_server.clock.at = expires_at + CLOCK_SKEW
        assert room_server.admit(url) is None

    async def test_clock_skew_is_tolerated(self, room_server: RoomServer, visit: VideoVisit) -> None:
        url, _ = await room_server.rooms.link(visit, valid_for=FIVE)
        room_server.clock.advance(timedelta(seconds=-20))
        assert room_server.admit(url) is not None
