"""A session of one side is not there on the other."""

import pytest

from portal_core.accounts.errors import ChallengeOver, RefreshRefused
from portal_core.accounts.model import CHALLENGE_TRIES, Side
from portal_core.accounts.policy import address_key
from portal_core.accounts.use_cases.close_account import CloseAccountCommand
from portal_core.kernel.errors import NotFound
from tests.unit.accounts.call_recorder import counted
from tests.unit.accounts.use_cases import PASSWORD, FrontDoor


async def test_a_clients_session_is_not_there_on_the_practices_side() -> None:
    door = FrontDoor()
    await door.joined()
    tokens = await door.signed_in()
    assert (await door.who(tokens, side="portal")).must_enrol is False
    with pytest.raises(NotFound):
        await door.who(tokens, side="practice")
    assert "access.denied" in await door.actions()


@pytest.mark.parametrize(("side", "other"), [("portal", "practice"), ("practice", "portal")])
async def test_what_was_given_on_one_side_is_unknown_on_the_other_and_stays_good(side: Side, other: Side) -> None:
    door = FrontDoor()
    account = await (door.joined() if side == "portal" else door.hired())
    first = await door.signed_in(account.email, side=side)
    second = await door.refreshed(first.refresh_token, side=side)
    before = await door.actions()
    for token in (first.refresh_token, second.refresh_token):  # the first was used: on its own side it ends the family
        with pytest.raises(RefreshRefused):
            await door.refreshed(token, side=other)
    assert await door.actions() == before
    third = await door.refreshed(second.refresh_token, side=side)
    secret, _ = await door.enrolled(third)
    asked = await door.asked(account.email, side=side)
    for _ in range(CHALLENGE_TRIES):
        with counted(door) as calls, pytest.raises(ChallengeOver):
            await door.answered(asked, door.totp(secret), side=other)
        assert not [call for call in calls if call.startswith("second_factors.")]
    assert await door.answered(asked, door.totp(secret), side=side)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("203.0.113.7", "::ffff:203.0.113.7", True),
        ("", "", True),
        ("not an address", "another", False),
    ],
)
def test_tries_are_counted_by_address_and_by_the_whole_64_of_ipv6(one: str, other: str, same: bool) -> None:
    assert (address_key(one) == address_key(other)) is same


async def test_closing_an_account_of_staff_ends_nobodys_feed() -> None:
    door = FrontDoor()
    account = await door.hired()
    tokens = await door.signed_in_as(account)
    await door.close(await door.holder(tokens), CloseAccountCommand(PASSWORD))
    assert "drop_calendar_feed" not in [name for name, _ in await door.world.jobs()]
    assert (await door.world.jobs())[-1][0] == "disable_credential"
