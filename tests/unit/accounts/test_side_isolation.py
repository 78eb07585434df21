"""A session of one side is unknown on the other."""

import pytest

from portal_core.accounts.errors import ChallengeNotOpen, RefreshRefused
from portal_core.accounts.model import MAX_CHALLENGE_ATTEMPTS, Side
from portal_core.accounts.policy import address_key
from portal_core.accounts.use_cases.close_account import CloseAccountCommand
from portal_core.kernel.errors import NotFound
from tests.unit.accounts.call_recorder import record_calls
from tests.unit.accounts.use_cases import PASSWORD, AccountUseCases


async def test_client_session_is_unknown_on_practice_side() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    tokens = await use_cases.signed_in()
    assert (await use_cases.authenticated(tokens, side="portal")).must_enroll is False
    with pytest.raises(NotFound):
        await use_cases.authenticated(tokens, side="practice")
    assert "access.denied" in await use_cases.actions()


@pytest.mark.parametrize(("side", "other"), [("portal", "practice"), ("practice", "portal")])
async def test_credentials_of_one_side_are_unknown_on_the_other(side: Side, other: Side) -> None:
    use_cases = AccountUseCases()
    account = await (use_cases.add_client_account() if side == "portal" else use_cases.add_staff_account())
    first = await use_cases.signed_in(account.email, side=side)
    second = await use_cases.refreshed(first.refresh_token, side=side)
    before = await use_cases.actions()
    for token in (first.refresh_token, second.refresh_token):  # on its own side the first, used up, would end it
        with pytest.raises(RefreshRefused):
            await use_cases.refreshed(token, side=other)
    assert await use_cases.actions() == [*before, "session.refresh_refused", "session.refresh_refused"]
    third = await use_cases.refreshed(second.refresh_token, side=side)
    secret, _ = await use_cases.enrolled(third)
    challenge = await use_cases.challenge(account.email, side=side)
    for _ in range(MAX_CHALLENGE_ATTEMPTS):
        with record_calls(use_cases) as calls, pytest.raises(ChallengeNotOpen):
            await use_cases.answer_challenge(challenge, use_cases.totp(secret), side=other)
        assert not [call for call in calls if call.startswith("second_factors.")]
    assert await use_cases.answer_challenge(challenge, use_cases.totp(secret), side=side)


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
def test_attempts_are_counted_by_ipv4_address_or_ipv6_prefix(one: str, other: str, same: bool) -> None:
    assert (address_key(one) == address_key(other)) is same


async def test_closing_staff_account_removes_no_calendar_feed() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_staff_account()
    tokens = await use_cases.open_session_for(account)
    await use_cases.close(await use_cases.holder(tokens), CloseAccountCommand(PASSWORD))
    assert [name for name, _ in await use_cases.world.jobs()][-2:] == ["end_credential", "account_closed"]
    assert "client_id" not in (await use_cases.world.jobs())[-1][1]
