"""Contract of password strength checks. Subclasses provide the fixture `strength`."""

from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_core.accounts.identity_provider import PasswordStrength
from portal_core.accounts.password_policy import MAX_LENGTH, MIN_GUESSES_LOG10

NAMES = ("rosalind franklin", "elm street", "franklin", "rosalind", "street")
SYMBOLS = "4@8({[<369!1|70$5+7%2"
"""All symbols that stand for letters: the text with the most readings."""

GUESSED = [
    *("", "x", "vG7#", "vG7#q2k", " " * 12, "a" * MAX_LENGTH, "abcdefgh" * 16),
    *("abcdefghijklmno", "123456789012", "qwertyuiopasdf", "03/02/2026"),
    *("passwordpassword", "p4ssw0rdp@$$word", "drowssapdrowssap"),
]
NOT_GUESSED = [
    *("violet harbour 7 trombone", "vG7#q2kLw9!z", "vG7#q2kLw9!z" + "a" * 116, SYMBOLS),
    *("тихая река за холмом", "ÅÄÖåäöñçßþð€", "🦉🐝🦊🐢🐙🦔🐳🦩🐞🦑🐌🦚"),
]


class PasswordStrengthContract:
    """An estimate below `MIN_GUESSES_LOG10` means that the password is refused."""

    @pytest.mark.parametrize("password", ["password", "PASSWORD", "1q2w3e4r5t6y", "1Q2W3E4R5T6Y", "Password1234"])
    async def test_common_passwords_are_detected_in_any_case(self, strength: PasswordStrength, password: str) -> None:
        assert await strength.is_common(password)
        assert await strength.guesses_log10(password, ()) < MIN_GUESSES_LOG10

    @pytest.mark.parametrize(
        "password",
        [
            *("neversaymypassword", "PasswordPassword", "password" * 16),
            *("Summer2024Summer", "Spring2025!!!", "Winter2026Winter2026!", "sunshine sunshine"),
            *("!QAZ2wsx#EDC4rfv", "!@#$%^&*()!@#$%^&*()"),
        ],
    )
    async def test_what_is_made_of_a_common_password_is_common(self, strength: PasswordStrength, password: str) -> None:
        assert await strength.is_common(password)

    @pytest.mark.parametrize(
        "password", ["", "violet harbour 7 trombone", "violet2024harbour", "sunshine4815162342", "é" * 12, "\x00" * 12]
    )
    async def test_other_passwords_are_not_common(self, strength: PasswordStrength, password: str) -> None:
        assert not await strength.is_common(password)

    @pytest.mark.parametrize("password", GUESSED)
    async def test_short_and_patterned_passwords_are_weak(self, strength: PasswordStrength, password: str) -> None:
        assert await strength.guesses_log10(password, ()) < MIN_GUESSES_LOG10

    @pytest.mark.parametrize("password", NOT_GUESSED)
    async def test_long_and_random_passwords_are_strong(self, strength: PasswordStrength, password: str) -> None:
        assert await strength.guesses_log10(password, ()) >= MIN_GUESSES_LOG10
        assert await strength.guesses_log10(password, NAMES) >= MIN_GUESSES_LOG10

    @pytest.mark.parametrize("word", ["kvistholmen", "Kvistholmen", "KVISTHOLMEN"])
    async def test_personal_words_add_little_strength(self, strength: PasswordStrength, word: str) -> None:
        without = await strength.guesses_log10(word, ())
        known = await strength.guesses_log10(word, ("zetterqvist", "kvistholmen"))
        assert known < MIN_GUESSES_LOG10 <= without
        after = await strength.guesses_log10(word + "-trombone-7", ("kvistholmen",))
        assert after < await strength.guesses_log10(word + "-trombone-7", ())

    async def test_personal_words_do_not_leak_between_calls(self, strength: PasswordStrength) -> None:
        before = await strength.guesses_log10("kvistholmen", ())
        await strength.guesses_log10("kvistholmen", ("kvistholmen",))
        assert await strength.guesses_log10("kvistholmen", ()) == before
        assert await strength.guesses_log10("kvistholmen", ("zetterqvist",)) == before

    @pytest.mark.parametrize("password", ["a" * 1_000_000, SYMBOLS * 6, SYMBOLS * 50_000, "vG7#q2kLw9!z" * 100_000])
    async def test_any_length_has_an_estimate(self, strength: PasswordStrength, password: str) -> None:
        assert not await strength.is_common(password)
        assert 0 <= (await strength.guesses_log10(password, NAMES)) <= MAX_LENGTH * 2

    @given(st.text(max_size=MAX_LENGTH), st.lists(st.text(max_size=20), max_size=4))
    async def test_any_text_has_an_estimate(self, strength: PasswordStrength, password: str, words: list[str]) -> None:
        estimate = await strength.guesses_log10(password, tuple(words))
        assert isfinite(estimate)
        assert estimate >= 0
