"""Billers read what bills need of clients and clinicians."""

import pytest_asyncio

from portal_core.kernel.contact import EmergencyContact
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
