"""The measured requests."""

from collections.abc import Iterator
from itertools import cycle, islice
from uuid import uuid4

import msgspec

from bench.scene import Person, Scene

PATH = "/api/v1/portal/appointments"
DOCUMENTS_PATH = "/api/v1/portal/documents"


class BenchRequest(msgspec.Struct, frozen=True):
    """One request, and the status that it must get."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    expected: int = 200

    def raw(self) -> bytes:
        """As it goes over the wire, on a connection that stays open."""
        head = {"host": "127.0.0.1", **self.headers}
        if self.body:
            head["content-length"] = str(len(self.body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


def _headers(person: Person) -> dict[str, str]:
    return {"authorization": f"Bearer {person.token}", "user-agent": "bench", "accept": "application/json"}


def listing(scene: Scene, count: int) -> list[BenchRequest]:
    """The first page of 20 of what is to come, for one signed-in person after the other."""
    return [BenchRequest("GET", PATH, _headers(person)) for person in islice(cycle(scene.people), count)]


def documents(scene: Scene, count: int) -> list[BenchRequest]:
    """The first page of 20 documents, for one signed-in person after the other."""
    return [BenchRequest("GET", DOCUMENTS_PATH, _headers(person)) for person in islice(cycle(scene.people), count)]


def booking(scene: Scene, count: int, *, keyed: bool) -> list[BenchRequest]:
    """Each another free time; `keyed` with an Idempotency-Key."""
    return list(islice(_bookings(scene, keyed), count))


def _bookings(scene: Scene, keyed: bool) -> Iterator[BenchRequest]:
    for slot in scene.slots():
        wanted = {
            "clinician_id": slot.person.clinician_id,
            "appointment_type_id": scene.appointment_type_id,
            "location_id": scene.location_id,
            "starts_at": slot.starts_at,
        }
        headers = {**_headers(slot.person), "content-type": "application/json"}
        if keyed:
            headers["idempotency-key"] = str(uuid4())
        yield BenchRequest("POST", PATH, headers, msgspec.json.encode({"slot": wanted}), 201)


def baseline(asks: list[BenchRequest], kind: str) -> list[BenchRequest]:
    """The same number of requests to the bare handlers, each for the statements recorded under its number."""
    return [
        BenchRequest(ask.method, f"/{kind}/{number}", ask.headers, ask.body, ask.expected)
        for number, ask in enumerate(asks)
    ]
