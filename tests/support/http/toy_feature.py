"""A small feature that uses everything a controller can, for the tests of the HTTP foundation."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from attrs import define, evolve, field, frozen
from litestar import Controller, Response
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import ServerSentEvent
from prometheus_client import CollectorRegistry

from entrypoints.http.contract.fields import (
    Count,
    Cursor,
    Email,
    FromPath,
    FromQuery,
    Instant,
    LongText,
    PageSize,
    Request,
    ShortText,
    page,
)
from entrypoints.http.contract.routing import delete, get, patch, post
from entrypoints.http.dependencies import HttpParts, HttpSettings
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.use_cases.authenticate import AuthenticateCommand, Authenticated
from portal_core.accounts.use_cases.record_refusal import RecordRefusalCommand
from portal_core.accounts.views import SessionView
from portal_core.kernel.actor import AccountHolder, Actor, ClientActor, StaffActor
from portal_core.kernel.authorization import require_own_record, require_staff
from portal_core.kernel.errors import (
    Conflict,
    Forbidden,
    IdempotencyMismatch,
    Invalid,
    NotFound,
    RateLimited,
    StaleVersion,
    Unauthenticated,
    Unavailable,
)
from portal_core.kernel.idempotency import Replayed
from portal_core.kernel.page import Page, PageRequest
from portal_core.people.ports import PracticeLocator

NORTH, SOUTH = UUID(int=0xA1), UUID(int=0xA2)
ADA, BOB = UUID(int=0xC1), UUID(int=0xC2)
NOON = datetime(2027, 3, 14, 12, tzinfo=UTC)
SESSION = SessionView(UUID(int=5), "bearer", "", "", NOON, NOON, NOON, NOON, NOON)
ADAS_TOKEN, BOBS_TOKEN, STAFF_TOKEN = "ada-token", "bob-token", "staff-token"


class ShelfFull(Conflict):
    """An error of the toy feature."""

    code = "toy_shelf_full"
    title = "The shelf is full."


@frozen
class ToyView:
    """A toy."""

    id: UUID
    name: str
    added_at: datetime
    kind: Literal["ball", "bear"] = "ball"
    date_of_birth: date | None = None


@frozen
class AddToyCommand:
    name: str
    kind: Literal["ball", "bear"]
    added_at: datetime | None


@define
class Shelf:
    """The stored toys, and the responses stored under idempotency keys."""

    toys: dict[UUID, list[ToyView]] = field(factory=dict)
    answers: dict[object, tuple[bytes, bytes]] = field(factory=dict)


@frozen
class AddToy:
    shelf: Shelf

    async def __call__(self, actor: Actor, command: AddToyCommand) -> ToyView:
        client_id = require_own_record(actor, "progress", write=True)
        idempotent_request = actor.origin.idempotent_request
        if idempotent_request is not None:
            key = (client_id, idempotent_request.operation, idempotent_request.key)
            if key in self.shelf.answers:
                digest, answer = self.shelf.answers[key]
                if digest != idempotent_request.digest:
                    raise IdempotencyMismatch
                raise Replayed(answer)
        mine = self.shelf.toys.setdefault(client_id, [])
        if len(mine) >= 8:
            raise ShelfFull("There is room for 8.")
        toy = ToyView(UUID(int=len(mine) + 1), command.name, datetime(2027, 3, 14, tzinfo=UTC), command.kind)
        mine.append(toy)
        if idempotent_request is not None:
            self.shelf.answers[key] = (idempotent_request.digest, msgspec.json.encode(toy))
        return toy


@frozen
class ListToys:
    shelf: Shelf

    async def __call__(self, actor: Actor, request: PageRequest) -> Page[ToyView]:
        mine = self.shelf.toys.get(require_own_record(actor, "progress"), [])
        return Page(tuple(mine[: request.size]))


@frozen
class FailToy:
    async def __call__(self, actor: Actor, how: str) -> None:
        if how == "crash":
            raise ValueError("canary-in-exception ada@example.org")
        errors = {
            "unauthenticated": Unauthenticated(),
            "forbidden": Forbidden("Reading only."),
            "not_found": NotFound("toy", UUID(int=9)),
            "conflict": Conflict(),
            "stale": StaleVersion(),
            "invalid": Invalid.at("name", "odd", "Choose another name."),
            "limited": RateLimited(17),
            "unavailable": Unavailable(),
        }
        raise errors.get(how, NotFound("toy"))


class RenameParts(Request):
    """A nested part of a body."""

    at: Instant
    note: LongText | None = None


class AddToyRequest(Request):
    """A toy to add."""

    name: ShortText
    kind: Literal["ball", "bear"] = "ball"
    email: Email | None = None
    size: Count = 0
    added_at: Instant | None = None
    date_of_birth: date | None = None
    parts: Annotated[list[RenameParts], msgspec.Meta(max_length=3)] = msgspec.field(default_factory=list)


class ToysController(Controller):
    path = "/toys"
    tags = ("Toys",)

    @get()
    async def list_toys(
        self,
        request: PortalRequest,
        list_toys: NamedDependency[ListToys],
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
        since: FromQuery[date | None] = None,
    ) -> Page[ToyView]:
        """The toys of a record.

        Oldest first.
        """
        return await list_toys(request.actor, page(after, size))

    @post(raises=[ShelfFull])
    async def add_toy(
        self, request: PortalRequest, data: JSONBody[AddToyRequest], add_toy: NamedDependency[AddToy]
    ) -> ToyView:
        """Adds a toy."""
        return await add_toy(request.actor, AddToyCommand(data.name, data.kind, data.added_at))

    @get("/{toy_id:uuid}")
    async def show_toy(
        self, request: PortalRequest, toy_id: FromPath[UUID], list_toys: NamedDependency[ListToys]
    ) -> ToyView:
        """One toy."""
        for toy in (await list_toys(request.actor, PageRequest(size=100))).items:
            if toy.id == toy_id:
                return toy
        raise NotFound("toy", toy_id)

    @patch("/fail/{how:str}", raises=[Conflict, Unavailable])
    async def fail_toy(
        self, request: PortalRequest, how: FromPath[ShortText], fail_toy: NamedDependency[FailToy]
    ) -> None:
        """Fails in the requested way."""
        await fail_toy(request.actor, how)

    @delete("/{toy_id:uuid}")
    async def remove_toy(self, request: PortalRequest, toy_id: FromPath[UUID]) -> None:
        """Pretends to remove a toy."""

    @post("/upload", body_limit=200_000, status_code=200, idempotent=False)
    async def upload_toy(self, request: PortalRequest) -> dict[str, int]:
        """Accepts a larger body of any content type."""
        return {"size": len(await request.body())}

    @get("/who", active=False)
    async def who(self, request: PortalRequest) -> dict[str, str]:
        """Returns what the controller knows about the caller."""
        origin = request.origin
        return {
            "address": origin.address,
            "device": origin.device,
            "request_id": origin.request_id,
            "kind": type(request.actor).__name__,
            "practice": str(request.actor.practice_id),
        }

    @get("/visit", auth="visitor")
    async def visit(self, request: PortalRequest) -> dict[str, str]:
        """Needs no session."""
        return {"kind": type(request.actor).__name__, "practice": str(request.actor.practice_id)}

    @get("/events", active=False)
    async def toy_events(self, request: PortalRequest, broken: FromQuery[bool] = False) -> ServerSentEvent:
        """A stream that ends after two events, or breaks when asked to."""

        async def events() -> AsyncIterator[str]:
            yield "one"
            await asyncio.sleep(0)
            if broken:
                raise ValueError("canary-in-stream")
            yield "two"

        return ServerSentEvent(events(), headers={"Cache-Control": "no-store"})

    @get("/picture", auth="public", media_type="image/svg+xml")
    async def toy_picture(self) -> Response[str]:
        """The same for everybody, for ever."""
        return Response("<svg/>", headers={"cache-control": "public, max-age=31536000, immutable"})


class PracticeToysController(Controller):
    path = "/toys"
    tags = ("Toys of the practice",)

    @get("/count")
    async def count_toys(self, request: PortalRequest) -> dict[str, int]:
        """Returns the number of toys."""
        require_staff(request.actor)
        return {"count": 0}


@define
class FakeAuthenticate:
    """Accepts fixed tokens, and records every command."""

    asked: list[AuthenticateCommand] = field(factory=list)

    async def __call__(self, command: AuthenticateCommand) -> Authenticated:
        self.asked.append(command)
        practice_id, origin = command.practice_id, command.origin
        actors: dict[str, AccountHolder] = {
            ADAS_TOKEN: ClientActor(practice_id, UUID(int=1), ADA, origin=origin),
            BOBS_TOKEN: ClientActor(practice_id, UUID(int=2), BOB, origin=origin),
            STAFF_TOKEN: StaffActor(practice_id, UUID(int=3), frozenset({"front_desk"}), origin=origin),
        }
        if command.access_token not in actors:
            raise Unauthenticated
        return Authenticated(actors[command.access_token], SESSION, must_enroll=False)


@define
class FakePracticeDirectory:
    """Two practices: north has a host name, south has a slug only."""

    known: tuple[PracticeLocator, ...] = (
        PracticeLocator(NORTH, "north", ("north.example.org",)),
        PracticeLocator(SOUTH, "south", ()),
    )

    async def all(self) -> tuple[PracticeLocator, ...]:
        return self.known


@define
class FakeRefusals:
    """Keeps what is recorded."""

    recorded: list[tuple[Actor, RecordRefusalCommand]] = field(factory=list)

    async def __call__(self, actor: Actor, command: RecordRefusalCommand) -> None:
        self.recorded.append((actor, command))


def toy_parts(**changes: object) -> HttpParts:
    """The parts of an app with the toy feature and one practice, without the throttle."""
    shelf = Shelf()
    parts = HttpParts(
        authenticate=FakeAuthenticate(),
        practices=FakePracticeDirectory(FakePracticeDirectory().known[:1]),
        record_refusal=FakeRefusals(),
        use_cases={"add_toy": AddToy(shelf), "list_toys": ListToys(shelf), "fail_toy": FailToy()},
        portal=[ToysController],
        practice=[PracticeToysController],
        settings=HttpSettings(throttle_rate=0),
        registry=CollectorRegistry(),
    )
    return evolve(parts, **changes)  # type: ignore[arg-type]
