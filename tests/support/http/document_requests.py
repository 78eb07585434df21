"""Requests about documents that succeed, and the documents that they need."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.support.http.planted_rows import ask_for_review
from tests.support.http.request_values import RequestValues
from tests.support.http.victim_and_attacker import PORTAL, PRACTICE, AttackScenario

CONTENT = b"Member 4711, valid until 2027.\n"
"""The content of every file."""


async def document_requests(
    attack: AttackScenario, post: Callable[..., Awaitable[Any]], ids: dict[str, str], clinician: str
) -> dict[str, RequestValues]:
    """Values for documents on both sides; adds to `ids`. `clinician` is the token of one."""
    admin, theo = attack.administrator, attack.victim
    client = f"{PRACTICE}/clients/{ids['client_id']}"
    letter = {"category": "letter", "title": "A letter", "file_name": "letter.txt", "share": True}
    shared, withheld, reviewed, empty = [(await post(admin, f"{client}/documents", letter))["id"] for _ in range(4)]
    for one in (shared, withheld, reviewed):
        await _send(attack, admin, f"{client}/documents/{one}/content")
    await attack.portal.run_jobs()
    ground = {"basis": "danger_to_life_or_safety", "reason": "It names somebody."}
    await post(clinician, f"{client}/documents/{withheld}/withhold", ground)
    ask_for_review(attack.portal.database.owner, reviewed)
    announced = await post(theo, f"{PORTAL}/documents", {"category": "other", "file_name": "x.txt"})
    link = await post(theo, f"{PORTAL}/documents/{shared}/download", method="GET")
    ids["token"] = link["path"].partition("?")[0].rpartition("/")[2]
    stated = {"statement": "It was the third.", "reason": "I was there."}
    denied, disagreed = [(await post(theo, f"{PORTAL}/amendment-requests", stated))["id"] for _ in range(2)]
    for one in (denied, disagreed):
        why = {"basis": "accurate_and_complete", "answer": "It is right."}
        await post(admin, f"{client}/amendment-requests/{one}/deny", why)
    disagreement = f"{PORTAL}/amendment-requests/{disagreed}/disagreement"
    await post(theo, disagreement, {"statement": "It is not."})
    ids["document_id"] = shared
    unversioned = RequestValues(body={"version": None})
    return {
        **dict.fromkeys(
            (
                "add_document_version",
                "change_document",
                "share_document",
                "revoke_document",
                "accept_amendment_request",
                "deny_amendment_request",
                "extend_amendment_request",
                "withdraw_amendment_request",
            ),
            unversioned,
        ),
        "send_client_document_content": RequestValues({"document_id": empty}),
        "send_document_content": RequestValues({"document_id": announced["id"]}),
        "withhold_document": RequestValues(body={"version": None}, token=clinician),
        "release_document": RequestValues({"document_id": withheld}, body={"version": None}, token=clinician),
        "review_withholding": RequestValues({"document_id": reviewed}, body={"version": None}, token=clinician),
        "request_withholding_review": RequestValues({"document_id": withheld}),
        "search_documents": RequestValues(body={"after": None}),
        "search_client_documents": RequestValues(body={"after": None}),
        "disagree_with_denial": RequestValues({"amendment_request_id": denied}, body={"version": None}),
        "rebut_disagreement": RequestValues({"amendment_request_id": disagreed}, body={"version": None}),
    }


async def _send(attack: AttackScenario, token: str, path: str) -> None:
    async with attack.http_client(token) as client:
        answer = await client.put(path, content=CONTENT)
    assert answer.status_code == 200, f"PUT {path}: {answer.text}"
