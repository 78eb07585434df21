"""Times in a query are RFC 3339, and every invalid parameter is named."""

from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from litestar import Controller

from entrypoints.http.app import create_app
from entrypoints.http.contract.fields import FromQuery, Instant, PageSize
from entrypoints.http.contract.routing import get
from entrypoints.http.server.request import PortalRequest
from tests.support.http.toy_feature import ADAS_TOKEN, toy_parts


class WhenController(Controller):
    path = "/when"

    @get()
    async def tell_when(
        self, request: PortalRequest, since: FromQuery[Instant | None] = None
    ) -> dict[str, datetime | None]:
        """Says it again."""
        return {"since": since}


async def ask(query: str, path: str = "when") -> Any:
    app = create_app(toy_parts(portal=[WhenController, DaysController]))
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    headers = {"authorization": f"Bearer {ADAS_TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://portal.example.org", headers=headers) as client:
        return await client.get(f"/api/v1/portal/{path}?{query}")


@pytest.mark.parametrize("said", ["0", "0.5", "1772463600", "-1", "1e3", "+5", ""])
async def test_seconds_since_1970_are_refused(said: str) -> None:
    answer = await ask(f"since={quote(said)}")
    assert answer.status_code == 422, answer.text
    assert [(one["path"], one["code"]) for one in answer.json()["errors"]] in (
        [("since", "bad_format")],
        [("since", "invalid")],
    )


async def test_rfc_3339_time_is_accepted() -> None:
    assert (await ask("since=2027-03-14T15:30:00%2B01:00")).json() == {"since": "2027-03-14T15:30:00+01:00"}
    assert (await ask("")).json() == {"since": None}
    assert (await ask("since=2027-03-14T15:30:00")).status_code == 422


class DaysController(Controller):
    path = "/days"

    @get()
    async def tell_days(
        self, request: PortalRequest, last: FromQuery[date], first: FromQuery[date], size: FromQuery[PageSize] = 1
    ) -> dict[str, date]:
        """Says them again."""
        return {"first": first, "last": last}


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("", [("last", "required"), ("first", "required")]),
        ("first=2027-03-14&size=many", [("last", "required"), ("size", "wrong_type")]),
        ("first=soon", [("last", "required"), ("first", "bad_format")]),
        ("first=soon&last=later&size=0", [("last", "bad_format"), ("first", "bad_format"), ("size", "out_of_range")]),
        ("first=0001-01-01&last=9999-01-01", [("last", "out_of_range"), ("first", "out_of_range")]),
    ],
)
async def test_every_invalid_parameter_is_named_in_the_order_of_the_route(
    query: str, errors: list[tuple[str, str]]
) -> None:
    answer = await ask(query, "days")
    assert answer.status_code == 422, answer.text
    assert [(one["path"], one["code"]) for one in answer.json()["errors"]] == errors
