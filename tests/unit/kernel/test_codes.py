"""How codes are read, and the labels of mailed ones."""

import re
import unicodedata
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_core.kernel.codes import code_label, code_matches, compact_code, hash_code, normalize_code


@given(st.uuids())
def test_label_is_read_out_without_mistakes_and_stays_the_same(subject_id: UUID) -> None:
    label = code_label(subject_id)
    assert re.fullmatch("[BCDFGHJKLMNPQRSTVWXZ][2-9][BCDFGHJKLMNPQRSTVWXZ][2-9]", label)
    assert label == code_label(UUID(bytes=subject_id.bytes))


def test_labels_of_following_ids_differ() -> None:
    assert len({code_label(UUID(int=number)) for number in range(100)}) > 95


def test_label_is_no_part_of_the_id() -> None:
    subject_id = UUID("01a2297a-27e2-7000-be47-4dd3a1a2770d")
    assert code_label(subject_id) not in normalize_code(str(subject_id))


@pytest.mark.parametrize(
    "typed",
    [
        *("123456", " 123 456 ", "123-456", "123\u00a0456", "1 2 3 4 5 6\n", "\t123\u2009456"),
        *("123\u2013456", "123\u2014456", "123\u2011456", "123\u2212456", "123\u00ad456", "\ufeff123\u200b456"),
        *("１２３４５６", "１２３　４５６", "١٢٣٤٥٦", "123\N{FULLWIDTH HYPHEN-MINUS}456"),
    ],
)
def test_code_is_read_with_blanks_dashes_and_digits_of_any_width(typed: str) -> None:
    assert compact_code(typed) == "123456"
    assert code_matches(hash_code(UUID(int=1), "123456"), UUID(int=1), typed)


@pytest.mark.parametrize("typed", ["k7qm-2xnb", "K7QM 2XNB", " ｋ７ｑｍ２ｘｎｂ", "K7QM\u20142XNB"])
def test_letters_of_a_code_are_read_in_any_case_and_width(typed: str) -> None:
    assert normalize_code(typed) == "K7QM2XNB"


def test_look_alikes_are_read_as_digits() -> None:
    assert normalize_code("oO-iI lL") == "001111"


@given(st.text())
def test_any_text_is_read_and_reading_twice_changes_nothing(typed: str) -> None:
    read = compact_code(typed)
    assert not any(one.isspace() or unicodedata.category(one) == "Pd" for one in read)
    assert compact_code(read) == read
    assert hash_code(UUID(int=1), typed)
