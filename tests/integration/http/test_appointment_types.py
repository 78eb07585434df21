"""Appointment types over HTTP: what staff define, and what clients are offered."""

from typing import Any

import pytest

from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice

APPOINTMENT_TYPES = f"{PRACTICE}/options/appointment-types"


def _given(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name != "id"}


async def test_appointment_type_has_a_cpt_code(open_practice: OpenPractice) -> None:
    session = {"name": "Session, 45 minutes", "duration_minutes": 45, "cpt_code": "90834"}
    added = await open_practice.ask(open_practice.admin, "POST", APPOINTMENT_TYPES, session)
    assert added["cpt_code"] == "90834"
    path = f"{APPOINTMENT_TYPES}/{added['id']}"
    changed = await open_practice.ask(open_practice.admin, "PUT", path, {**_given(added), "cpt_code": None})
    assert (changed["cpt_code"], changed["version"]) == (None, 2)


@pytest.mark.parametrize("code", ["9083", "9083a", "90834\n", "９０８３４", "\0" * 5, 90834])
async def test_other_cpt_codes_are_refused(open_practice: OpenPractice, code: object) -> None:
    session = {"name": "Session", "duration_minutes": 45, "cpt_code": code}
    answer = await open_practice.send(open_practice.admin, "POST", APPOINTMENT_TYPES, session)
    assert answer.status_code in (400, 422)


async def test_clients_are_offered_what_their_care_team_has_hours_for(open_practice: OpenPractice) -> None:
    mira = await open_practice.client()
    intake = {"name": "Intake", "duration_minutes": 60}
    added = await open_practice.ask(open_practice.admin, "POST", APPOINTMENT_TYPES, intake)
    other = await open_practice.ask(open_practice.admin, "POST", f"{PRACTICE}/clinicians", {"name": "Dr. Oak"})
    monday = {"weekday": 0, "start_time": "09:00", "end_time": "12:00"}

    async def publish(clinician_id: object, *types: str) -> None:
        week = {"openings": [{**monday, "appointment_type_ids": list(types)}]}
        path = f"{PRACTICE}/clinicians/{clinician_id}/availability"
        await open_practice.ask(open_practice.admin, "PUT", path, week)

    async def offered() -> tuple[set[str], int]:
        options = await open_practice.ask(mira, "GET", f"{PORTAL}/appointments/options")
        return {one["id"] for one in options["appointment_types"]}, len(options["locations"])

    session = str(open_practice.appointment_type_id)
    await publish(other["id"], added["id"])
    await publish(open_practice.clinician_id, session)
    assert await offered() == ({session}, 0)
    await publish(open_practice.clinician_id, session, added["id"])
    assert await offered() == ({session, added["id"]}, 0)
    team = f"{PRACTICE}/clients/{mira.id}/care-team"
    await open_practice.ask(open_practice.admin, "PUT", team, {"clinician_ids": []})
    assert await offered() == (set(), 0)
