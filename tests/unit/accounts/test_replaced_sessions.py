"""Tokens and sessions that newer ones replace."""

from datetime import timedelta

import pytest

from portal_core.accounts.errors import RefreshRefused, SignInRefused
from portal_core.accounts.model import MAX_SESSIONS
from portal_core.accounts.policy import REFRESH_BY_ADDRESS
from portal_core.accounts.tokens import rotated_secrets
from portal_core.accounts.use_cases.refresh_session import RefreshSessionCommand
from portal_core.accounts.use_cases.sign_in import SignInCommand
from portal_core.accounts.views import SessionTokens
from portal_core.kernel.errors import RateLimited
from tests.unit.accounts.test_sessions import is_ended, signed_in_client
from tests.unit.accounts.use_cases import ANN, PASSWORD


async def test_repeated_refresh_gets_the_same_answer_for_ten_seconds() -> None:
    use_cases, tokens = await signed_in_client()
    first = await use_cases.refreshed(tokens.refresh_token)
    use_cases.world.clock.advance(timedelta(seconds=10))
    again = await use_cases.refreshed(tokens.refresh_token)
    assert (again.access_token, again.refresh_token) == (first.access_token, first.refresh_token)
    assert not await is_ended(use_cases, first)
    use_cases.world.clock.advance(timedelta(seconds=1))
    with pytest.raises(RefreshRefused):
        await use_cases.refreshed(tokens.refresh_token)
    assert await is_ended(use_cases, first)


async def test_failed_refreshes_from_one_address_are_limited() -> None:
    use_cases, tokens = await signed_in_client()
    visitor = use_cases.visitor("192.0.2.9")
    for _ in range(REFRESH_BY_ADDRESS.limit.max_attempts):
        with pytest.raises(RefreshRefused):
            await use_cases.refresh(visitor, RefreshSessionCommand("unknown.secret"))
    with pytest.raises(RateLimited):
        await use_cases.refresh(visitor, RefreshSessionCommand(tokens.refresh_token))
    for _ in range(3):  # what succeeds does not count
        tokens = await use_cases.refresh(use_cases.visitor("192.0.2.10"), RefreshSessionCommand(tokens.refresh_token))


async def test_refreshed_tokens_need_what_is_stored_and_what_is_not() -> None:
    secret, salt = "secret-1", "salt-1"
    assert len({*rotated_secrets(secret, salt), *rotated_secrets(secret, "salt-2"), *rotated_secrets("s", salt)}) == 6
    assert all(len(one) == 43 for one in rotated_secrets(secret, salt))  # 256 bits


async def test_sign_in_ends_the_session_that_the_browser_had() -> None:
    use_cases, tokens = await signed_in_client()
    bystander = await use_cases.signed_in()
    command = SignInCommand(ANN, PASSWORD, "cookie", replaced=tokens.access_token)
    opened = await use_cases.sign_in(use_cases.visitor(), command)
    assert isinstance(opened, SessionTokens)
    assert await is_ended(use_cases, tokens)
    assert not await is_ended(use_cases, opened)
    assert not await is_ended(use_cases, bystander)
    for unknown in ("", "unknown", tokens.access_token):
        command = SignInCommand(ANN, PASSWORD, "cookie", replaced=unknown)
        assert isinstance(await use_cases.sign_in(use_cases.visitor(), command), SessionTokens)
    with pytest.raises(SignInRefused):  # a failed sign-in ends nothing
        await use_cases.sign_in(
            use_cases.visitor(), SignInCommand(ANN, "wrong", "cookie", replaced=opened.access_token)
        )
    assert not await is_ended(use_cases, opened)


async def test_the_longest_idle_sessions_end_above_the_limit() -> None:
    use_cases, first = await signed_in_client()
    use_cases.world.clock.advance(timedelta(minutes=2))
    second = await use_cases.signed_in()
    use_cases.world.clock.advance(timedelta(minutes=2))
    await use_cases.authenticated(first)  # active again
    for _ in range(MAX_SESSIONS - 1):
        await use_cases.signed_in()
    assert await is_ended(use_cases, second)
    assert not await is_ended(use_cases, first)
