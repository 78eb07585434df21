"""Which passwords are taken."""

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from adapters.local.password_strength import ZxcvbnStrength
from portal_core.accounts.errors import InvalidPassword
from portal_core.accounts.password_policy import MAX_LENGTH, check_new_password, forbidden_words, normalize_password
from portal_core.accounts.ports import AccountRules
from portal_core.kernel.errors import Invalid

STRENGTH = ZxcvbnStrength()


def verdict(password: str, *, least: int = 12, words: tuple[str, ...] = ()) -> str:
    """The code of the refusal, or `taken`."""
    try:
        check_new_password(password, rules=AccountRules(min_password_length=least), words=words, strength=STRENGTH)
    except InvalidPassword as unfit:
        [field] = unfit.fields
        assert field.path == "password"
        return field.code
    return "taken"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_too_short"),
        ("abcdefghijk", "password_too_short"),
        ("abcdefghijkl", "password_guessable"),
        ("vG7#q2kLw9!", "password_too_short"),
        ("vG7#q2kLw9!z", "taken"),
        ("ÅÄÖåäöñçßþð€", "taken"),
        ("            ", "password_guessable"),
        ("1Q2W3E4R5T6Y", "password_common"),
        ("PasswordPassword", "password_guessable"),
        ("aaaaaaaaaaaaaaaa", "password_guessable"),
        ("only lower case words", "taken"),
        ("🦉🐝🦊🐢🐙🦔🐳🦩🐞🦑🐌🦚", "taken"),
        ("vG7#q2kL" * 16, "taken"),
        ("vG7#q2kL" * 16 + "w", "password_too_long"),
    ],
)
def test_length_common_ones_and_guesses_and_no_rules_of_composition(password: str, code: str) -> None:
    assert verdict(password) == code


def test_a_practice_may_ask_for_fifteen() -> None:
    assert verdict("violet harbour", least=15) == "password_too_short"
    assert verdict("violet harbours", least=15) == "taken"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elm street 2026", "password_from_context"),
        ("ELMSTREET-ELMSTREET", "password_from_context"),
        ("ann.lee@example.org", "password_from_context"),
        ("annabelle-annabelle", "password_from_context"),
        ("annabelle likes owls", "taken"),
        ("street lamp orchestra", "taken"),
    ],
)
def test_context_words_are_not_a_password(password: str, code: str) -> None:
    words = forbidden_words("ann.lee@example.org", "Elm Street", "ElmStreet", "Annabelle")
    assert verdict(password, words=words) == code


def test_short_words_are_ignored_as_context() -> None:
    assert forbidden_words("Jo Li", "", "a@b.co") == ("a@b.co", "jo li")


def test_password_unicode_normalization() -> None:
    composed, decomposed = "caf\u00e9 au lait, please", "cafe\u0301 au lait, please"
    assert composed != decomposed
    assert normalize_password(composed) == normalize_password(decomposed)


def test_the_field_is_named() -> None:
    with pytest.raises(InvalidPassword) as unfit:
        check_new_password("x", rules=AccountRules(), words=(), strength=STRENGTH, path="new_password")
    assert unfit.value.fields[0].path == "new_password"


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
def test_no_rule_lets_everybody_in_or_out(name: str, value: object) -> None:
    with pytest.raises(Invalid) as refused:
        AccountRules(**{name: value})  # type: ignore[arg-type]
    assert [field.path for field in refused.value.fields] == [name]


@given(st.text(st.characters(), max_size=200), st.lists(st.text(max_size=20), max_size=4))
@example("\ud800" * 20, [])
@example("\x00" * 20, [])
def test_any_text_has_a_verdict_and_what_is_taken_keeps_the_rules(password: str, texts: list[str]) -> None:
    words = forbidden_words(*texts)
    if verdict(password, words=words) != "taken":
        return
    text = normalize_password(password)
    assert 12 <= len(text) <= MAX_LENGTH
    assert text == unicodedata.normalize("NFC", text)
    text.encode()


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=60))
def test_normalising_twice_is_normalising_once_and_loses_nothing_readable(password: str) -> None:
    once = normalize_password(password)
    assert normalize_password(once) == once
    assume(unicodedata.is_normalized("NFC", password))
    assert once == password
