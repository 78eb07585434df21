"""The scanner that knows the test signature only fulfills the contract of scanners, and bounds its work."""

import asyncio
from collections.abc import Iterator
from zlib import compress

import pytest

from adapters.local.signature_scanner import SignatureScanner
from portal_core.kernel.errors import Unavailable
from tests.support.contracts.files.scanner import ScannerContract
from tests.support.files.memory_content import MemoryContent
from tests.support.files.samples import EICAR, docx, pdf


@pytest.fixture
def scanner() -> Iterator[SignatureScanner]:
    one = SignatureScanner()
    yield one
    one.close()


class TestSignatureScanner(ScannerContract):
    """Runs the contract."""


@pytest.mark.parametrize("offset", [1_048_575, 1_048_576 - 67, 1_048_576 - 30, 1_048_576])
async def test_signature_across_pieces_is_found(scanner: SignatureScanner, offset: int) -> None:
    assert await scanner.scan(MemoryContent(b"a" * offset + EICAR)) == "infected"
    assert await scanner.scan(MemoryContent(pdf(b"a" * offset + EICAR))) == "infected"


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
async def test_streams_between_and_in_others_are_looked_into(scanner: SignatureScanner, line_end: bytes) -> None:
    hidden = b"stream" + line_end + compress(b"12 " + EICAR) + b"endstream"
    for before in (b"", b"stream\nnot compressed ", b"stream\n" + compress(b"first") + b"endstream\n"):
        assert await scanner.scan(MemoryContent(pdf(before + hidden, compress=False))) == "infected"
    assert await scanner.scan(MemoryContent(pdf(hidden[:20], compress=False))) == "clean"
    assert await scanner.scan(MemoryContent(b"%PDF-1.7 " + hidden[:20])) == "clean"
    assert await scanner.scan(MemoryContent(b"%PDF-1.7 stream\n")) == "clean"


async def test_pdf_that_expands_beyond_the_limit_is_not_clean(scanner: SignatureScanner) -> None:
    assert await scanner.scan(MemoryContent(pdf(bytes(99_000_000) + EICAR))) == "infected"
    with pytest.raises(Unavailable):
        await scanner.scan(MemoryContent(pdf(bytes(100_000_000) + EICAR)))


async def test_stream_behind_a_large_one_is_looked_into(scanner: SignatureScanner) -> None:
    first = b"stream\n" + compress(bytes(3_000_000)) + b"\nendstream "
    hidden = b"stream\n" + compress(EICAR) + b"\nendstream"
    assert await scanner.scan(MemoryContent(pdf(first + hidden, compress=False))) == "infected"
    assert await scanner.scan(MemoryContent(pdf(first, compress=False))) == "clean"


async def test_archive_that_no_recognizer_takes_is_not_clean(scanner: SignatureScanner) -> None:
    for data in (docx()[:-1], docx({"word/media/image1.png": bytes(120_000_000)})):
        with pytest.raises(Unavailable):
            await scanner.scan(MemoryContent(data))


async def test_scans_beyond_the_queue_are_unavailable() -> None:
    scanner = SignatureScanner(max_waiting=0)
    results = await asyncio.gather(*(scanner.scan(MemoryContent(EICAR)) for _ in range(9)), return_exceptions=True)
    assert {type(one) for one in results} == {str, Unavailable}
    scanner.close()
