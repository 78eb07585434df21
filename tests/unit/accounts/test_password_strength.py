"""The contract suite of password strength on zxcvbn, and the limit on its work."""

import gzip
from importlib.resources import files

import pytest
from zxcvbn import zxcvbn
from zxcvbn.matching import L33T_TABLE, enumerate_l33t_subs, relevant_l33t_subtable

from adapters.local.common_passwords import is_common_password
from adapters.local.password_strength import ZxcvbnStrength
from portal_core.accounts.password_policy import MAX_LENGTH
from tests.support.contracts.accounts.password_strength import SYMBOLS, PasswordStrengthContract


@pytest.fixture(scope="module")
def strength() -> ZxcvbnStrength:
    return ZxcvbnStrength()


class TestZxcvbnStrength(PasswordStrengthContract): ...


@pytest.mark.parametrize("password", ["a" * 128, SYMBOLS, SYMBOLS * 6, "a" * 60 + SYMBOLS, "0123456789" * 12])
async def test_strength_check_work_is_bounded(
    strength: ZxcvbnStrength, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    """Checks the factors of the running time instead of seconds: readings of symbols as letters, and length squared."""
    checked: list[str] = []

    def watched(text: str, **more: list[str]) -> object:
        checked.append(text)
        return zxcvbn(text, **more)

    monkeypatch.setattr("zxcvbn.zxcvbn", watched)
    await strength.guesses_log10(password, ())
    [text] = checked
    assert password.startswith(text)
    assert len(text) >= 12
    readings = len(enumerate_l33t_subs(relevant_l33t_subtable(text, L33T_TABLE)))
    assert readings * len(text) ** 2 < 200_000


def test_list_has_the_three_thousand_common_passwords_of_policy_length() -> None:
    packed = files("adapters.local").joinpath("long_common_passwords.txt.gz").read_bytes()
    listed = gzip.decompress(packed).decode("ascii").splitlines()
    assert len(set(listed)) == len(listed) == 4000
    assert listed == sorted(listed)
    for password in listed:
        assert 12 <= len(password) <= MAX_LENGTH
        assert password == password.casefold()
        assert "@" not in password
        assert is_common_password(password)
        assert is_common_password(password.upper())
