"""Small valid files of every kind, built byte by byte, and the EICAR test signature."""

import struct
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from portal_core.files.kinds.kind import FileKindName

# In one piece it would stop virus scanners on the machines of those who have this repository.
EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The signature that all virus scanners report, and that does nothing (EICAR, "Anti Malware Testfile")."""

WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml"
OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"


def jpeg(coded: bytes = b"\x5b\x9e\xff\x00\x41", trailer: bytes = b"", comment: bytes = b"a photo") -> bytes:
    """A gray image of 8 by 8 with the coded data, and what follows its end."""

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    tables = segment(0xDB, bytes([0]) + bytes([1] * 64))
    tables += b"".join(segment(0xC4, bytes([number]) + bytes([0, 1] + [0] * 14) + b"\0") for number in (0x00, 0x10))
    frame = segment(0xC0, struct.pack(">BHHB", 8, 8, 8, 1) + b"\x01\x11\x00")
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + coded
    app = segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0")
    return b"\xff\xd8" + app + segment(0xFE, comment) + tables + frame + scan + b"\xff\xd9" + trailer


def png_chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*extra: bytes, header: bytes = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) -> bytes:
    """A gray pixel, with extra chunks before its data."""
    chunks = (png_chunk(b"IHDR", header), *extra, png_chunk(b"IDAT", zlib.compress(b"\0\x7f")), png_chunk(b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def gif(*extra: bytes, image: bytes = b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x4c\x01\0") -> bytes:
    """A pixel of two colors, with extra blocks before it."""
    return b"GIF89a\x01\0\x01\0\x80\0\0" + b"\0\0\0\xff\xff\xff" + b"".join(extra) + image + b";"


def webp_chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


WEBP_PIXEL: Final = webp_chunk(b"VP8L", b"\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07")
WEBP_LOSSY: Final = webp_chunk(b"VP8 ", b"\x10\0\0\x9d\x01\x2a\x01\0\x01\0" + bytes(8))
WEBP_EXTENDED: Final = webp_chunk(b"VP8X", bytes(10))


def webp(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks or (WEBP_PIXEL,))
    return b"RIFF" + struct.pack("<I", len(body)) + body


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I", len(data) + 8) + kind + data


def heic_meta(*boxes: bytes, handler: bytes = b"pict") -> bytes:
    named = [box(kind, bytes(8)) for kind in (b"pitm", b"iloc", b"iinf", b"iprp")]
    return box(b"meta", bytes(4), box(b"hdlr", bytes(8), handler, bytes(13)), *named, *boxes)


def heic(*extra: bytes, brands: bytes = b"heic\0\0\0\0mif1heic", meta: bytes = heic_meta()) -> bytes:
    """The boxes of a still image, with extra ones before its data."""
    return b"".join((box(b"ftyp", brands), meta, *extra, box(b"mdat", b"coded data")))


def pdf(stream: bytes = b"BT (Hello) Tj ET", *, compress: bool = True, version: bytes = b"1.7") -> bytes:
    """A page with a content stream."""
    packed = zlib.compress(stream) if compress else stream
    how = b" /Filter /FlateDecode" if compress else b""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R >>",
        b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(packed), how, packed),
    ]
    made, places = b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(made)
    made += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return made + b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % start


def content_types(*overrides: tuple[str, str], default: str = "application/xml") -> str:
    listed = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in overrides)
    return f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="{default}"/>{listed}</Types>'


def relationships(*targets: tuple[str, str]) -> str:
    listed = "".join(f'<Relationship Id="r{target}" Type="{kind}" Target="{target}"/>' for kind, target in targets)
    return f'<Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'


DOCX_PARTS: Final[Mapping[str, str]] = {
    "[Content_Types].xml": content_types(("/word/document.xml", f"{WORD}.document.main+xml")),
    "_rels/.rels": relationships((f"{OFFICE}/officeDocument", "word/document.xml")),
    "word/document.xml": '<?xml version="1.0" encoding="UTF-8"?>\n<w:document xmlns:w="http://schemas.openxmlformats.org'
    '/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Hello</w:t></w:r></w:p></w:body></w:document>',
}


def zipped(parts: Mapping[str, bytes | str], method: int = ZIP_DEFLATED) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def docx(changed: Mapping[str, bytes | str] | None = None, method: int = ZIP_DEFLATED) -> bytes:
    """A document with a word in it, and with changed or more parts."""
    return zipped({**DOCX_PARTS, **(changed or {})}, method)


def text() -> bytes:
    return "Tomorrow at 3 — über den Termin\r\n\tSí.\n".encode()


MAKERS: Final[Mapping[FileKindName, Callable[[], bytes]]] = {
    "jpeg": jpeg,
    "png": png,
    "gif": gif,
    "webp": webp,
    "heic": heic,
    "pdf": pdf,
    "docx": docx,
    "text": text,
}
SAMPLES: Final[Mapping[FileKindName, bytes]] = {name: make() for name, make in MAKERS.items()}
"""One file of each kind."""
