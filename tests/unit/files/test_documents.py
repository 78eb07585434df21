"""What makes a PDF, a DOCX and a text valid, and what a DOCX may not hold."""

import zlib
from io import BytesIO
from random import Random
from struct import pack
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_core.files.kinds.content_reader import PIECE_LENGTH
from tests.support.files.recognizing import EXPANDS, REFUSED, kind_of
from tests.support.files.samples import (
    DOCX_PARTS,
    OFFICE,
    PACKAGE,
    SAMPLES,
    WORD,
    content_types,
    docx,
    pdf,
    relationships,
    zipped,
)

DOCUMENT = DOCX_PARTS["word/document.xml"]
MAIN = ("/word/document.xml", f"{WORD}.document.main+xml")
IMAGE = "word/media/image1.png"
NOISE = Random(1).randbytes(1_100_000)
START_OF_DIRECTORY = docx().index(b"PK\x01\x02")


@pytest.mark.parametrize("version", [b"1.0", b"1.7", b"2.0"])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r\n\0 " * 200])
def test_pdf_may_end_in_blanks(version: bytes, end: bytes) -> None:
    assert kind_of(pdf(version=version) + end) == "pdf"


def test_pdf_with_cross_references_in_a_stream_is_taken() -> None:
    data = pdf()
    start = data.rindex(b"\nxref") + 1
    assert kind_of(data[:start] + b"\r\n9 0 obj " + data[start + 5 :]) == "pdf"


REFUSED_PDFS = {
    "behind_a_line": b"\n" + pdf(),
    "of_no_version": pdf(version=b"1.8"),
    "of_long_version": pdf(version=b"1.75"),
    "start_only": b"%PDF-1.7\n",
    "without_end": pdf().replace(b"%%EOF", b"%%FOE"),
    "without_start_of_references": pdf().replace(b"startxref", b"startxfer"),
    "with_references_elsewhere": pdf().replace(b"startxref\n", b"startxref\n1"),
    "with_references_beyond_the_end": pdf().replace(b"startxref\n", b"startxref\n999"),
    "with_references_of_nothing": pdf()[: pdf().rindex(b"\n3")] + b"\n0\n%%EOF",
    "with_page_behind": pdf() + b"\n<html>",
    "with_too_many_blanks_behind": pdf() + b"\n" * 2000,
}


@pytest.mark.parametrize("name", REFUSED_PDFS)
def test_invalid_pdf_is_refused(name: str) -> None:
    assert kind_of(REFUSED_PDFS[name]) == REFUSED


TEXTS = [
    "a",
    "\ufeffa",
    "Grüße\t\r\n",
    "日本語",
    "🙂",
    "GIF",
    "RIFF",
    "PK",
    "%PD",
    "{}",
    "<p>",
    "a\u2028b",
    "aä" * 999_999,
]
BLANK = ["", " \r\n\t", "\ufeff", "\ufeff \n", "\u2003\u00a0", " " * 3_000_000]
NOT_UTF_8 = [b"a\xff", b"a\xc3", b"\xc0\x80", b"\xed\xa0\x80", "naïve".encode("latin-1"), b"a" * 2_000_000 + b"\xc3"]
CONTROL_CHARACTERS = [chr(one) for one in (*range(0x20), *range(0x7F, 0xA0)) if chr(one) not in "\t\r\n"]


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_taken(text: str) -> None:
    assert kind_of(text.encode()) == "text"


@pytest.mark.parametrize("number", range(len(BLANK)))
def test_blank_text_is_refused(number: int) -> None:
    assert kind_of(BLANK[number].encode()) == REFUSED


@pytest.mark.parametrize("number", range(len(NOT_UTF_8)))
def test_text_that_is_not_utf_8_is_refused(number: int) -> None:
    assert kind_of(NOT_UTF_8[number]) == REFUSED


@given(st.text(max_size=50), st.text(max_size=50))
def test_text_with_a_control_character_is_refused(before: str, after: str) -> None:
    for control in CONTROL_CHARACTERS:
        assert kind_of(f"a{before}{control}{after}".encode()) == REFUSED


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=100))
def test_every_text_without_control_characters_is_taken_unless_it_is_blank(text: str) -> None:
    assert kind_of(f"a{text}".encode()) == "text"


def with_relationship(kind: str, target: str) -> dict[str, bytes | str]:
    return {"word/_rels/document.xml.rels": relationships((f"{OFFICE}/{kind}", target))}


def with_content_type(*types: str, default: str = "application/xml") -> dict[str, bytes | str]:
    parts = ((f"/word/{number}.xml", kind) for number, kind in enumerate(types))
    return {"[Content_Types].xml": content_types(MAIN, *parts, default=default)}


TAKEN_DOCX = {
    "stored": docx(method=ZIP_STORED),
    "with_folders": docx({"word/": "", "word/media/": ""}),
    "with_image_fonts_and_chart": docx(
        {IMAGE: SAMPLES["png"], "word/fonts/a.ODTTF": b"a", "word/embeddings/Sheet1.xlsx": zipped({"a.xml": "<a/>"})}
    ),
    "with_empty_image": docx({IMAGE: b""}),
    "of_word_on_the_web": zipped(
        {
            "[Content_Types].xml": content_types(("/word/document2.xml", MAIN[1])),
            "_rels/.rels": relationships((f"{OFFICE}/officeDocument", "/word/document2.xml")),
            "word/document2.xml": DOCUMENT,
        }
    ),
    "strict": docx(
        {
            "_rels/.rels": relationships(
                ("http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument", "word/document.xml")
            ),
            "word/document.xml": '<document xmlns="http://purl.oclc.org/ooxml/wordprocessingml/main"/>',
        }
    ),
    "with_template_of_its_writer": docx(with_relationship("attachedTemplate", "file:///C:/Templates/Letter.dotx")),
    "with_link": docx(with_relationship("hyperlink", "https://example.org")),
    "with_other_types": docx(with_content_type(f"{WORD}.styles+xml", default="application/xml")),
    "with_long_start": docx({"word/document.xml": DOCUMENT.replace("?>", "?>" + " " * 60_000)}),
    "described_in_utf_16": docx({"[Content_Types].xml": DOCX_PARTS["[Content_Types].xml"].encode("utf-16")}),
    "not_much_larger": docx({IMAGE: bytes(70_000)}),
}


@pytest.mark.parametrize("name", TAKEN_DOCX)
def test_valid_docx_is_taken(name: str) -> None:
    assert kind_of(TAKEN_DOCX[name]) == "docx"


def without(name: str) -> bytes:
    return zipped({part: content for part, content in DOCX_PARTS.items() if part != name})


NOT_DOCX = {
    "without_types": without("[Content_Types].xml"),
    "without_relationships": without("_rels/.rels"),
    "without_document": without("word/document.xml"),
    "a_template": docx({"[Content_Types].xml": content_types((MAIN[0], f"{WORD}.template.main+xml"))}),
    "a_workbook": docx({"[Content_Types].xml": content_types((MAIN[0], MAIN[1].replace("word", "spreadsheet")))}),
    "of_no_type": docx({"[Content_Types].xml": content_types()}),
    "of_two_documents": docx(
        {"[Content_Types].xml": content_types(MAIN, ("/word/2.xml", MAIN[1])), "word/2.xml": DOCUMENT}
    ),
    "outside_of_its_folder": docx(
        {
            "[Content_Types].xml": content_types(("/document.xml", MAIN[1])),
            "_rels/.rels": relationships((f"{OFFICE}/officeDocument", "document.xml")),
            "document.xml": DOCUMENT,
        }
    ),
    "leading_elsewhere": docx({"_rels/.rels": relationships((f"{OFFICE}/officeDocument", "word/other.xml"))}),
    "leading_nowhere": docx({"_rels/.rels": relationships((f"{OFFICE}/styles", "word/document.xml"))}),
    "with_another_root": docx({"word/document.xml": DOCUMENT.replace("w:document", "w:styles")}),
    "with_another_namespace": docx({"word/document.xml": DOCUMENT.replace("/main", "/other")}),
    "without_root": docx({"word/document.xml": "<?xml version='1.0'?>"}),
    "without_xml": docx({"word/document.xml": "Hello"}),
    "with_late_root": docx({"word/document.xml": DOCUMENT.replace("?>", "?>" + " " * 70_000)}),
    "with_types_of_no_xml": docx({"[Content_Types].xml": "Hello"}),
    "with_unfinished_types": docx({"[Content_Types].xml": DOCX_PARTS["[Content_Types].xml"][:-8]}),
    "with_types_of_another_namespace": docx(
        {"[Content_Types].xml": DOCX_PARTS["[Content_Types].xml"].replace(PACKAGE, "http://example.org")}
    ),
    "with_type_without_part": docx({"[Content_Types].xml": content_types(MAIN).replace("PartName", "Part")}),
    "with_relationships_of_no_xml": docx({"word/_rels/document.xml.rels": "Hello"}),
    "with_entities": docx(
        {"word/document.xml": DOCUMENT.replace("?>\n", '?>\n<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]>')}
    ),
    "with_entities_in_types": docx(
        {"[Content_Types].xml": "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>" + DOCX_PARTS["[Content_Types].xml"]}
    ),
    "with_xml_of_another_encoding": docx({"word/document.xml": DOCUMENT.replace("Hello", "é").encode("latin-1")}),
    "with_too_much_xml_about_it": docx(
        {"word/_rels/document.xml.rels": relationships(*((f"{OFFICE}/{one}", "a") for one in range(25_000)))}
    ),
    "with_macros": docx({"word/vbaProject.bin": b"macros"}),
    "with_type_of_macros": docx(with_content_type("application/vnd.ms-office.vbaProject")),
    "of_type_with_macros": docx(with_content_type(default="application/vnd.ms-word.document.macroEnabled.main+xml")),
    "leading_to_macros": docx(with_relationship("vbaProject", "settings.xml")),
    "with_ole": docx({"word/embeddings/oleObject1.bin": b"object"}),
    "with_ole_under_another_name": docx({IMAGE: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}),
    "leading_to_ole": docx(with_relationship("oleObject", "https://example.org/a.html")),
    "with_activex": docx(with_content_type("application/vnd.ms-office.activeX+xml")),
    "leading_to_activex": docx(with_relationship("control", "activeX/activeX1.xml")),
    "leading_to_a_template_elsewhere": docx(with_relationship("attachedTemplate", "HTTPS://example.org/a.dotm")),
    "leading_to_a_template_on_a_share": docx(with_relationship("attachedTemplate", r"\\\\host\share\a.dotm")),
    "leading_to_a_template_on_a_host": docx(with_relationship("attachedTemplate", "file://host/share/a.dotm")),
    "leading_to_a_template_by_a_trick": docx(with_relationship("attachedTemplate", "file:///c:\\\\host\\a.dotm")),
    "with_another_document_as_a_part": docx(with_relationship("aFChunk", "https://example.org/a.rtf")),
    "leading_to_a_frame": docx(with_relationship("frame", "https://example.org/a.docx")),
    "leading_to_an_image": docx(with_relationship("image", "https://example.org/a.png")),
    "with_program": docx({"word/media/setup.exe": b"MZ"}),
    "with_program_as_image": docx({IMAGE: b"MZ\x90\0"}),
    "with_script": docx({"word/media/a.js": b"alert()"}),
    "with_page": docx({"word/afchunk.htm": b"<p>"}),
    "with_member_without_extension": docx({"word/media/setup": b"a"}),
    "with_folder_of_content": docx({"word/media.png/": b"a"}),
}


@pytest.mark.parametrize("name", NOT_DOCX)
def test_archive_that_is_no_plain_document_is_refused(name: str) -> None:
    assert kind_of(NOT_DOCX[name]) == REFUSED


NAMES = ["/etc/a.xml", "../a.xml", "word/../a.xml", "word/./a.xml", "word//a.xml", "C:/a.xml"]
NAMES += ["word\\a.xml", "word/a\n.xml", "word/ä.xml", "word/a?.xml", "word./a.xml", "word/" + "a" * 255 + ".xml"]


@pytest.mark.parametrize("name", NAMES)
def test_member_of_dangerous_name_is_refused(name: str) -> None:
    assert kind_of(docx({name: "<a/>"})) == REFUSED


def test_two_members_of_one_name_are_refused() -> None:
    assert kind_of(docx({"word/A.xml": "<a/>"})) == "docx"
    assert kind_of(docx({"word/A.xml": "<a/>", "word/a.xml": "<a/>"})) == REFUSED


def test_number_of_members_is_bounded() -> None:
    assert kind_of(docx({f"word/{number}.xml": "" for number in range(4_997)})) == "docx"
    assert kind_of(docx({f"word/{number}.xml": "" for number in range(4_998)})) == REFUSED


def changed(place: int, value: bytes) -> bytes:
    """The sample with other bytes at a place; from the end if it is negative."""
    data = bytearray(docx())
    place %= len(data)
    data[place : place + len(value)] = value
    return bytes(data)


CHANGED = {
    "comment_announced": changed(-2, b"\1\0"),
    "another_disk": changed(-18, b"\1\0"),
    "directory_on_another_disk": changed(-16, b"\1\0"),
    "fewer_here": changed(-14, b"\2\0"),
    "no_members": changed(-14, b"\0\0\0\0"),
    "fewer_members": changed(-14, b"\2\0\2\0"),
    "more_members": changed(-14, b"\4\0\4\0"),
    "smaller_directory": changed(-10, b"\1\0\0\0"),
    "directory_elsewhere": changed(-6, b"\0\0\0\0"),
    "directory_beyond_the_end": changed(-6, b"\xff\xff\xff\xff"),
    "zip64": changed(-10, b"\xff" * 8),
    "encrypted": changed(START_OF_DIRECTORY + 8, b"\1\0"),
    "strongly_encrypted": changed(START_OF_DIRECTORY + 8, b"\x40\0"),
    "masked": changed(START_OF_DIRECTORY + 8, b"\0\x20"),
    "another_method": changed(START_OF_DIRECTORY + 10, b"\x0c\0"),
    "stored_of_another_size": changed(START_OF_DIRECTORY + 10, b"\0\0"),
    "another_checksum": changed(START_OF_DIRECTORY + 16, b"\0\0\0\0"),
    "smaller_packed": changed(START_OF_DIRECTORY + 20, b"\1\0"),
    "larger_packed": changed(START_OF_DIRECTORY + 20, b"\xff\xff"),
    "smaller": changed(START_OF_DIRECTORY + 24, b"\1\0"),
    "larger": changed(START_OF_DIRECTORY + 24, b"\xff\xff\xff\x7f"),
    "member_on_another_disk": changed(START_OF_DIRECTORY + 34, b"\1\0"),
    "member_elsewhere": changed(START_OF_DIRECTORY + 42, b"\1\0"),
    "member_beyond_the_end": changed(START_OF_DIRECTORY + 42, b"\xff\xff\xff\xff"),
    "no_entry": changed(START_OF_DIRECTORY, b"PK\1\3"),
    "no_header": changed(docx().index(b"PK\3\4", 1), b"PK\3\5"),
    "header_of_other_flags": changed(6, b"\2"),
    "header_of_another_method": changed(8, b"\0"),
    "header_of_another_name": changed(30, b"(Content"),
    "header_with_longer_name": changed(26, b"\xff\xff"),
    "header_with_longer_extra": changed(28, b"\xff\xff"),
    "damaged_data": changed(60, b"\xff\xff\xff\xff"),
}


@pytest.mark.parametrize("name", CHANGED)
def test_damaged_or_dishonest_archive_is_refused(name: str) -> None:
    assert kind_of(CHANGED[name]) == REFUSED


def repacked(
    packed: bytes, *, size: int = 5, checksum: int, prefix: bytes = b"", gap: bytes = b"", flags: int = 0
) -> bytes:
    """The sample and an image of these packed bytes, written by hand."""
    data, directory, name = prefix, b"", IMAGE.encode()
    texts = [(one.encode(), text.encode()) for one, text in DOCX_PARTS.items()]
    members = [(one, zlib.compress(text, wbits=-15), zlib.crc32(text), len(text)) for one, text in texts]
    for member, some, crc, length in (*members, (name, packed, checksum, size), (b"z.xml", b"\3\0", 0, 0)):
        fields = pack("<HHHHHIIIHH", 20, flags, 8, 0, 0, crc, len(some), length, len(member), 0)
        directory += b"PK\1\2\x14\0" + fields + pack("<HHHII", 0, 0, 0, 0, len(data)) + member
        data += b"PK\3\4" + fields + member + some + (gap if member == name else b"")
    return data + directory + b"PK\5\6\0\0\0\0" + pack("<HHIIH", 5, 5, len(directory), len(data), 0)


PACKED, CHECKSUM = zlib.compress(b"image", wbits=-15), zlib.crc32(b"image")


def test_member_is_one_compressed_stream_of_its_size_and_checksum() -> None:
    assert kind_of(repacked(PACKED, checksum=CHECKSUM)) == "docx"
    for packed in (PACKED[:-1], PACKED + b"a", PACKED + b"a" * 3_000_000):
        assert kind_of(repacked(packed, checksum=CHECKSUM)) == REFUSED
    zeros, noise = bytes(2 * PIECE_LENGTH), NOISE[:50_000]
    large, size, checksum = zlib.compress(noise + zeros, wbits=-15), len(noise + zeros), zlib.crc32(noise + zeros)
    assert kind_of(repacked(large, size=size, checksum=checksum)) == "docx"
    assert kind_of(repacked(large + b"a", size=size, checksum=checksum)) == REFUSED
    assert kind_of(repacked(PACKED, size=4, checksum=CHECKSUM)) == REFUSED
    assert kind_of(repacked(PACKED, checksum=CHECKSUM ^ 1)) == REFUSED


@pytest.mark.parametrize("length", [1, 12, 16, 20, 24, 25])
def test_between_members_there_are_sizes_only(length: int) -> None:
    announced = kind_of(repacked(PACKED, checksum=CHECKSUM, gap=bytes(length), flags=0x08))
    assert announced == ("docx" if length in (12, 16, 20, 24) else REFUSED)
    assert kind_of(repacked(PACKED, checksum=CHECKSUM, gap=bytes(length))) == REFUSED


def test_archive_behind_something_else_is_refused() -> None:
    for prefix in (b"#!/bin/sh\n", b"PK\3\4" + bytes(26)):
        assert kind_of(repacked(PACKED, checksum=CHECKSUM, prefix=prefix)) == REFUSED


@pytest.mark.parametrize("more", [0, 1, 2, 100, 258, 259, 300])
def test_member_may_end_anywhere_around_the_end_of_a_piece(more: int) -> None:
    assert kind_of(docx({IMAGE: bytes(PIECE_LENGTH + more), "word/media/image2.png": NOISE[:20_000]})) == "docx"


def test_archive_written_to_a_stream_is_taken() -> None:
    """Such a writer does not know sizes when it writes headers."""

    class Unseekable(BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    file = Unseekable()
    with ZipFile(file, "w") as archive:
        for name, content in DOCX_PARTS.items():
            with archive.open(ZipInfo(name), "w") as member:
                member.write(content.encode())
    assert kind_of(file.getvalue()) == "docx"


def test_members_that_share_bytes_are_refused() -> None:
    """The core of a zip bomb without nesting (Fifield, "A better zip bomb", 2019)."""
    data = docx()
    end, directory = data[-22:], data[START_OF_DIRECTORY:-22]
    again = directory[: directory.index(b"PK\x01\x02", 1)]
    shared = data[:-22] + again.replace(b"[Content_Types].xml", b"[Content_Types].xmk")
    counted = pack("<HHI", 4, 4, len(directory) + len(again))
    assert kind_of(shared + end[:8] + counted + end[16:]) == REFUSED


@pytest.mark.parametrize(
    ("zeros", "noise", "kind"),
    [
        (70_000, b"", "docx"),
        (1_000_000, b"", EXPANDS),
        (98_000_000, NOISE, "docx"),
        (99_500_000, NOISE, EXPANDS),
        (120_000_000, NOISE, EXPANDS),
    ],
)
def test_archive_may_expand_to_100_megabytes_and_100_times_its_size(zeros: int, noise: bytes, kind: str) -> None:
    assert kind_of(docx({IMAGE: bytes(zeros), "word/media/image2.png": noise})) == kind


def test_archive_that_lies_about_its_sizes_is_expanded_no_further() -> None:
    bomb = zlib.compress(bytes(150_000_000), 9, wbits=-15)
    assert kind_of(repacked(bomb, size=10, checksum=0)) == EXPANDS
