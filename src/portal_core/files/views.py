"""What is served of a file."""

from uuid import UUID

from attrs import frozen

from portal_core.files.content_ports import FileContent
from portal_core.files.kinds.kind import KINDS, FileKind
from portal_core.files.model import StoredFile


@frozen
class Download:
    """A file to be served: its content, and what the response's headers say of it.

    `in_page`: it is shown in the page instead of being saved. `entity_tag` changes with the content.
    """

    file_id: UUID
    file_name: str
    kind: FileKind
    content: FileContent
    entity_tag: str
    in_page: bool = False

    @classmethod
    def of(cls, file: StoredFile, content: FileContent, *, in_page: bool = False) -> "Download":
        """A clean file. Only kinds that a page may show are shown in one. A name without the kind's extension gets it,
        so that no device takes the file for something else.
        """
        assert file.kind is not None
        assert file.sha256 is not None
        kind = KINDS[file.kind]
        name = file.name or "file"
        if name.rpartition(".")[2].lower() not in {kind.extension, kind.name}:
            name = f"{name}.{kind.extension}"
        return cls(file.id, name, kind, content, file.sha256.hex()[:32], in_page and kind.shown_in_page)
