"""A file and its states."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.files.content_ports import ContentKey, ScanResult, WrittenContent
from portal_core.files.errors import ContentExists, FileNotAvailable
from portal_core.files.kinds.kind import FileKind, FileKindName
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.text import single_line_text

MAX_FILE_BYTES = 25 * 1024 * 1024
MAX_NAME_LENGTH = 200
UPLOAD_PERIOD = timedelta(hours=24)
"""An upload that has not arrived by then is given up."""
MAX_CHECK_DELAY = timedelta(hours=1)

FileState = Literal["awaiting_content", "quarantined", "clean", "infected", "erased"]
"""`erased`: with the record whose file it was."""


def clean_file_name(name: str) -> str:
    """The last part of a file's name, as one line. A path before it is of the sender's device, and nobody's business.

    Raises:
        Invalid: `empty`, `too_long` or `characters_invalid`.
    """
    return single_line_text(name.replace("\\", "/").rpartition("/")[2], "file_name", MAX_NAME_LENGTH)


@frozen(kw_only=True)
class StoredFile:
    """A file of a client's record.

    It awaits its content, which is then in quarantine until a malware scan says that it is clean. Only a clean file
    can be read. `object_id` and `content_key` say where the content is, and how to decrypt it; `received_at` when its
    upload began, and then when it had arrived whole. `checks` counts the scans but the first, and the next one is at
    `check_at`. Once the client's key is destroyed, name, key and digest are None.
    """

    id: UUID
    client_id: UUID
    name: str | None
    added_by: UUID | None
    added_at: datetime
    state: FileState = "awaiting_content"
    object_id: UUID | None = None
    content_key: ContentKey | None = None
    received_at: datetime | None = None
    kind: FileKindName | None = None
    size: int | None = None
    sha256: bytes | None = field(default=None, repr=False)
    checks: int = 0
    check_at: datetime | None = None
    version: int = 1

    def begin_upload(self, object_id: UUID, key: ContentKey, at: datetime) -> "StoredFile":
        """An upload of the content begins, in place of an earlier one that was not completed.

        Raises:
            ContentExists: the content was received.
        """
        if self.state != "awaiting_content":
            raise ContentExists
        return self._next(object_id=object_id, content_key=key, received_at=at)

    def receive(self, object_id: UUID, written: WrittenContent, kind: FileKind, at: datetime) -> "StoredFile":
        """The content has arrived, and is in quarantine.

        Raises:
            StaleVersion: another upload has begun since.
        """
        if self.state != "awaiting_content" or self.object_id != object_id:
            raise StaleVersion
        return self._next(
            state="quarantined",
            received_at=at,
            kind=kind.name,
            size=written.size,
            sha256=written.sha256,
            check_at=at + timedelta(minutes=1),
        )

    def give_up_upload(self) -> "StoredFile":
        """The upload failed: the file awaits its content again."""
        return self._next(object_id=None, content_key=None, received_at=None)

    def judge(self, result: ScanResult) -> "StoredFile":
        """A scan says whether the file is clean."""
        return self._next(state=result, check_at=None)

    def postpone_check(self, at: datetime) -> "StoredFile":
        """A scan that was due begins: unless it gives an answer, another follows after 1, 2, 4 … minutes, at last every
        hour.
        """
        delay = min(timedelta(minutes=2 ** min(self.checks, 6)), MAX_CHECK_DELAY)
        return self._next(checks=self.checks + 1, check_at=at + delay)

    def forget_content(self) -> "StoredFile":
        """The content was deleted from the store."""
        return self._next(object_id=None, content_key=None)

    @property
    def content(self) -> tuple[UUID, ContentKey, int] | None:
        """Object, key and size of a content that has arrived; None if there is none, or the key was destroyed."""
        if self.object_id is None or self.content_key is None or self.size is None:
            return None
        return self.object_id, self.content_key, self.size

    def readable(self) -> tuple[UUID, ContentKey, int]:
        """Object, key and size of a clean file.

        Raises:
            FileNotAvailable: it is not clean, or its key was destroyed.
        """
        if self.state != "clean" or self.content is None:
            raise FileNotAvailable
        return self.content

    def _next(self, **changes: object) -> "StoredFile":
        return evolve(self, version=self.version + 1, **changes)  # type: ignore[arg-type]
