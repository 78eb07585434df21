"""The forms in which emails, tokens and recovery codes are kept and compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_core.accounts.model import ENROLLMENT_LIFETIME, EnrollmentNotOpen, SecondFactor
from portal_core.accounts.policy import guard_key
from portal_core.accounts.tokens import (
    generate_recovery_codes,
    hash_recovery_code,
    hash_token,
    hashes_match,
    is_recovery_code,
    join_refresh_token,
    split_refresh_token,
)
from portal_core.accounts.views import AccountView
from portal_core.kernel.contact import InvalidEmail, normalize_email
from tests.support.clock import CountingTokens, FixedClock
from tests.unit.accounts.memory_world import MemoryAccountsWorld


@pytest.mark.parametrize(
    ("typed", "normalized"),
    [
        ("ann@example.org", "ann@example.org"),
        ("  Ann@EXAMPLE.org\n", "ann@example.org"),
        ("ann+portal@sub.example.co.uk", "ann+portal@sub.example.co.uk"),
        ("o'neil_{x}@example.org", "o'neil_{x}@example.org"),
        ("jose\u0301@example.org", "jos\u00e9@example.org"),
    ],
)
def test_email_normalization(typed: str, normalized: str) -> None:
    assert normalize_email(typed) == normalized


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "ann",
        "ann@",
        "@example.org",
        "ann@example",
        "ann@example.",
        "a nn@example.org",
        "ann@exa mple.org",
        "ann@@example.org",
        "ann@example.org, bob@example.org",
        "ann@example.org\nBcc: eve@example.org",
        "Ann <ann@example.org>",
        "\x00@example.org",
        "\ud800@example.org",
        "a\u200b@example.org",
        "a" * 65 + "@example.org",
        "a@" + "b" * 249 + ".org",
    ],
)
def test_malformed_email_is_rejected(typed: str) -> None:
    with pytest.raises(InvalidEmail) as invalid:
        normalize_email(typed, path="to")
    assert [(f.path, f.code) for f in invalid.value.fields] == [("to", "email_invalid")]


@given(st.text(st.characters(), max_size=40))
def test_any_text_is_normalized_or_refused(text: str) -> None:
    try:
        normalized = normalize_email(text)
    except InvalidEmail:
        return
    assert normalize_email(normalized) == normalized
    assert normalize_email(f" {normalized.upper()} ") == normalize_email(normalized.upper())


def test_guard_keys_differ_by_side_and_email() -> None:
    keys = {guard_key(side, email) for side in ("portal", "practice") for email in ("a@b.cd", "e@f.gh")}  # type: ignore[arg-type]
    assert len(keys) == 4


def test_hash_comparison() -> None:
    assert hashes_match(hash_token("a"), hash_token("a"))
    assert not hashes_match(hash_token("a"), hash_token("b"))
    assert len(hash_token("\ud800")) == 32


@given(st.text(st.characters(), max_size=20))
def test_refresh_token_split_reverses_join(secret: str) -> None:
    assert split_refresh_token(join_refresh_token("family", secret)) == ("family", secret)


def test_recovery_codes_are_distinguished_from_totp_codes() -> None:
    codes = generate_recovery_codes(CountingTokens())
    assert len({hash_recovery_code(code) for code in codes}) == 10
    assert all(is_recovery_code(code) for code in codes)
    assert not any(is_recovery_code(code) for code in ("", "123456", "123 456", "x" * 23, "x" * 25))


@pytest.mark.parametrize(
    "typed", ["0123456789ABCDEFGHJKMN01", "O123456789abcdefghjkmnol", " o123-4567 89abcdef-ghjkmn0I "]
)
def test_recovery_code_hash_ignores_formatting(typed: str) -> None:
    assert hash_recovery_code(typed) == hash_recovery_code("01234567-89ABCDEF-GHJKMN01")


def test_enrollment_not_started_has_no_handle() -> None:
    clock, world = FixedClock(), MemoryAccountsWorld()
    empty = SecondFactor(world.practice_id, world.practice_id)
    with pytest.raises(EnrollmentNotOpen):
        empty.handle(clock.now())
    assert empty.start_enrollment("h", clock.now()).handle(clock.now() + ENROLLMENT_LIFETIME / 2) == "h"
    assert empty.redeem_recovery_code(b"unknown") is None


async def test_account_view_shows_only_what_holder_needs() -> None:
    account = await MemoryAccountsWorld().account("ann@example.org")
    assert AccountView.of(account) == AccountView(account.id, "ann@example.org", "client", "active", "none")
