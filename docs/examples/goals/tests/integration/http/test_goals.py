"""Goals over HTTP with two signed-in clients, including what the feature gets without code of its own."""

import asyncio
from uuid import uuid4

from portal_core.people.import_rows import ClientRow
from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand
from tests.support.http.running_portal import RunningPortal

AUTH, GOALS = "/api/v1/portal/auth", "/api/v1/portal/progress/goals"
MIRA, THEO = "mira@client.example", "theo@client.example"
PASSWORD = "violet harbour 7 trombone"
DATE_OF_BIRTH = "1990-05-17"
TITLE = "Walk by the river every morning"


async def signed_in(portal: RunningPortal, email: str) -> str:
    """Registers a client, verifies the email, signs in and returns the bearer token."""
    async with portal.http_client() as http:
        await http.post(f"{AUTH}/register", json={"email": email, "date_of_birth": DATE_OF_BIRTH})
        code = await portal.mailed_code(email)
        await http.post(f"{AUTH}/verify-email", json={"email": email, "code": code, "password": PASSWORD})
        answer = await http.post(f"{AUTH}/login", json={"email": email, "password": PASSWORD})
        return str(answer.json()["access_token"])


async def two_clients(portal: RunningPortal) -> tuple[str, str]:
    practice = await portal.practice()
    clients = [
        ClientRow(2, "k1", "Mira", "Okafor", DATE_OF_BIRTH, email=MIRA),
        ClientRow(3, "k2", "Theo", "Lindqvist", DATE_OF_BIRTH, email=THEO),
    ]
    await portal.portal.use_case(ImportPeople)(portal.system(practice), ImportPeopleCommand(clients=clients))
    return await signed_in(portal, MIRA), await signed_in(portal, THEO)


def audit_entries(portal: RunningPortal, *, since: int = 0) -> list[tuple[str, str]]:
    """Audit actions on goals with their outcomes, and denials, oldest first."""
    rows = portal.database.owner.execute(
        "SELECT action, outcome FROM portal.audit_entries"
        " WHERE action LIKE 'goal%' OR action = 'access.denied' ORDER BY at, id"
    ).fetchall()
    return [(action, outcome) for action, outcome in rows][since:]


async def test_goals(portal: RunningPortal) -> None:
    mira, theo = await two_clients(portal)

    async with portal.http_client(mira) as http:
        # A request repeated with the same Idempotency-Key sets one goal and gets the same response.
        created = await http.post(GOALS, json={"title": TITLE}, headers={"idempotency-key": "river"})
        repeated = await http.post(GOALS, json={"title": TITLE}, headers={"idempotency-key": "river"})
        assert (created.status_code, repeated.status_code) == (201, 201)
        assert repeated.headers["idempotency-replayed"] == "true"
        assert repeated.json() == created.json()
        other = await http.post(GOALS, json={"title": "Another"}, headers={"idempotency-key": "river"})
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        listed = (await http.get(GOALS)).json()
        assert listed["items"] == [created.json()]
        assert audit_entries(portal) == [("goal.set", "done"), ("goals.read", "done")]

        # The title is encrypted at rest, and so is the response stored for the Idempotency-Key.
        database = portal.database.owner
        for secret in ("SELECT title FROM portal.goals", "SELECT body FROM portal.idempotent_responses"):
            assert all(TITLE.encode() not in bytes(row[0]) for row in database.execute(secret).fetchall())

        # Invalid input is refused before the use case runs.
        for body in ({"title": ""}, {"title": "x" * 201}, {"title": 7}, {"title": TITLE, "owner": str(uuid4())}, []):
            refused = await http.post(GOALS, json=body)
            assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")

    goal = created.json()
    path = f"{GOALS}/{goal['id']}/complete"
    async with portal.http_client(theo) as http:
        # Another client's goal is not found, and the attempt is in the audit log.
        before = len(audit_entries(portal))
        denied = await http.post(path, json={"version": 1})
        assert (denied.status_code, denied.json()["code"]) == (404, "not_found")
        assert audit_entries(portal, since=before) == [("access.denied", "denied")]
        assert (await http.get(GOALS)).json()["items"] == []

    async with portal.http_client(mira) as http:
        # A wrong version is refused. Of two concurrent requests with the right version, one succeeds.
        stale = await http.post(path, json={"version": 2})
        assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
        both = await asyncio.gather(*(http.post(path, json={"version": 1}) for _ in range(2)))
        done, late = sorted(both, key=lambda answer: answer.status_code)
        assert (done.status_code, done.json()["version"]) == (200, 2)
        assert (late.status_code, late.json()["code"]) == (409, "stale_version")
        twice = await http.post(path, json={"version": 2})
        assert (twice.status_code, twice.json()["code"]) == (409, "goal_completed")
        assert ("goal.completed", "done") in audit_entries(portal)

    async with portal.http_client() as http:
        assert (await http.get(GOALS)).status_code == 401
        # The OpenAPI document has the routes and their errors.
        document = (await http.get("/openapi.json")).json()
        answers = document["paths"][f"{GOALS}/{{goal_id}}/complete"]["post"]["responses"]
        assert {"200", "401", "403", "404", "409", "422"} <= set(answers)
        assert (await http.get("/problems/goal_completed")).status_code == 200
