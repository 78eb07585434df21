"""Normalization of text that people write."""

import pytest

from portal_core.kernel.errors import Invalid
from portal_core.kernel.text import check_free_text, multi_line_text, single_line_text, text_or_none


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


@pytest.mark.parametrize("text", ["A cold.\n\tSorry", "👩‍👩‍👧", "שלום\u200f!", "می\u200cخواهم", "x" * 50])
def test_free_text_is_kept_as_people_write_it(text: str) -> None:
    check_free_text(text, "reason", 50)


@pytest.mark.parametrize(
    ("text", "code"),
    [("x" * 51, "too_long")]
    + [(f"a{hidden}b", "characters_invalid") for hidden in ("\u202e", "\u2066", "\x1b[31m", "\x07", "\x85", "\x00")],
)
def test_free_text_without_hidden_characters(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_free_text(text, "reason", 50)
    assert [(one.path, one.code) for one in refused.value.fields] == [("reason", code)]


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "\u3164", "\u200b \u2060"])
def test_text_that_cannot_be_seen_is_absent(text: str) -> None:
    assert text_or_none(text) is None
