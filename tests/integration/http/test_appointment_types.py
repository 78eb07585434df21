"""Appointment types over HTTP: what staff define, and what clients are offered."""

import pytest

from tests.support.http.open_practice import PRACTICE, OpenPractice

APPOINTMENT_TYPES = f"{PRACTICE}/options/appointment-types"


async def test_appointment_type_has_a_cpt_code(open_practice: OpenPractice) -> None:
    session = {"name": "Session, 45 minutes", "duration_minutes": 45, "cpt_code": "90834"}
    added = await open_practice.ask(open_practice.admin, "POST", APPOINTMENT_TYPES, session)
    assert added["cpt_code"] == "90834"
    path = f"{APPOINTMENT_TYPES}/{added['id']}"
    changed = await open_practice.ask(open_practice.admin, "PUT", path, {**session, "cpt_code": None, "version": 1})
    assert (changed["cpt_code"], changed["version"]) == (None, 2)


@pytest.mark.parametrize("code", ["9083", "9083a", "90834\n", "９０８３４", "\0" * 5, 90834])
async def test_other_cpt_codes_are_refused(open_practice: OpenPractice, code: object) -> None:
    session = {"name": "Session", "duration_minutes": 45, "cpt_code": code}
    answer = await open_practice.send(open_practice.admin, "POST", APPOINTMENT_TYPES, session)
    assert answer.status_code in (400, 422)
