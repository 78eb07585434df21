"""Staff whose edit is based on a version that a colleague has since changed are refused over HTTP."""

import asyncio
from typing import Any

from tests.support.http.open_practice import PRACTICE, OpenPractice

MORNING = {"weekday": 1, "start_time": "09:00", "end_time": "12:00"}


async def _shown(open_practice: OpenPractice, *paths: str) -> list[Any]:
    return [await open_practice.ask(open_practice.admin, "GET", f"{PRACTICE}{path}") for path in paths]


def _as_is(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in ("id", "version")}


async def test_edits_of_stale_versions_are_refused(open_practice: OpenPractice) -> None:
    mira = await open_practice.client()
    here, calendar = f"/clients/{mira.id}", f"/clinicians/{open_practice.clinician_id}/availability"
    booking_options, client, week = await _shown(open_practice, "/options", here, calendar)
    [appointment_type], [location] = booking_options["appointment_types"], booking_options["locations"]
    changes: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        (
            f"/options/appointment-types/{appointment_type['id']}",
            {**_as_is(appointment_type), "name": "Group", "duration_minutes": 60},
            {"version": appointment_type["version"]},
        ),
        (
            f"/options/locations/{location['id']}",
            {"name": "Annex", "time_zone": location["time_zone"], "active": True},
            {"version": location["version"]},
        ),
        (
            "/settings/appointments",
            {**_as_is(booking_options["settings"]), "max_holds_per_client": 5},
            {"version": booking_options["settings"]["version"]},
        ),
        (f"{here}/care-team", {"clinician_ids": []}, {"version": client["profile"]["version"]}),
        (calendar, {"openings": [MORNING]}, {"expected_rule_ids": [one["id"] for one in week["rules"]]}),
    ]
    for path, body, read in changes:
        changed = await open_practice.ask(open_practice.admin, "PUT", f"{PRACTICE}{path}", {**body, **read})
        before = await _shown(open_practice, "/options", here, calendar)
        stale = await open_practice.send(open_practice.admin, "PUT", f"{PRACTICE}{path}", {**body, **read})
        assert (stale.status_code, stale.json()["code"]) == (409, "stale_version"), path
        assert await _shown(open_practice, "/options", here, calendar) == before
        again = await open_practice.ask(open_practice.admin, "PUT", f"{PRACTICE}{path}", body)
        if "version" in changed:
            assert (changed["version"], again["version"]) == (read["version"] + 1, read["version"] + 2), path
    [booking_options] = await _shown(open_practice, "/options")
    assert (booking_options["appointment_types"][0]["name"], booking_options["locations"][0]["name"]) == (
        "Group",
        "Annex",
    )
    assert booking_options["settings"]["max_holds_per_client"] == 5


async def test_concurrent_publishing_has_one_winner(open_practice: OpenPractice) -> None:
    path = f"{PRACTICE}/clinicians/{open_practice.clinician_id}/availability"
    week = await open_practice.ask(open_practice.admin, "GET", path)
    expected_rule_ids = [one["id"] for one in week["rules"]]
    bodies = [{"openings": [{**MORNING, "weekday": day}], "expected_rule_ids": expected_rule_ids} for day in range(3)]
    answers = await asyncio.gather(*(open_practice.send(open_practice.admin, "PUT", path, body) for body in bodies))
    assert sorted(one.status_code for one in answers) == [200, 409, 409]
    [published] = [one.json() for one in answers if one.status_code == 200]
    assert (await open_practice.ask(open_practice.admin, "GET", path))["rules"] == published["rules"]
