"""The demo's documents: two that the practice shares with Mira, and one that she sent. Their content is made here."""

import struct
import zlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import UUID

from portal_core.documents.model import DocumentCategory
from portal_core.documents.use_cases.add_document import AddDocument, AddDocumentCommand
from portal_core.documents.use_cases.send_client_document_content import (
    SendClientDocumentContent,
    SendClientDocumentContentCommand,
)
from portal_core.documents.use_cases.send_document_content import SendDocumentContent, SendDocumentContentCommand
from portal_core.documents.use_cases.upload_document import UploadDocument, UploadDocumentCommand
from portal_core.kernel.actor import Actor

if TYPE_CHECKING:
    from entrypoints.container import Portal

LETTER = (
    "Elm Street Practice",
    "",
    "Dear Mira Okafor,",
    "",
    "thank you for registering. We look forward to your visit.",
)
PLAN = "Treatment plan\n\n1. Weekly sessions for three months.\n2. A sleep diary between the sessions.\n"


async def share_documents(portal: "Portal", staff: Actor, client_id: UUID) -> None:
    """Share a letter as a PDF and a treatment plan as text."""
    shared: tuple[tuple[DocumentCategory, str, str, bytes], ...] = (
        ("letter", "Welcome to Elm Street", "welcome.pdf", pdf(LETTER)),
        ("treatment_plan", "Treatment plan", "plan.txt", PLAN.encode()),
    )
    for category, title, file_name, content in shared:
        command = AddDocumentCommand(
            client_id=client_id, category=category, title=title, file_name=file_name, share=True
        )
        added = await portal.use_case(AddDocument)(staff, command)
        sent = SendClientDocumentContentCommand(client_id, added.id, _in_one_piece(content))
        await portal.use_case(SendClientDocumentContent)(staff, sent)


async def upload_document(portal: "Portal", client: Actor) -> None:
    """The client sends a picture of an insurance card."""
    command = UploadDocumentCommand(category="insurance", file_name="card.png", title="Insurance card")
    announced = await portal.use_case(UploadDocument)(client, command)
    sent = SendDocumentContentCommand(announced.id, _in_one_piece(png(320, 200)))
    await portal.use_case(SendDocumentContent)(client, sent)


def pdf(lines: tuple[str, ...]) -> bytes:
    """A PDF of one page with these lines, which have neither parentheses nor backslashes."""
    text = "BT /F1 12 Tf 72 720 Td 18 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    written, starts = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        starts.append(len(written))
        written += f"{number} 0 obj\n{body}\nendobj\n"
    entries = "".join(f"{start:010} 00000 n \n" for start in starts)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    return f"{written}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{entries}{trailer}".encode("ascii")


def png(width: int, height: int) -> bytes:
    """A picture of one color."""
    rows = (b"\0" + b"\x60\x80\xa0" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


async def _in_one_piece(content: bytes) -> AsyncIterator[bytes]:
    yield content
