"""Staff who change what a colleague changed after it was shown to them are told so over HTTP."""

import asyncio
from typing import Any

from tests.support.http.open_practice import PRACTICE, ElmStreet

MORNING = {"weekday": 1, "starts": "09:00:00", "ends": "12:00:00"}


async def _shown(elm: ElmStreet, *paths: str) -> list[Any]:
    return [await elm.ask(elm.admin, "GET", f"{PRACTICE}{path}") for path in paths]


async def test_what_changed_after_it_was_shown_is_not_changed(elm: ElmStreet) -> None:
    mira = await elm.client()
    here, calendar = f"/clients/{mira.id}", f"/clinicians/{elm.clinician_id}/availability"
    offering, client, week = await _shown(elm, "/offering", here, calendar)
    [kind], [place] = offering["kinds"], offering["places"]
    changes: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        (f"/offering/kinds/{kind['id']}", {"name": "Group", "minutes": 60}, {"version": kind["version"]}),
        (f"/offering/places/{place['id']}", {"name": "Annex", "zone": place["zone"]}, {"version": place["version"]}),
        ("/offering/rules", {"holds_per_client": 5}, {"version": offering["rules"]["version"]}),
        (f"{here}/care-team", {"clinician_ids": []}, {"version": client["profile"]["version"]}),
        (calendar, {"openings": [MORNING]}, {"replaces": [one["id"] for one in week["rules"]]}),
    ]
    for path, body, read in changes:
        changed = await elm.ask(elm.admin, "PUT", f"{PRACTICE}{path}", {**body, **read})
        before = await _shown(elm, "/offering", here, calendar)
        stale = await elm.send(elm.admin, "PUT", f"{PRACTICE}{path}", {**body, **read})
        assert (stale.status_code, stale.json()["code"]) == (409, "stale_version"), path
        assert await _shown(elm, "/offering", here, calendar) == before
        again = await elm.ask(elm.admin, "PUT", f"{PRACTICE}{path}", body)
        if "version" in changed:
            assert (changed["version"], again["version"]) == (read["version"] + 1, read["version"] + 2), path
    [offering] = await _shown(elm, "/offering")
    assert (offering["kinds"][0]["name"], offering["places"][0]["name"]) == ("Group", "Annex")
    assert offering["rules"]["holds_per_client"] == 5


async def test_of_three_weeks_at_once_one_is_published(elm: ElmStreet) -> None:
    path = f"{PRACTICE}/clinicians/{elm.clinician_id}/availability"
    week = await elm.ask(elm.admin, "GET", path)
    replaces = [one["id"] for one in week["rules"]]
    bodies = [{"openings": [{**MORNING, "weekday": day}], "replaces": replaces} for day in range(3)]
    answers = await asyncio.gather(*(elm.send(elm.admin, "PUT", path, body) for body in bodies))
    assert sorted(one.status_code for one in answers) == [200, 409, 409]
    [published] = [one.json() for one in answers if one.status_code == 200]
    assert (await elm.ask(elm.admin, "GET", path))["rules"] == published["rules"]
