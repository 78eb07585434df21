"""Normalization of text that people write."""

import pytest

from portal_core.kernel.errors import Invalid
from portal_core.kernel.text import multi_line_text, single_line_text


@pytest.mark.parametrize("text", ["", " \n ", "\u3164", "\u2800 \u2800", "\u115f\u1160\uffa0"])
def test_invisible_text_is_empty(text: str) -> None:
    for read in (single_line_text, multi_line_text):
        with pytest.raises(Invalid) as refused:
            read(text, "name", 80)
        assert [one.code for one in refused.value.fields] == ["empty"]


def test_text_may_fill_the_field() -> None:
    for read in (single_line_text, multi_line_text):
        assert read(f" {'a' * 80} ", "name", 80) == "a" * 80
        with pytest.raises(Invalid) as refused:
            read("a" * 81, "name", 80)
        assert [(one.path, one.code) for one in refused.value.fields] == [("name", "too_long")]


def test_invisible_characters_allowed_within_names() -> None:
    assert single_line_text("김\u3164민", "name", 80) == "김\u3164민"
