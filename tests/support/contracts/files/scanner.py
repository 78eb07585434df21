"""The contract of every `MalwareScanner`. Subclasses provide the fixture `scanner`.

The signature that all scanners know stands for malware.
"""

from collections.abc import Callable
from io import BytesIO
from random import Random
from zipfile import ZIP_STORED

import pytest

from portal_core.files.content_ports import MalwareScanner
from portal_core.files.errors import ExpandsTooMuch
from portal_core.files.kinds.kind import FileKindName
from portal_core.files.kinds.recognition import recognize
from portal_core.kernel.errors import Unavailable
from tests.support.files.memory_content import MemoryContent
from tests.support.files.samples import EICAR, SAMPLES, docx, jpeg, pdf, png, png_chunk

INFECTED: dict[str, Callable[[], bytes]] = {
    "alone": lambda: EICAR,
    "in_text": lambda: b"Hello\n" + EICAR + b"\n",
    "far_into_text": lambda: b"Hello\n" * 300_000 + EICAR,
    "in_a_pdf": lambda: pdf(EICAR, compress=False),
    "in_a_pdfs_compressed_stream": lambda: pdf(b"BT " + EICAR + b" ET"),
    "in_a_docx": lambda: docx({"word/media/image1.png": EICAR}),
    "far_into_a_docx": lambda: docx({"word/media/image1.png": bytes(range(256)) * 30 + EICAR}),
    "in_a_stored_member_of_a_docx": lambda: docx({"word/media/image1.png": EICAR}, ZIP_STORED),
    "behind_as_many_zeros_as_are_taken": lambda: docx(
        {"word/media/image1.png": Random(1).randbytes(1_000_000), "word/media/image2.png": bytes(98_000_000) + EICAR}
    ),
    "in_a_jpegs_comment": lambda: jpeg(comment=EICAR),
    "behind_a_jpeg": lambda: jpeg(trailer=EICAR),
    "in_a_pngs_chunk": lambda: png(png_chunk(b"prVt", EICAR)),
}


class ScannerContract:
    """Malware is found wherever a file of the kinds that are taken may hold it, and nothing else is."""

    @pytest.mark.parametrize("kind", SAMPLES)
    async def test_harmless_file_is_clean(self, scanner: MalwareScanner, kind: FileKindName) -> None:
        assert await scanner.scan(MemoryContent(SAMPLES[kind])) == "clean"

    @pytest.mark.parametrize("where", INFECTED)
    async def test_malware_is_found(self, scanner: MalwareScanner, where: str) -> None:
        data = INFECTED[where]()
        recognize(BytesIO(data), len(data))
        assert await scanner.scan(MemoryContent(data)) == "infected"

    @pytest.mark.parametrize("piece_length", [1, 7, 67, 1_000_000])
    async def test_malware_is_found_however_the_content_is_cut(
        self, scanner: MalwareScanner, piece_length: int
    ) -> None:
        assert await scanner.scan(MemoryContent(EICAR, piece_length)) == "infected"

    async def test_part_of_the_signature_is_clean(self, scanner: MalwareScanner) -> None:
        assert await scanner.scan(MemoryContent(EICAR[:-1])) == "clean"

    async def test_empty_content_is_clean(self, scanner: MalwareScanner) -> None:
        assert await scanner.scan(MemoryContent(b"")) == "clean"

    async def test_malware_behind_more_zeros_than_scanners_read_is_refused_before(
        self, scanner: MalwareScanner
    ) -> None:
        data = docx({"word/media/image1.png": bytes(120_000_000) + EICAR})
        with pytest.raises(ExpandsTooMuch):
            recognize(BytesIO(data), len(data))
        assert await scanner.scan(MemoryContent(EICAR)) == "infected"

    async def test_unreadable_content_is_not_clean(self, scanner: MalwareScanner) -> None:
        with pytest.raises(Unavailable):
            await scanner.scan(MemoryContent(SAMPLES["jpeg"], is_readable=False))
