"""The kinds of files that are taken."""

from typing import Final, Literal

from attrs import frozen

FileKindName = Literal["jpeg", "png", "gif", "webp", "heic", "pdf", "docx", "text"]


@frozen
class FileKind:
    """A kind of file. `shown_in_page`: a browser may show it in a page; all others are downloads only."""

    name: FileKindName
    media_type: str
    extension: str
    shown_in_page: bool = False


_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
KINDS: Final[dict[FileKindName, FileKind]] = {
    kind.name: kind
    for kind in (
        FileKind("jpeg", "image/jpeg", "jpg", shown_in_page=True),
        FileKind("png", "image/png", "png", shown_in_page=True),
        FileKind("gif", "image/gif", "gif", shown_in_page=True),
        FileKind("webp", "image/webp", "webp", shown_in_page=True),
        FileKind("heic", "image/heic", "heic", shown_in_page=True),
        FileKind("pdf", "application/pdf", "pdf"),
        FileKind("docx", _DOCX, "docx"),
        FileKind("text", "text/plain; charset=utf-8", "txt"),
    )
}
