"""Which passwords are accepted."""

import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from adapters.local.password_strength import ZxcvbnStrength
from portal_core.accounts.errors import InvalidPassword
from portal_core.accounts.password_policy import (
    MAX_LENGTH,
    check_new_password,
    date_of_birth_words,
    forbidden_words,
    normalize_password,
)
from portal_core.accounts.settings import AccountRules, AccountSettings
from portal_core.kernel.errors import Invalid

STRENGTH = ZxcvbnStrength()


async def policy_result(password: str, *, min_length: int = 12, words: tuple[str, ...] = ()) -> str:
    """The code of the refusal, or `accepted`."""
    try:
        await check_new_password(
            password, rules=AccountRules(min_password_length=min_length), words=words, strength=STRENGTH
        )
    except InvalidPassword as invalid:
        [field] = invalid.fields
        assert field.path == "password"
        return field.code
    return "accepted"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_too_short"),
        ("abcdefghijk", "password_too_short"),
        ("abcdefghijkl", "password_common"),
        ("vG7#q2kLw9!", "password_too_short"),
        ("vG7#q2kLw9!z", "accepted"),
        ("ÅÄÖåäöñçßþð€", "accepted"),
        ("            ", "password_guessable"),
        ("bcdefghijklmno", "password_guessable"),
        ("Summer2026!!", "password_common"),
        ("1Q2W3E4R5T6Y", "password_common"),
        ("PasswordPassword", "password_common"),
        ("aaaaaaaaaaaaaaaa", "password_common"),
        ("only lower case words", "accepted"),
        ("🦉🐝🦊🐢🐙🦔🐳🦩🐞🦑🐌🦚", "accepted"),
        ("vG7#q2kL" * 16, "accepted"),
        ("vG7#q2kL" * 16 + "w", "password_too_long"),
    ],
)
async def test_password_policy_without_composition_rules(password: str, code: str) -> None:
    assert await policy_result(password) == code


async def test_practice_may_require_fifteen_characters() -> None:
    assert await policy_result("violet harbour", min_length=15) == "password_too_short"
    assert await policy_result("violet harbours", min_length=15) == "accepted"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elm street 2026", "password_from_context"),
        ("ELMSTREET-ELMSTREET", "password_from_context"),
        ("ann.lee@example.org", "password_from_context"),
        ("annabelle-annabelle", "password_from_context"),
        ("annabelle likes owls", "accepted"),
        ("street lamp orchestra", "accepted"),
    ],
)
async def test_password_of_context_words_is_rejected(password: str, code: str) -> None:
    words = forbidden_words("ann.lee@example.org", "Elm Street", "ElmStreet", "Annabelle")
    assert await policy_result(password, words=words) == code


@pytest.mark.parametrize(
    "password",
    ["17.05.1990!!", "17051990-1705", "05/17/1990 annabelle", "annabelle 19900517", "1990-05-17 elm street"],
)
async def test_password_of_the_date_of_birth_is_rejected(password: str) -> None:
    others = ("Elm Street", "Annabelle")
    words = forbidden_words(*others, *date_of_birth_words(date(1990, 5, 17)))
    assert await policy_result(password, words=words) == "password_from_context"
    assert await policy_result(password, words=forbidden_words(*others)) != "password_from_context"
    assert await policy_result(f"{password} violet harbour", words=words) == "accepted"


def test_short_words_are_ignored_as_context() -> None:
    assert forbidden_words("Jo Li", "", "a@b.co") == ("a@b.co", "jo li")


def test_password_unicode_normalization() -> None:
    composed, decomposed = "caf\u00e9 au lait, please", "cafe\u0301 au lait, please"
    assert composed != decomposed
    assert normalize_password(composed) == normalize_password(decomposed)


async def test_error_names_the_field() -> None:
    with pytest.raises(InvalidPassword) as invalid:
        await check_new_password("x", rules=AccountRules(), words=(), strength=STRENGTH, path="new_password")
    assert invalid.value.fields[0].path == "new_password"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_password_length", 11),
        ("min_password_length", 65),
        ("idle_timeout", timedelta(0)),
        ("idle_timeout", timedelta(days=30)),
        ("access_token_lifetime", timedelta(days=30)),
    ],
)
def test_account_settings_out_of_range_are_rejected(name: str, value: object) -> None:
    with pytest.raises(Invalid) as refused:
        AccountSettings(**{name: value})  # type: ignore[arg-type]
    assert [field.path for field in refused.value.fields] == [name]


@given(st.text(st.characters(), max_size=200), st.lists(st.text(max_size=20), max_size=4))
@example("\ud800" * 20, [])
@example("\x00" * 20, [])
async def test_any_accepted_text_satisfies_policy(password: str, texts: list[str]) -> None:
    words = forbidden_words(*texts)
    if await policy_result(password, words=words) != "accepted":
        return
    text = normalize_password(password)
    assert 12 <= len(text) <= MAX_LENGTH
    assert text == unicodedata.normalize("NFC", text)
    text.encode()


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=60))
def test_normalization_is_idempotent_and_lossless(password: str) -> None:
    once = normalize_password(password)
    assert normalize_password(once) == once
    assume(unicodedata.is_normalized("NFC", password))
    assert once == password
