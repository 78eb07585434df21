"""Files are recognized by their content: whole and valid ones of the kinds that are taken, and nothing else."""

import asyncio
from io import BytesIO, RawIOBase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.local.kind_recognizer import ThreadedKindRecognizer
from portal_core.files.errors import KindNotAllowed
from portal_core.files.kinds.content_reader import PIECE_LENGTH
from portal_core.files.kinds.kind import KINDS, FileKind, FileKindName
from portal_core.files.kinds.recognition import recognize
from portal_core.kernel.errors import Overloaded, Unavailable
from tests.support.files.memory_content import MemoryContent
from tests.support.files.recognizing import EXPANDS, REFUSED, kind_of
from tests.support.files.samples import (
    SAMPLES,
    WEBP_PIXEL,
    box,
    docx,
    gif,
    heic,
    jpeg,
    pdf,
    png,
    png_chunk,
    webp,
    webp_chunk,
    zipped,
)

BINARY = sorted(SAMPLES.keys() - {"text"})


@pytest.mark.parametrize("kind", SAMPLES)
def test_valid_file_is_recognized(kind: FileKindName) -> None:
    assert recognize(BytesIO(SAMPLES[kind]), len(SAMPLES[kind])) is KINDS[kind]


@pytest.mark.parametrize("kind", BINARY)
def test_truncated_file_is_refused_wherever_it_ends(kind: FileKindName) -> None:
    data = SAMPLES[kind]
    assert {kind_of(data[:length]) for length in range(5, len(data))} == {REFUSED}
    assert {kind_of(data[:length]) for length in range(1, 5)} <= {REFUSED, "text"}  # "GIF", for example, is a text


@pytest.mark.parametrize("kind", BINARY)
def test_file_whose_start_is_missing_is_refused(kind: FileKindName) -> None:
    assert {kind_of(SAMPLES[kind][skipped:]) for skipped in (1, 2, 4, 8, 12)} == {REFUSED}


def test_text_that_ends_within_a_character_is_refused() -> None:
    data = SAMPLES["text"]
    assert [kind_of(data[:length]) for length in range(14, 18)] == ["text", REFUSED, REFUSED, "text"]


@pytest.mark.parametrize("kind", ["png", "gif", "webp", "heic", "docx"])
@pytest.mark.parametrize("appended", [b"\0", b"\n", b"PK", b"<html>", b"%PDF-1.7\n"])
def test_nothing_may_follow_an_image_or_a_document(kind: FileKindName, appended: bytes) -> None:
    assert kind_of(SAMPLES[kind] + appended) == REFUSED


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_recognized_or_refused(data: bytes) -> None:
    assert kind_of(data) in (REFUSED, EXPANDS, "text")


@given(st.sampled_from(BINARY), st.binary(max_size=200))
def test_arbitrary_bytes_behind_the_start_of_a_kind_are_refused(kind: FileKindName, data: bytes) -> None:
    assert kind_of(SAMPLES[kind][:12] + data) in (REFUSED, EXPANDS)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[FileKindName, bytes]:
    """A valid file with some bytes replaced, removed, doubled or inserted."""
    kind = draw(st.sampled_from(sorted(SAMPLES)))
    data = bytearray(SAMPLES[kind])
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        data[place : place + draw(st.integers(0, 8))] = draw(st.binary(max_size=8) | st.just(bytes(data[place:])))
    return kind, bytes(data)


@given(mutated())
def test_mutated_file_is_recognized_as_what_it_was_or_refused(one: tuple[FileKindName, bytes]) -> None:
    kind, data = one
    assert kind_of(data) in (kind, REFUSED, EXPANDS, "text")


@pytest.mark.parametrize("kind", BINARY)
def test_file_with_any_one_byte_changed_is_recognized_or_refused(kind: FileKindName) -> None:
    data = SAMPLES[kind]
    for place in range(len(data)):
        for value in (0xFF, data[place] ^ 1):
            changed = data[:place] + bytes([value]) + data[place + 1 :]
            assert kind_of(changed) in (kind, REFUSED, EXPANDS, "text")


OTHERS = {
    "nothing": b"",
    "bmp": b"BM" + bytes(60),
    "tiff": b"II*\0" + bytes(60),
    "program": b"MZ" + bytes(60),
    "elf": b"\x7fELF" + bytes(60),
    "mp4": box(b"ftyp", b"isom\0\0\0\0isommp42") + box(b"moov", bytes(8)) + box(b"mdat", b"film"),
    "avif": heic(brands=b"avif\0\0\0\0mif1avif"),
    "wav": b"RIFF" + (36).to_bytes(4, "little") + b"WAVEfmt " + bytes(28),
    "word_before_2007": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
    "zip": zipped({"a.txt": "Hello"}),
    "epub": zipped({"mimetype": "application/epub+zip", "META-INF/container.xml": "<container/>"}),
    "gzip": b"\x1f\x8b\x08" + bytes(60),
    "utf_16": "Hello".encode("utf-16"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_other_kinds_are_refused(other: str) -> None:
    assert kind_of(OTHERS[other]) == REFUSED


HIDING_A_ZIP = {
    "jpeg": lambda hidden: jpeg(comment=hidden),
    "png": lambda hidden: png(png_chunk(b"prVt", hidden)),
    "gif": lambda hidden: gif(b"!\xfe" + bytes([len(hidden)]) + hidden + b"\0"),
    "webp": lambda hidden: webp(WEBP_PIXEL, webp_chunk(b"junk", hidden)),
    "heic": lambda hidden: heic(box(b"free", hidden)),
    "pdf": lambda hidden: pdf(hidden, compress=False),
}


@pytest.mark.parametrize("kind", HIDING_A_ZIP)
def test_file_that_is_a_zip_as_well_is_refused(kind: str) -> None:
    """Programs for zips look for the end only, and take what follows it for a comment."""
    assert kind_of(HIDING_A_ZIP[kind](b"harmless")) == kind
    hidden = zipped({"a": "Hello"})
    assert kind_of(HIDING_A_ZIP[kind](hidden)) == REFUSED
    # An end of a zip within the end of another, and one with Zip64.
    assert kind_of(HIDING_A_ZIP[kind](hidden[:-22] + b"PK\x05\x06" + hidden[-22:])) == REFUSED
    assert kind_of(HIDING_A_ZIP[kind](hidden[:-14] + b"\xff" * 8 + hidden[-6:])) == REFUSED


def test_letters_of_a_zip_alone_do_not_make_one() -> None:
    empty_zip = b"PK\x05\x06" + bytes(18)
    for harmless in (b"PK\x03\x04", b"PK\x05\x06", empty_zip, b"PK\x05\x06" + b"\x7f" * 18):
        assert kind_of(png(png_chunk(b"prVt", harmless))) == "png"


@pytest.mark.parametrize("kind", sorted(HIDING_A_ZIP.keys() - {"pdf"}))
def test_image_that_is_a_pdf_as_well_is_refused(kind: str) -> None:
    assert kind_of(HIDING_A_ZIP[kind](b"%PDF-1.7\n")) == REFUSED


class OneByteAtATime(RawIOBase):
    """A stream that returns less than it is asked for."""

    def __init__(self, data: bytes) -> None:
        self._stream = BytesIO(data)

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(min(size, 1))


@pytest.mark.parametrize("kind", SAMPLES)
def test_stream_that_returns_little_at_a_time_is_read_on(kind: FileKindName) -> None:
    stream: Any = OneByteAtATime(SAMPLES[kind])
    assert recognize(stream, len(SAMPLES[kind])) is KINDS[kind]


@pytest.mark.parametrize("kind", SAMPLES)
def test_content_shorter_than_its_size_is_refused(kind: FileKindName) -> None:
    with pytest.raises(KindNotAllowed):
        recognize(BytesIO(SAMPLES[kind]), len(SAMPLES[kind]) + 1)


class CountedStream(BytesIO):
    """Counts what is read, and how much at once."""

    count = most = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.count, self.most = self.count + len(data), max(self.most, len(data))
        return data


LARGE = 5_000_000
LARGE_FILES = {
    "jpeg": lambda: jpeg(b"\x5b\xff\x00" * (LARGE // 3), trailer=b"\x11" * LARGE),
    "png": lambda: png(png_chunk(b"prVt", bytes(LARGE))),
    "gif": lambda: gif(b"!\xfe" + b"\x01a" * (LARGE // 2) + b"\0"),
    "webp": lambda: webp(WEBP_PIXEL, webp_chunk(b"junk", bytes(LARGE))),
    "heic": lambda: heic(box(b"free", bytes(LARGE))),
    "pdf": lambda: pdf(bytes(LARGE), compress=False),
    "docx": lambda: docx({"word/media/image1.bmp": b"BM" + bytes(LARGE)}, 0),
    "text": lambda: "é".encode() * (LARGE // 2),
}


@pytest.mark.parametrize("kind", LARGE_FILES)
def test_large_file_is_read_in_pieces_and_hardly_more_than_once(kind: str) -> None:
    data = LARGE_FILES[kind]()
    stream = CountedStream(data)
    assert recognize(stream, len(data)).name == kind
    assert stream.most <= PIECE_LENGTH
    assert stream.count < len(data) + 5 * PIECE_LENGTH


MANY_PARTS = {
    "jpeg": lambda: jpeg()[:2] + b"\xff\xfe\0\2" * 20_000 + jpeg()[2:],
    "jpeg_fill": lambda: b"\xff\xd8" + b"\xff" * LARGE,
    "jpeg_scans": lambda: jpeg()[:-2] + b"\xff\xda\0\x08\x01\x01\x00\x00\x3f\x00" * 20_000,
    "png": lambda: png(png_chunk(b"prVt") * 20_000),
    "gif": lambda: gif(b"!\xfe\0" * 20_000),
    "webp": lambda: webp(WEBP_PIXEL, webp_chunk(b"junk", b"") * 20_000),
    "heic": lambda: heic(box(b"free") * 20_000),
}


@pytest.mark.parametrize("kind", MANY_PARTS)
@pytest.mark.timeout(10)
def test_file_of_too_many_parts_is_refused(kind: str) -> None:
    assert kind_of(MANY_PARTS[kind]()) == REFUSED


async def test_recognition_in_threads_is_the_same_and_bounded() -> None:
    recognizer = ThreadedKindRecognizer()
    for kind, data in SAMPLES.items():
        assert await recognizer.recognize(MemoryContent(data)) is KINDS[kind]
    with pytest.raises(KindNotAllowed):
        await recognizer.recognize(MemoryContent(b"MZ\0"))
    with pytest.raises(Unavailable):
        await recognizer.recognize(MemoryContent(b"Hello", is_readable=False))
    recognizer.close()


async def test_files_beyond_the_queue_are_refused() -> None:
    recognizer = ThreadedKindRecognizer(threads=1, max_waiting=0)
    contents = [MemoryContent(b"Hello")] * 9
    results = await asyncio.gather(*map(recognizer.recognize, contents), return_exceptions=True)
    assert {type(one) for one in results} == {FileKind, Overloaded}
    recognizer.close()
