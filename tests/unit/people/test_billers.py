"""Billers read what bills need of clients and clinicians."""

from typing import Any

import attrs
import pytest_asyncio

from portal_core.kernel.contact import EmergencyContact
from portal_core.people.identifiers import License
from portal_core.people.use_cases.assign_care_team import AssignCareTeam, AssignCareTeamCommand
from portal_core.people.use_cases.get_client import GetClient
from portal_core.people.use_cases.list_clinicians import ListClinicians
from tests.unit.people.memory_world import MemoryPeopleUseCases


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


async def test_billers_read_what_bills_need(use_cases: MemoryPeopleUseCases) -> None:
    world, kin = use_cases.world, EmergencyContact("Jo Lee", "+12125550144")
    more = {"address": "1 Elm St", "coverage": "insured", "external_id": "E-1", "phone": "+12125550123"}
    client = await world.add_client(email="ann@example.org", pronouns="she/her", emergency_contact=kin, **more)
    await world.add_clinician(room_link="https://rooms.example/grey", npi="1234567893")
    read, list_clinicians = GetClient(world.begin, world.clock), ListClinicians(world.begin)
    for roles in (("biller",), ("biller", "auditor")):
        profile = (await read(world.staff(*roles), client.id)).profile  # type: ignore[arg-type]
        assert (profile.emergency_contact, profile.pronouns) == (None, None)
        assert {name: getattr(profile, name) for name in ("address", "coverage", "phone", "email")} == {
            **{name: more[name] for name in ("address", "coverage", "phone")},
            "email": "ann@example.org",
        }
        (clinician,) = (await list_clinicians(world.staff(*roles))).items  # type: ignore[arg-type]
        assert (clinician.room_link, clinician.npi) == (None, "1234567893")
    for actor in (world.staff("front_desk"), world.staff("biller", "clinician"), world.system):
        assert (await read(actor, client.id)).profile.emergency_contact == kin
        (clinician,) = (await list_clinicians(actor)).items
        assert clinician.room_link is not None


SHOWN_OF_CLIENT = {
    *("id", "account", "status", "state", "external_id", "created_at", "profile.client_id", "profile.name"),
    *("profile.given_name", "profile.family_name", "profile.chosen_name", "profile.date_of_birth", "profile.email"),
    *("profile.phone", "profile.address", "profile.language", "profile.coverage", "profile.version"),
}
HIDDEN_OF_CLIENT = {
    *("care_team", "profile.pronouns", "profile.emergency_contact", "profile.sign_in_email", "profile.time_zone"),
}
SHOWN_OF_CLINICIAN = {
    *("id", "name", "credentials", "time_zone", "npi", "licenses", "active", "external_id", "version"),
}


async def test_every_field_that_a_biller_sees_is_one_that_bills_need(use_cases: MemoryPeopleUseCases) -> None:
    """A field that is added to a view is put on one of the two sides, and on the page of roles."""
    world = use_cases.world
    client = await world.add_client(
        email="ann@example.org",
        chosen_name="Andy",
        pronouns="she/her",
        phone="+12125550123",
        address="1 Elm St",
        time_zone="America/Chicago",
        language="es",
        state="NY",
        emergency_contact=EmergencyContact("Jo Lee", "+12125550144"),
        coverage="insured",
        external_id="E-1",
    )
    await world.add_account("ann@example.org", "client", client_id=client.id)
    clinician = await world.add_clinician(
        room_link="https://rooms.example/grey",
        npi="1234567893",
        credentials="PhD",
        time_zone="America/Chicago",
        external_id="C-1",
        licenses=(License("NY", "1"),),
    )
    await AssignCareTeam(world.begin, world.clock)(world.staff(), AssignCareTeamCommand(client.id, (clinician.id,)))
    read, list_clinicians = GetClient(world.begin, world.clock), ListClinicians(world.begin)
    whole, part = await read(world.staff(), client.id), await read(world.staff("biller"), client.id)
    assert _given(whole) == SHOWN_OF_CLIENT | HIDDEN_OF_CLIENT
    assert _given(part) == SHOWN_OF_CLIENT
    for view, fields in (
        ((await list_clinicians(world.staff())).items[0], SHOWN_OF_CLINICIAN | {"room_link"}),
        ((await list_clinicians(world.staff("biller"))).items[0], SHOWN_OF_CLINICIAN),
    ):
        assert _given(view) == fields


def _given(view: Any, within: str = "") -> set[str]:
    """The names of the fields of a view that are not null, those of the profile with its name."""
    found = set[str]()
    for one in attrs.fields(type(view)):
        value = getattr(view, one.name)
        if one.name == "profile":
            found |= _given(value, "profile.")
        elif value is not None:
            found.add(within + one.name)
    return found
