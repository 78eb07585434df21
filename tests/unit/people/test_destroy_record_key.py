"""Who may destroy a record's key, and how it is audited."""

import pytest

from portal_core.kernel.errors import Forbidden, NotFound
from portal_core.people.use_cases.destroy_record_key import DestroyRecordKey
from tests.unit.people.memory_world import MemoryPeopleWorld


async def test_an_administrator_destroys_a_key_once() -> None:
    world = await MemoryPeopleWorld.create()
    client = await world.add_client(address="12 Elm Street")
    destroy = DestroyRecordKey(world.begin)
    with pytest.raises(Forbidden):
        await destroy(world.staff("front_desk"), client.id)
    with pytest.raises(NotFound):
        await destroy(world.as_client(client.id), client.id)
    await destroy(world.staff("administrator"), client.id)
    assert "record.key_destroyed" in [entry.action for entry in await world.audit()]
    with pytest.raises(NotFound):
        await destroy(world.staff("administrator"), client.id)
