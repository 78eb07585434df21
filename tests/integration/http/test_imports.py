"""Imports over HTTP: rows that are rejected, dry runs, guardians."""

from tests.support.http.open_practice import PRACTICE, OpenPractice, refused


async def test_an_import_refuses_rows_and_not_the_rest(open_practice: OpenPractice) -> None:
    clinicians = [{"line": 2, "external_id": "c1", "name": "Dr. Brandt"}]
    clients = [
        {"line": 2, "external_id": "k1", "given_name": "Ada", "family_name": "L", "date_of_birth": "1985-12-10"},
        {"line": 3, "external_id": "k2", "given_name": "Bo", "family_name": "M", "date_of_birth": "10/12/1985"},
    ]
    clients[0]["clinicians"] = "c1"
    body = {"clinicians": clinicians, "clients": clients}
    report = await open_practice.ask(open_practice.admin, "POST", f"{PRACTICE}/imports", body)
    assert (
        report["added"],
        [(one["line"], [error["path"] for error in one["errors"]]) for one in report["rows"] if one["errors"]],
    ) == (2, [(3, ["date_of_birth"])])
    report = await open_practice.ask(open_practice.admin, "POST", f"{PRACTICE}/imports", body)
    assert (report["added"], report["unchanged"]) == (0, 2)
    known = {"line": 9, "external_id": "k1", "family_name": "Byron", "date_of_birth": None, "given_name": ""}
    changes = {"clients": [known], "dry_run": True, "dates": "us"}
    for _ in range(2):
        report = await open_practice.ask(open_practice.admin, "POST", f"{PRACTICE}/imports", changes)
        assert (report["dry_run"], report["changed"]) == (True, 1)
        assert [(one["external_id"], one["outcome"], one["fields"]) for one in report["rows"]] == [
            ("k1", "changed", ["family_name"])
        ]
    row = {"given_name": "A" * 100, "family_name": "B" * 100, "date_of_birth": "1985-12-10", "address": "C" * 200}
    many = {"clients": [{"line": n, "external_id": f"m{n}", **row} for n in range(1, 1001)]}
    report = await open_practice.ask(open_practice.admin, "POST", f"{PRACTICE}/imports", many)
    assert (report["added"], report["rejected"]) == (0, 1000)
    too_many = {**many, "clinicians": clinicians}
    assert await refused(open_practice, open_practice.admin, "POST", f"{PRACTICE}/imports", too_many) == (
        422,
        "invalid",
    )


async def test_an_import_invites_guardians_once(open_practice: OpenPractice) -> None:
    child = {"line": 2, "external_id": "g1", "given_name": "Kim", "family_name": "Lee", "date_of_birth": "2018-05-17"}
    guardians = {"guardian_email": "pa@lee.example; ma@lee.example", "guardian_may_write": "yes"}
    for dry_run, invited in ((True, 2), (False, 2), (False, 0)):
        body = {"clients": [child | guardians], "dry_run": dry_run}
        report = await open_practice.ask(open_practice.admin, "POST", f"{PRACTICE}/imports", body)
        assert [(row["guardians"], row["errors"]) for row in report["rows"]] == [(invited, [])]
    listed = await open_practice.ask(open_practice.admin, "GET", f"{PRACTICE}/invitations")
    sent = [one["email"] for one in listed["items"] if one["kind"] == "proxy"]
    assert sorted(sent) == ["ma@lee.example", "pa@lee.example"]
    body = {"clients": [child | {"guardian_email": "nobody", "guardian_until": "x", "guardian_may_write": "x"}]}
    report = await open_practice.ask(open_practice.admin, "POST", f"{PRACTICE}/imports", body)
    assert [error["path"] for error in report["rows"][0]["errors"]] == [
        "guardian_email",
        "guardian_until",
        "guardian_may_write",
    ]
