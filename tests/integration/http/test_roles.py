"""Which role may call which route. The table in docs/reference/roles.md is what the portal itself answers.

To renew it: PORTAL_RENEW_PAGES=1 pytest tests/integration/http/test_roles.py. Review the difference for what it opens.
"""

import os
import re

import httpx

from portal_core.kernel.actor import ROLES
from tests.docs.example_merge import ROOT
from tests.support.http.hostile_requests import HostileRequests
from tests.support.http.operations import Operation, operations
from tests.support.http.valid_requests import ValidRequests
from tests.support.http.victim_and_attacker import PRACTICE

PAGE = ROOT / "docs/reference/roles.md"
BEGIN, END = "<!-- roles -->\n", "<!-- end -->\n"
OWN_ACCOUNT = f"{PRACTICE}/auth/"
"""Routes about the account of whoever calls them, in any role."""


READING_POSTS = ("search_clients", "search_client_documents", "invite_clients")
"""Operations that tell whom they found, although they are no GET."""


async def answer(
    valid_requests: ValidRequests, operation: Operation, who: str, *, own_clients: bool = False
) -> httpx.Response:
    """What a request that is otherwise valid answers to this member of staff.

    With `own_clients`, where the practice lets clinicians see own clients only.
    """
    request = HostileRequests(valid_requests, operation, thorough=False).valid_request()
    bearer = (b"authorization", f"Bearer {valid_requests.staff_tokens[who]}".encode())
    headers = (bearer, *(one for one in request.headers if one[0] != b"authorization"))
    try:
        if own_clients:
            async with valid_requests.attack.http_client(valid_requests.tokens["practice"]) as client:
                path = f"{PRACTICE}/settings/accounts"
                settings = {**(await client.get(path)).json(), "clinicians_see": "own_clients"}
                assert (await client.put(path, json=settings)).is_success
        return await valid_requests.ask(request.method, request.target, headers, request.body)
    finally:
        valid_requests.snapshot.restore()


async def cell(valid_requests: ValidRequests, operation: Operation, role: str) -> str:
    """Whether the role may call the route.

    `own`: a colleague of the clinician finds nothing there, or not what an administrator does. `all or own`: so it is
    if clinicians see own clients only. `part`: the role is shown less than an administrator.
    """
    found = await answer(valid_requests, operation, role)
    assert found.status_code < 500
    if found.status_code in (403, 404):
        return "-"
    whole = await answer(valid_requests, operation, "administrator")
    if role != "clinician":
        return "part" if shows_less(operation, found, whole) else "yes"
    if shows_less(operation, await answer(valid_requests, operation, "colleague"), whole):
        return "own"
    confined = await answer(valid_requests, operation, "colleague", own_clients=True)
    return "all or own" if shows_less(operation, confined, whole) else "yes"


def shows_less(operation: Operation, found: httpx.Response, whole: httpx.Response) -> bool:
    """Whether nothing was found, or a route that reads shows something else than the whole."""
    reads = operation.method == "GET" or operation.operation_id in READING_POSTS
    return found.status_code == 404 or (reads and _for_everybody(found) != _for_everybody(whole))


def _for_everybody(answer: httpx.Response) -> bytes:
    """The content without why a document is withheld, which clinicians alone read."""
    return re.sub(rb'"reason":"[^"]*"', b'"reason":null', answer.content)


async def test_the_page_shows_what_each_role_may_call(valid_requests: ValidRequests) -> None:
    routes = [one for one in operations() if one.side == "practice" and not one.path.startswith(OWN_ACCOUNT)]
    rows = [
        f"| `{one.method} {one.path.removeprefix(PRACTICE) or '/'}` | `{one.operation_id}` | "
        + " | ".join([await cell(valid_requests, one, role) for role in ROLES])
        + " |"
        for one in sorted(routes, key=lambda one: (one.path, one.method))
    ]
    assert len(rows) > 70
    head = f"| route | operation | {' | '.join(role.replace('_', ' ') for role in ROLES)} |"
    table = "\n".join([head, "|" + " --- |" * (2 + len(ROLES)), *rows]) + "\n"
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    renewed = before + BEGIN + table + END + after
    if os.environ.get("PORTAL_RENEW_PAGES"):
        PAGE.write_text(renewed)
    assert page == renewed, f"what a role may call has changed; if it is intended:\n{__doc__}"
