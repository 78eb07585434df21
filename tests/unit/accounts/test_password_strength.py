"""The contract suite of password strength on zxcvbn, and the limit on its work."""

import pytest
from zxcvbn import zxcvbn
from zxcvbn.matching import L33T_TABLE, enumerate_l33t_subs, relevant_l33t_subtable

from adapters.local.password_strength import ZxcvbnStrength
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
