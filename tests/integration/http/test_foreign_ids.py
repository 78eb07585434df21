"""Another client's ids on every route of the document: 404, and nothing changes. A new route is covered by itself."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from attrs import frozen

from entrypoints.http.document import document
from tests.support.portal import RunningPortal
from tests.support.story import Story, fill, told

# What asking leaves behind, whoever asks: who did it, when they were last there, how often they tried.
LEAVES_TRACES = {"audit_entries", "tries", "sign_in_guards", "answers", "alembic_version"}
SHARED = {"clinician_id", "kind_id", "place_id"}
"""Ids that belong to the practice, and are any client's to name."""


@frozen
class Operation:
    """One route of the document."""

    method: str
    path: str
    parameters: tuple[str, ...]
    query: dict[str, Any]
    body: Any
    security: bool
    polls: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations() -> Iterator[Operation]:
    """Every route, with an example of its body."""
    described = document()
    for path, methods in described["paths"].items():
        for method, one in methods.items():
            parameters = [_resolved(described, each) for each in one.get("parameters", ())]
            content = one.get("requestBody", {}).get("content", {})
            yield Operation(
                method.upper(),
                path,
                tuple(each["name"] for each in parameters if each["in"] == "path"),
                {each["name"]: _example(each) for each in parameters if each["in"] == "query" and each.get("required")},
                content.get("application/json", {}).get("example"),
                bool(one.get("security")),
                path.endswith("/events"),
            )


def _resolved(described: Any, part: Any) -> Any:
    while "$ref" in part:
        found = described
        for key in part["$ref"].split("/")[1:]:
            found = found[key]
        part = found
    return part


def _example(parameter: Any) -> Any:
    """What a required parameter may be."""
    return {"date": "2026-03-09", "uuid": str(uuid4())}[parameter["schema"]["format"]]


def with_ids(body: Any, ids: dict[str, str]) -> Any:
    """The example with the victim's ids where it has ids."""
    if isinstance(body, dict):
        return {
            name: ids[name] if name in ids and isinstance(value, str) else with_ids(value, ids)
            for name, value in body.items()
        }
    return [with_ids(one, ids) for one in body] if isinstance(body, list) else body


def everything(portal: RunningPortal) -> dict[str, list[Any]]:
    """All rows of all tables but the traces; sessions without their activity."""
    owner = portal.database.owner
    names = owner.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'portal' AND tablename NOT LIKE 'audit_entries%' ORDER BY 1"
    ).fetchall()
    found = {}
    for (name,) in names:
        if name not in LEAVES_TRACES:
            columns = "to_jsonb(t) - 'last_active_at'"
            rows = owner.execute(f"SELECT {columns} AS row FROM portal.{name} AS t ORDER BY 1")  # type: ignore[arg-type]
            found[name] = rows.fetchall()
    return found


async def test_another_clients_ids_are_not_there(portal: RunningPortal) -> None:
    story = await told(portal)
    await fill(story)
    before = everything(portal)
    tried = 0
    async with story.asking(story.attacker) as ask:
        for operation in operations():
            own = [name for name in operation.parameters if name not in SHARED]
            if not own or not operation.path.startswith("/api/v1/portal/") or not operation.security:
                continue
            missing = [name for name in own if name not in story.victims]
            assert not missing, f"{operation}: tests/support/story.py has no {missing} of the victim's"
            path = operation.path.format(**story.victims)
            body = with_ids(operation.body, story.victims)
            answer = await ask.request(operation.method, path, params=operation.query, json=body)
            assert answer.status_code == 404, f"{operation}: {answer.status_code} {answer.text}"
            assert answer.json()["code"] == "not_found", str(operation)
            tried += 1
    assert tried >= 10
    assert everything(portal) == before


async def test_an_id_of_the_victims_in_a_body_is_not_there(portal: RunningPortal) -> None:
    """Where a body names what is a client's, the victim's is as unknown as one that never was."""
    story = await told(portal)
    await fill(story)
    before = everything(portal)
    body = {"hold_id": story.victims["hold_id"]}
    async with story.asking(story.attacker) as ask:
        theirs = await ask.post("/api/v1/portal/appointments", json=body)
        nobodys = await ask.post("/api/v1/portal/appointments", json={"hold_id": str(uuid4())})
    same = ("type", "title", "status", "code")
    assert theirs.status_code in (404, 409, 422), theirs.text
    assert [theirs.json()[name] for name in same] == [nobodys.json()[name] for name in same]
    assert everything(portal) == before


async def test_the_practices_side_does_not_exist_for_a_client(portal: RunningPortal) -> None:
    story = await told(portal)
    await fill(story)
    before = everything(portal)
    ids = story.victims
    async with story.asking(story.attacker) as ask:
        for operation in operations():
            if (
                not operation.path.startswith("/api/v1/practice")
                or not operation.security
                or "/auth/" in operation.path
            ):
                continue
            known = {name: ids.get(name, str(uuid4())) for name in operation.parameters}
            known |= {"section": "accounts"} if "section" in operation.parameters else {}
            path = operation.path.format(**known)
            body = with_ids(operation.body, ids)
            answer = await ask.request(operation.method, path, params=operation.query, json=body)
            assert answer.status_code == 404, f"{operation}: {answer.status_code} {answer.text}"
    assert everything(portal) == before


async def test_nobody_reaches_what_needs_signing_in(portal: RunningPortal) -> None:
    story = await told(portal)
    await fill(story)
    before = everything(portal)
    async with portal.asking() as ask:
        for operation in operations():
            if not operation.security:
                continue
            known = {name: story.victims.get(name, str(uuid4())) for name in operation.parameters}
            known |= {"section": "accounts"} if "section" in operation.parameters else {}
            answer = await ask.request(operation.method, operation.path.format(**known), json=operation.body)
            assert answer.status_code == 401, f"{operation}: {answer.status_code} {answer.text}"
    assert everything(portal) == before


async def test_a_token_is_of_one_practice_only(portal: RunningPortal) -> None:
    story = await told(portal)
    await portal.practice("oak-street")
    portal.portal.parts.directory()._until = 0.0  # another practice is seen within half a minute
    async with story.asking(story.victim, portal_practice="oak-street") as ask:
        assert (await ask.get("/api/v1/portal/profile")).status_code == 401
    async with Story.asking(story, story.victim, portal_practice="elm-street") as ask:
        assert (await ask.get("/api/v1/portal/profile")).status_code == 200
