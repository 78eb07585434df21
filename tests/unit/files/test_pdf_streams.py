"""What the streams of a PDF may expand to."""

import zlib

from tests.support.files.recognizing import EXPANDS, kind_of
from tests.support.files.samples import (
    pdf,
)


def test_pdf_may_expand_to_what_a_scanner_looks_into() -> None:
    assert kind_of(pdf(bytes(99_999_000))) == "pdf"
    assert kind_of(pdf(bytes(100_000_001))) == EXPANDS
    streams = b"".join(b"stream\n" + zlib.compress(bytes(45_000_000)) + b"\nendstream " for _ in range(9))
    assert kind_of(pdf(streams, compress=False)) == EXPANDS


def test_streams_that_end_in_a_fault_are_counted_too() -> None:
    packer = zlib.compressobj()
    broken = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_SYNC_FLUSH) + b"\xff" * 8
    assert kind_of(pdf((b"stream\n" + broken + b"\nendstream ") * 500, compress=False)) == EXPANDS
