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
    ("typed", "kept"),
    [
        ("ann@example.org", "ann@example.org"),
        ("  Ann@EXAMPLE.org\n", "ann@example.org"),
        ("ann+portal@sub.example.co.uk", "ann+portal@sub.example.co.uk"),
        ("o'neil_{x}@example.org", "o'neil_{x}@example.org"),
        ("jose\u0301@example.org", "jos\u00e9@example.org"),
    ],
)
def test_email_normalization(typed: str, kept: str) -> None:
    assert normalize_email(typed) == kept


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
def test_what_is_no_email_is_refused(typed: str) -> None:
    with pytest.raises(InvalidEmail) as unfit:
        normalize_email(typed, path="to")
    assert [(f.path, f.code) for f in unfit.value.fields] == [("to", "email_invalid")]


@given(st.text(st.characters(), max_size=40))
def test_any_text_is_normalized_or_refused(text: str) -> None:
    try:
        kept = normalize_email(text)
    except InvalidEmail:
        return
    assert normalize_email(kept) == kept
    assert normalize_email(f" {kept.upper()} ") == normalize_email(kept.upper())


def test_guard_keys_differ_by_side_and_email() -> None:
    keys = {guard_key(side, email) for side in ("portal", "practice") for email in ("a@b.cd", "e@f.gh")}  # type: ignore[arg-type]
    assert len(keys) == 4


def test_hash_comparison() -> None:
    assert hashes_match(hash_token("a"), hash_token("a"))
    assert not hashes_match(hash_token("a"), hash_token("b"))
    assert len(hash_token("\ud800")) == 32


@given(st.text(st.characters(), max_size=20))
def test_a_refresh_token_comes_apart_as_it_was_put_together(secret: str) -> None:
    assert split_refresh_token(join_refresh_token("family", secret)) == ("family", secret)


def test_recovery_codes_are_told_from_an_apps_digits() -> None:
    codes = generate_recovery_codes(CountingTokens())
    assert len({hash_recovery_code(code) for code in codes}) == 10
    assert all(is_recovery_code(code) for code in codes)
    assert not any(is_recovery_code(code) for code in ("", "123456", "123 456", "x" * 23, "x" * 25))


@pytest.mark.parametrize(
    "typed", ["0123456789ABCDEFGHJKMN01", "O123456789abcdefghjkmnol", " o123-4567 89abcdef-ghjkmn0I "]
)
def test_a_recovery_code_is_one_however_it_is_typed(typed: str) -> None:
    assert hash_recovery_code(typed) == hash_recovery_code("01234567-89ABCDEF-GHJKMN01")


def test_an_enrolment_that_was_not_begun_has_no_handle() -> None:
    clock, world = FixedClock(), MemoryAccountsWorld()
    empty = SecondFactor(world.practice_id, world.practice_id)
    with pytest.raises(EnrollmentNotOpen):
        empty.handle(clock.now())
    assert empty.begin("h", clock.now()).handle(clock.now() + ENROLLMENT_LIFETIME / 2) == "h"
    assert empty.redeem_recovery_code(b"unknown") is None


async def test_an_account_is_shown_without_what_its_holder_need_not_see() -> None:
    account = await MemoryAccountsWorld().account("ann@example.org")
    assert AccountView.of(account) == AccountView(account.id, "ann@example.org", "client", "active", "none")
