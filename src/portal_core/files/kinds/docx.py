"""DOCX (ECMA-376): a zip archive that describes its parts in XML, with a document of WordprocessingML."""

import re
from typing import Final
from xml.parsers import expat

from portal_core.files.errors import KindNotAllowed
from portal_core.files.kinds.content_reader import ContentReader, require
from portal_core.files.kinds.zip_archive import Expansion, Member, expand, read_members

_CONTENT_TYPES, _RELATIONSHIPS = "[content_types].xml", "_rels/.rels"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_OVERRIDE: Final = f"{_PACKAGE}/content-types Override"
_RELATIONSHIP: Final = f"{_PACKAGE}/relationships Relationship"
_DOCUMENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_DOCUMENTS: Final = frozenset(
    {
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main document",
        "http://purl.oclc.org/ooxml/wordprocessingml/main document",
    }
)
_IMAGES: Final = {"png", "jpg", "jpeg", "jfif", "gif", "bmp", "tif", "tiff", "emf", "wmf", "wdp", "svg", "webp"}
_EXTENSIONS: Final = _IMAGES | {"xml", "rels", "odttf", "ttf", "otf", "xlsx", "psmdcp", "sigs"}
"""Images, XML, fonts, the tables of charts, properties and signatures. Macros, OLE and ActiveX are `bin`."""
_WITH_CODE: Final = ("macroenabled", "vba", "oleobject", "activex", "attachedtoolbars")
_LEADING_TO_CODE: Final = frozenset(
    {"vbaproject", "wordvbadata", "oleobject", "control", "attachedtoolbars", "afchunk"}
)
"""A chunk is another document, of any kind, that is opened as a part of this one."""
_OUTSIDE: Final = re.compile(r"[a-z][\w+.\s-]*:|[/\\]{2}")
"""An address or a path of a server; parts of the package have neither."""
_WRITERS_OWN_TEMPLATE: Final = re.compile(r"file:///[a-z]:[/\\](?![/\\])[^:]*\Z")
"""A path on a drive of the machine that wrote it, which every document from a template has. Word fetches a template
from a server or a share when the document is opened, with its macros."""
_STARTS_OF_PROGRAMS: Final = (b"MZ", b"\x7fELF", b"#!", b"\xd0\xcf\x11\xe0", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
"""Of Windows, Linux, scripts, OLE files, which may hold programs, and macOS."""
_MAX_XML_BYTES: Final = 2_000_000
"""Of all XML that is read whole. A document with a thousand images has a quarter of it."""
_START_LENGTH: Final = 65_536
"""Within it the first element of a document begins."""

Element = tuple[str, dict[str, str]]
"""Its namespace and name, and its attributes."""


def check_docx(reader: ContentReader) -> None:
    """Expand every member, and read what the package says of them."""
    # Names of parts do not depend on case (ECMA-376, part 2, 6.2.2.3).
    members = {one.name.lower(): one for one in read_members(reader)}
    expansion = Expansion.of_file(reader.size)
    require({_CONTENT_TYPES, _RELATIONSHIPS} <= members.keys())
    described = [one for name, one in members.items() if name == _CONTENT_TYPES or name.endswith(".rels")]
    require(sum(one.size for one in described) <= _MAX_XML_BYTES)
    document = _document_part(_read_xml(reader, members.pop(_CONTENT_TYPES), expansion))
    require(document in members)
    for name, member in members.items():
        if name.endswith(".rels"):
            relationships = [one for kind, one in _read_xml(reader, member, expansion) if kind == _RELATIONSHIP]
            _check_relationships(relationships)
            require(name != _RELATIONSHIPS or _targets_of_package(relationships) == [document])
        else:
            start = _check_member(reader, member, expansion)
            require(name != document or _elements(start, whole=False)[0][0] in _DOCUMENTS)


def _document_part(elements: list[Element]) -> str:
    """The part that has the type of a document. It is word/document.xml, or word/document2.xml from Word on the web."""
    found = list[str]()
    for kind, attributes in elements:
        content_type = attributes.get("ContentType", "").lower()
        require(not any(word in content_type for word in _WITH_CODE))
        if kind == _OVERRIDE and content_type == _DOCUMENT_TYPE:
            found.append(attributes.get("PartName", "").removeprefix("/").lower())
    require(len(found) == 1 and found[0].startswith("word/"))
    return found[0]


def _check_relationships(relationships: list[dict[str, str]]) -> None:
    for one in relationships:
        kind, target = _kind(one), one.get("Target", "").strip().lower()
        outside = one.get("TargetMode", "").strip().lower() == "external" or _OUTSIDE.match(target) is not None
        require(kind not in _LEADING_TO_CODE)
        # A link is followed by a click. Anything else outside would be fetched when the document is opened.
        own_template = kind == "attachedtemplate" and _WRITERS_OWN_TEMPLATE.match(target) is not None
        require(not outside or kind == "hyperlink" or own_template)


def _targets_of_package(relationships: list[dict[str, str]]) -> list[str]:
    return [one.get("Target", "").removeprefix("/").lower() for one in relationships if _kind(one) == "officedocument"]


def _kind(relationship: dict[str, str]) -> str:
    return relationship.get("Type", "").rpartition("/")[2].lower()


def _check_member(reader: ContentReader, member: Member, expansion: Expansion) -> bytes:
    """Expand a member that is no description. Returns how it starts."""
    require(member.name.endswith("/") or member.name.lower().rpartition(".")[2] in _EXTENSIONS)
    start = b""
    for piece in expand(reader, member, expansion):
        start += piece[: _START_LENGTH - len(start)]
    require(not start.startswith(_STARTS_OF_PROGRAMS))
    return start


def _read_xml(reader: ContentReader, member: Member, expansion: Expansion) -> list[Element]:
    data = b"".join(expand(reader, member, expansion))
    return _elements(data, whole=True)


def _elements(data: bytes, *, whole: bool) -> list[Element]:
    """The elements of XML in UTF-8 or UTF-16, of which `data` is the whole or the start. There is at least one.

    A document type is refused, since only there entities are declared: nothing can be expanded.
    """
    found = list[Element]()
    # The encoding is given, so that the one that the XML declares is not looked up.
    parser = expat.ParserCreate("utf-8", " ")
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda name, attributes: found.append((name, attributes))
    try:
        parser.Parse(data, whole)
    except expat.ExpatError as error:
        raise KindNotAllowed from error
    require(bool(found))
    return found


def _refuse(*_: object) -> None:
    raise KindNotAllowed
