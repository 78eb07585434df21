"""Labels of mailed codes."""

import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from portal_core.kernel.codes import code_label, normalize_code


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
