"""Text that people write, as it is kept."""

import pytest

from portal_core.kernel.errors import Invalid
from portal_core.kernel.text import line, lines


@pytest.mark.parametrize("text", ["", " \n ", "\u3164", "\u2800 \u2800", "\u115f\u1160\uffa0"])
def test_what_shows_nothing_is_empty(text: str) -> None:
    for read in (line, lines):
        with pytest.raises(Invalid) as refused:
            read(text, "name", 80)
        assert [one.code for one in refused.value.fields] == ["empty"]


def test_a_name_may_have_them_beside_what_is_seen() -> None:
    assert line("김\u3164민", "name", 80) == "김\u3164민"
