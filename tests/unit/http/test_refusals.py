"""Refusals that no use case audits are recorded, and do not flood the audit log."""

import io
import json

from entrypoints.http.dependencies import HttpSettings
from entrypoints.http.server.cookies import SessionCookies
from entrypoints.http.server.refusals import INTERVAL_SECONDS
from entrypoints.observability.logs import ACCESS
from portal_core.accounts.use_cases.record_refusal import RecordRefusalCommand
from portal_core.kernel.actor import ClientActor, VisitorActor
from portal_core.kernel.errors import Unavailable
from tests.support.http.toy_feature import ADA, ADAS_TOKEN, BOBS_TOKEN, FakePracticeDirectory, FakeRefusals
from tests.unit.http.conftest import http_client

TOYS = "/api/v1/portal/toys"
LIMITED = f"{TOYS}/fail/limited"
COOKIE = {"authorization": "", "cookie": f"{SessionCookies(HttpSettings()).access_name}={ADAS_TOKEN}"}


async def test_limit_is_recorded_with_who_met_it() -> None:
    refusals = FakeRefusals()
    async with http_client(record_refusal=refusals) as client:
        assert (await client.patch(LIMITED)).status_code == 429
    [(actor, command)] = refusals.recorded
    assert isinstance(actor, ClientActor)
    assert (actor.client_id, actor.origin.address) == (ADA, "203.0.113.7")
    assert command == RecordRefusalCommand("rate_limited", "fail_toy")


async def test_change_without_csrf_token_is_recorded_as_of_a_visitor() -> None:
    refusals = FakeRefusals()
    async with http_client(record_refusal=refusals, token="") as client:
        answer = await client.post(TOYS, json={"name": "Bear"}, headers={"cookie": COOKIE["cookie"]})
        assert answer.json()["code"] == "csrf_token_invalid"
    [(actor, command)] = refusals.recorded
    assert isinstance(actor, VisitorActor)
    assert actor.origin.address == "203.0.113.7"
    assert command == RecordRefusalCommand("csrf_token_invalid", "add_toy")


async def test_floods_are_recorded_once_a_minute() -> None:
    refusals, now = FakeRefusals(), [0.0]
    async with http_client(record_refusal=refusals, seconds=lambda: now[0]) as client:
        for at, recorded in ((0, 1), (1, 1), (INTERVAL_SECONDS - 1, 1), (INTERVAL_SECONDS, 2)):
            now[0] = at
            await client.patch(LIMITED)
            assert len(refusals.recorded) == recorded
        async with http_client(record_refusal=refusals, peer="203.0.113.8") as other:
            await other.patch(LIMITED)
    assert len(refusals.recorded) == 3


async def test_practices_and_accounts_do_not_hide_each_others_refusals() -> None:
    refusals = FakeRefusals()
    async with http_client(record_refusal=refusals, practices=FakePracticeDirectory()) as client:
        for slug in ("north", "south"):
            for token in (ADAS_TOKEN, BOBS_TOKEN):
                for _ in range(2):
                    headers = {"portal-practice": slug, "authorization": f"Bearer {token}"}
                    assert (await client.patch(LIMITED, headers=headers)).status_code == 429
    assert len({(one.practice_id, one.account_id) for one, _ in refusals.recorded}) == len(refusals.recorded) == 4


async def test_other_errors_and_the_general_throttle_are_not_recorded() -> None:
    refusals = FakeRefusals()
    settings = HttpSettings(throttle_rate=1, throttle_burst=2)
    async with http_client(record_refusal=refusals, settings=settings) as client:
        assert (await client.patch(f"{TOYS}/fail/forbidden")).status_code == 403
        assert (await client.get("/nowhere")).status_code == 404
        for _ in range(3):
            answer = await client.get(TOYS)
        assert answer.status_code == 429
    assert refusals.recorded == []


async def test_refusal_stands_when_it_cannot_be_recorded() -> None:
    class Failing:
        async def __call__(self, actor: object, command: RecordRefusalCommand) -> None:
            raise Unavailable

    async with http_client(record_refusal=Failing()) as client:
        assert (await client.patch(LIMITED)).status_code == 429


async def test_access_log_has_the_address(logged: io.StringIO) -> None:
    async with http_client(peer="2001:db8::1") as client:
        await client.get(TOYS)
    ACCESS.flush()
    [line] = [json.loads(one) for one in logged.getvalue().splitlines() if '"event":"request"' in one]
    assert line["address"] == "2001:db8::1"
