"""Another client's ids on every route of the document: 404, and nothing changes. New routes are included."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio

from tests.support.http.operations import JsonPath, Operation, operations, with_ids
from tests.support.http.running_portal import RunningPortal
from tests.support.http.victim_and_attacker import AttackScenario, add_victim_records, make_attack_scenario

# Written by every request, whoever sends it: audit entries, last activity, rate limit attempts.
LEAVES_TRACES = {"audit_entries", "tries", "sign_in_guards", "answers", "alembic_version"}
RECORD = "record"
"""The query parameter that names the record in a link."""
SHARED = {"clinician_id", "appointment_type_id", "location_id"}
"""Names of ids that belong to the practice, which any client may send."""


@pytest_asyncio.fixture(scope="module")
async def attack(shared: RunningPortal) -> AttackScenario:
    """The victim has one record of every kind. Shared by all tests here, since none of them changes anything."""
    one = await make_attack_scenario(shared)
    await add_victim_records(one)
    return one


def all_rows(portal: RunningPortal) -> dict[str, list[Any]]:
    """All rows of all tables except those in LEAVES_TRACES; sessions without their last activity."""
    owner = portal.database.owner
    names = owner.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'portal' AND tablename NOT LIKE 'audit_entries%' ORDER BY 1"
    ).fetchall()
    found = {}
    for (name,) in names:
        if name not in LEAVES_TRACES:
            columns = "to_jsonb(t) - 'last_active_at'"
            rows = owner.execute(f"SELECT {columns} AS row FROM portal.{name} AS t ORDER BY 1")  # type: ignore[arg-type]  # own SQL
            found[name] = rows.fetchall()
    return found


def body_without_request_id(answer: httpx.Response) -> dict[str, Any]:
    """The response body without the request's own id."""
    return {name: value for name, value in answer.json().items() if name != "request_id"}


@contextmanager
def nothing_changes(portal: RunningPortal) -> Iterator[None]:
    """Assert that no row changes inside the block."""
    before = all_rows(portal)
    yield
    assert all_rows(portal) == before


def routes(*sides: str) -> list[Operation]:
    """The operations that need a session of one of these sides."""
    found = [operation for operation in operations() if operation.side in sides]
    assert len(found) >= 10
    return found


def example_request(operation: Operation, ids: dict[str, str]) -> dict[str, Any]:
    """The document's example request, with these ids in place of its own."""
    path = {name: ids.get(name) or str(uuid4()) for name in operation.path_parameters} | {"section": "accounts"}
    return {
        "method": operation.method,
        "url": operation.path.format(**path),
        "params": with_ids(operation.required_parameters, ids),
        "json": with_ids(operation.example, ids),
    }


def is_client_owned(name: str, operation: Operation, attack: AttackScenario) -> bool:
    """Whether an id of this name belongs to a client; the scenario must then have the victim's."""
    assert name in attack.victim_ids, f"{operation}: victim_and_attacker.py creates no {name} for the victim"
    return name not in SHARED


def id_name(place: JsonPath) -> str:
    """The name of an id in a body: an item of `client_ids` is a `client_id`."""
    return str(place[-2]).removesuffix("s") if place[-1] == 0 else str(place[-1])


def request_pairs(operation: Operation, attack: AttackScenario) -> Iterator[list[dict[str, Any]]]:
    """For each client-owned id in query or body: one request with the victim's id, and one with an unknown id."""
    shared = {name: attack.victim_ids[name] for name in SHARED}
    good = example_request(operation, shared)
    asked = [name for name in operation.ids_in_query() if name != RECORD]
    in_query = [name for name in asked if is_client_owned(name, operation, attack)]
    in_body = [place for place in operation.ids_in_body() if is_client_owned(id_name(place), operation, attack)]
    in_path = [name for name in operation.path_parameters if name not in SHARED]
    assert not (in_path and in_query + in_body), f"{operation}: the scenario has no {in_path} of the attacker"
    for name in in_query:
        yield [{**good, "params": good["params"] | {name: one}} for one in (attack.victim_ids[name], str(uuid4()))]
    for place in in_body:
        ids = (attack.victim_ids[id_name(place)], str(uuid4()))
        yield [{**good, "json": with_ids(operation.minimal_body(place, one), shared)} for one in ids]


async def test_ids_of_another_client_are_not_found(attack: AttackScenario) -> None:
    tried = 0
    with nothing_changes(attack.portal):
        async with attack.http_client(attack.attacker) as ask:
            for operation in routes("portal"):
                if [name for name in operation.path_parameters if is_client_owned(name, operation, attack)]:
                    answer = await ask.request(**example_request(operation, attack.victim_ids))
                    assert answer.status_code == 404, f"{operation}: {answer.status_code} {answer.text}"
                    assert answer.json()["code"] == "not_found", str(operation)
                    tried += 1
    assert tried >= 10


async def test_victims_id_in_query_or_body_is_indistinguishable_from_an_unknown_id(
    attack: AttackScenario,
) -> None:
    tried = 0
    with nothing_changes(attack.portal):
        async with attack.http_client(attack.attacker) as ask:
            for operation in routes("portal"):
                for theirs, nobodys in request_pairs(operation, attack):
                    answer = await ask.request(**theirs)
                    assert answer.status_code == 404, f"{operation}: {answer.status_code} {answer.text}"
                    assert body_without_request_id(answer) == body_without_request_id(await ask.request(**nobodys)), (
                        str(operation)
                    )
                    tried += 1
    assert tried >= 1


async def test_victims_record_is_indistinguishable_from_an_unknown_record(attack: AttackScenario) -> None:
    """The record is named in the header by which a proxy selects a client, or in a link."""
    with nothing_changes(attack.portal):
        for operation in routes("portal"):
            request = example_request(operation, attack.victim_ids)
            for in_link in (False, True) if RECORD in operation.ids_in_query() else (False,):
                answers = []
                for record in (attack.victim_ids["client_id"], str(uuid4())):
                    headers = {} if in_link else {"portal_client": record}
                    query = {**request["params"], RECORD: record} if in_link else request["params"]
                    async with attack.http_client(attack.attacker, **headers) as ask:
                        answers.append(await ask.request(**{**request, "params": query}))
                theirs, nobodys = answers
                assert theirs.status_code == 404, f"{operation}: {theirs.status_code} {theirs.text}"
                assert body_without_request_id(theirs) == body_without_request_id(nobodys), str(operation)


async def test_practice_routes_are_not_found_for_clients(attack: AttackScenario) -> None:
    with nothing_changes(attack.portal):
        async with attack.http_client(attack.attacker) as ask:
            for operation in routes("practice"):
                answer = await ask.request(**example_request(operation, attack.victim_ids))
                assert answer.status_code == 404, f"{operation}: {answer.status_code} {answer.text}"


async def test_routes_with_sessions_refuse_unauthenticated_requests(attack: AttackScenario) -> None:
    with nothing_changes(attack.portal):
        async with attack.portal.http_client() as ask:
            for operation in routes("portal", "practice"):
                answer = await ask.request(**example_request(operation, attack.victim_ids))
                assert answer.status_code == 401, f"{operation}: {answer.status_code} {answer.text}"


async def test_token_is_valid_for_one_practice_only(portal: RunningPortal) -> None:
    attack = await make_attack_scenario(portal)
    await portal.practice("oak-street")
    portal.portal.parts.directory()._until = 0.0  # another practice is seen within half a minute
    async with attack.http_client(attack.victim, portal_practice="oak-street") as ask:
        assert (await ask.get("/api/v1/portal/profile")).status_code == 401
    async with AttackScenario.http_client(attack, attack.victim, portal_practice="elm-street") as ask:
        assert (await ask.get("/api/v1/portal/profile")).status_code == 200
