"""A session of one side is not there on the other."""

import pytest

from portal_core.kernel.errors import NotFound
from tests.unit.accounts.front_door import FrontDoor


async def test_a_clients_session_is_not_there_on_the_practices_side() -> None:
    door = FrontDoor()
    await door.joined()
    tokens = await door.signed_in()
    assert (await door.who(tokens, side="portal")).must_enrol is False
    with pytest.raises(NotFound):
        await door.who(tokens, side="practice")
    assert "access.denied" in await door.actions()
