"""Everybody reads how to reach the practice, and its administrator changes it."""

from uuid import UUID

import pytest

from portal_core.kernel.actor import Origin
from portal_core.kernel.errors import Invalid
from portal_core.people.use_cases.add_practice import AddPractice, AddPracticeCommand
from portal_core.people.use_cases.change_practice import ChangePractice, ChangePracticeCommand
from portal_core.people.use_cases.get_practice import GetPractice
from portal_core.people.use_cases.get_practice_contact import GetPracticeContact
from portal_core.people.views import PracticeContactView
from tests.unit.people.memory_world import MemoryPeopleUseCases


async def test_everybody_reads_the_phone_and_address_that_the_administrator_sets() -> None:
    use_cases = await MemoryPeopleUseCases.create()
    world = use_cases.world
    change, contact = ChangePractice(world.begin, world.clock), GetPracticeContact(world.begin)
    command = ChangePracticeCommand(
        "Oak", "UTC", "NY", 1, phone="518.555.0100 x2", address=" 12 Elm Street \n\n Albany,  NY 12207 "
    )
    view = await change(world.staff(), command)
    assert (view.phone, view.address) == ("+15185550100 ext. 2", "12 Elm Street\nAlbany, NY 12207")
    shown = PracticeContactView("Oak", view.phone, view.address, "UTC")
    client = world.as_client((await world.add_client()).id)
    for actor in (world.visitor, client, world.as_proxy(UUID(int=9)), world.staff("auditor"), world.system):
        assert await contact(actor) == shown
    assert await contact((await world.other_practice()).visitor) != shown
    (entry,) = await use_cases.audit_entries("practice.changed")
    assert entry.facts == {"fields": "name time_zone phone address"}
    removed = await change(world.staff(), ChangePracticeCommand("Oak", "UTC", "NY", 2, phone="  ", address="\n"))
    assert (removed.phone, removed.address) == (None, None)


@pytest.mark.parametrize("wrong", [{"phone": "1"}, {"address": "x" * 401}])
async def test_invalid_contact_leaves_the_practice_unchanged(wrong: dict[str, str]) -> None:
    world = (await MemoryPeopleUseCases.create()).world
    with pytest.raises(Invalid):
        await ChangePractice(world.begin, world.clock)(
            world.staff(), ChangePracticeCommand("Oak", "UTC", None, 1, **wrong)
        )
    assert (await GetPractice(world.begin)(world.staff())).version == 1


async def test_operator_may_give_both_when_adding_a_practice() -> None:
    world = (await MemoryPeopleUseCases.create()).world
    add = AddPractice(world.practice_factory, world.clock, world.ids)
    plain = await add(Origin(), AddPracticeCommand("oak", "Oak", "UTC", phone="", address=""))
    assert (plain.phone, plain.address) == (None, None)
    full = await add(Origin(), AddPracticeCommand("fir", "Fir", "UTC", phone="518 555 0100", address="12 Elm Street"))
    assert (full.phone, full.address) == ("+15185550100", "12 Elm Street")
    with pytest.raises(Invalid):
        await add(Origin(), AddPracticeCommand("ash", "Ash", "UTC", phone="5550100"))
