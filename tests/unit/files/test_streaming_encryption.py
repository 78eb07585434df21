"""The format of stored content: as Tink reads and writes it, and whatever is altered is refused."""

import io
import os
from collections.abc import Sequence
from functools import cache
from uuid import UUID

import pytest
import tink
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.encryption.cipher import DecryptionFailed
from adapters.encryption.streaming import HEADER_BYTES, SEGMENT_BYTES, ContentDecryptor, ContentEncryptor, Segments
from portal_core.files.content_ports import ContentKey
from tests.support.files import tink_oracle

KEY, OTHER_KEY = ContentKey(bytes(range(32))), ContentKey(bytes(32))
OBJECT, OTHER_OBJECT = UUID(int=7), UUID(int=8)
FIRST = SEGMENT_BYTES - HEADER_BYTES - 16
LATER = SEGMENT_BYTES - 16
BORDERS = [0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + LATER - 1, FIRST + LATER, FIRST + LATER + 1]
SIZES = st.sampled_from(BORDERS) | st.integers(0, 4 * SEGMENT_BYTES)
NOISE = os.urandom(5 * SEGMENT_BYTES)


def encrypted(plain: bytes, pieces: Sequence[int] = ()) -> bytes:
    """As stored; `pieces` are the sizes in which the content comes."""
    encryptor, rest, stored = ContentEncryptor(KEY, OBJECT), io.BytesIO(plain), b""
    for size in pieces:
        stored += encryptor.feed(rest.read(size))
    return stored + encryptor.feed(rest.read()) + encryptor.finish()


@cache
def four_segments() -> bytes:
    return encrypted(NOISE[: FIRST + 2 * LATER + 1000])


def decrypted(
    stored: bytes, size: int | None = None, key: ContentKey = KEY, object_id: UUID = OBJECT, order: Sequence[int] = ()
) -> bytes:
    """All segments, decrypted in the given order; the size is concluded from what is stored."""
    segments = Segments(size_of(stored) if size is None else size)
    if size is None and segments.stored_size != len(stored):
        raise DecryptionFailed("no content is stored in so many bytes")
    decryptor = ContentDecryptor(key, object_id, segments, stored[:HEADER_BYTES])
    numbers = order or range(segments.count)
    found = {
        number: decryptor.segment(number, stored[segments.stored_start(number) : segments.stored_stop(number)])
        for number in numbers
    }
    return b"".join(found[number] for number in range(segments.count))


def size_of(stored: bytes) -> int:
    """The size of the content that would be stored in so many bytes."""
    return max(0, len(stored) - HEADER_BYTES - 16 * -(-len(stored) // SEGMENT_BYTES))


def refuses(stored: bytes, **changed: object) -> bool:
    try:
        decrypted(stored, **changed)  # type: ignore[arg-type]
    except DecryptionFailed:
        return True
    return False


@given(SIZES, st.lists(st.integers(0, SEGMENT_BYTES + 9), max_size=8), st.randoms())
def test_any_segment_is_decrypted_whatever_the_pieces_in_which_the_content_came(
    size: int, pieces: list[int], chance: object
) -> None:
    plain = NOISE[:size]
    stored = encrypted(plain, pieces)
    segments = Segments(size)
    assert len(stored) == segments.stored_size
    order = list(range(segments.count))
    chance.shuffle(order)  # type: ignore[attr-defined]
    assert decrypted(stored, order=order) == plain


@given(SIZES)
def test_segments_follow_one_another_without_gap(size: int) -> None:
    segments = Segments(size)
    for number in range(segments.count):
        start = segments.start(number)
        last = (segments.start(number + 1) if number + 1 < segments.count else size) - 1
        assert size == 0 or (segments.number_at(start), segments.number_at(last)) == (number, number)
        assert segments.stored_start(number + 1) == segments.stored_stop(number) or number + 1 == segments.count
    assert segments.stored_stop(segments.count - 1) == segments.stored_size


@pytest.mark.parametrize("size", [*BORDERS, 4 * SEGMENT_BYTES])
def test_tink_reads_what_we_write(size: int) -> None:
    assert tink_oracle.decrypted(KEY, OBJECT, encrypted(NOISE[:size]), SEGMENT_BYTES) == NOISE[:size]


@pytest.mark.parametrize("size", [*BORDERS, 4 * SEGMENT_BYTES])
def test_we_read_what_tink_writes(size: int) -> None:
    stored = tink_oracle.encrypted(KEY, OBJECT, NOISE[:size], SEGMENT_BYTES)
    assert len(stored) == Segments(size).stored_size
    assert decrypted(stored) == NOISE[:size]


def test_tink_refuses_another_object() -> None:
    with pytest.raises(tink.TinkError):
        tink_oracle.decrypted(KEY, OTHER_OBJECT, encrypted(b"plain"), SEGMENT_BYTES)


@given(st.integers(0, 4 * SEGMENT_BYTES), st.integers(1, 255))
def test_any_altered_byte_is_refused(position: int, change: int) -> None:
    stored = bytearray(four_segments())
    assume(position < len(stored))
    stored[position] ^= change
    assert refuses(bytes(stored))


@given(st.integers(0, 4 * SEGMENT_BYTES))
def test_truncated_content_is_refused_wherever_it_ends(length: int) -> None:
    stored = four_segments()
    assume(length < len(stored))
    assert refuses(stored[:length])


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_content_truncated_at_a_border_is_refused(kept: int) -> None:
    assert refuses(four_segments()[: kept * SEGMENT_BYTES])


@given(st.binary(min_size=1, max_size=100) | st.sampled_from([SEGMENT_BYTES, 2 * SEGMENT_BYTES]).map(bytes))
def test_appended_bytes_are_refused(more: bytes) -> None:
    assert refuses(four_segments() + more)
    assert refuses(encrypted(NOISE[:FIRST]) + more)


@pytest.mark.parametrize(
    "order", [[1, 0, 2, 3], [0, 2, 1, 3], [0, 1, 1, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2, 3, 3], [0, 1, 2, 2, 3], [3]]
)
def test_swapped_repeated_and_missing_segments_are_refused(order: list[int]) -> None:
    stored = four_segments()
    parts = [stored[number * SEGMENT_BYTES : (number + 1) * SEGMENT_BYTES] for number in range(4)]
    assert refuses(b"".join(parts[number] for number in order))


def test_segment_of_another_content_of_the_same_key_and_object_is_refused() -> None:
    stored, other = four_segments(), encrypted(NOISE[: FIRST + 2 * LATER + 1000])
    assert refuses(stored[:SEGMENT_BYTES] + other[SEGMENT_BYTES : 2 * SEGMENT_BYTES] + stored[2 * SEGMENT_BYTES :])


@given(SIZES)
def test_wrong_key_object_and_size_are_refused(size: int) -> None:
    stored = encrypted(NOISE[:size])
    assert refuses(stored, key=OTHER_KEY)
    assert refuses(stored, object_id=OTHER_OBJECT)
    assert refuses(stored, size=size + 1)
    assert size == 0 or refuses(stored, size=size - 1)


def test_same_content_is_stored_differently_each_time() -> None:
    assert encrypted(b"same")[:HEADER_BYTES] != encrypted(b"same")[:HEADER_BYTES]


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        ContentEncryptor(ContentKey(bytes(length)), OBJECT)


def test_encryptor_holds_back_less_than_a_segment() -> None:
    encryptor, given_, returned = ContentEncryptor(KEY, OBJECT), 0, 0
    for _ in range(40):
        returned += len(encryptor.feed(NOISE[: 64 * 1024]))
        given_ += 64 * 1024
        assert given_ - returned <= SEGMENT_BYTES
