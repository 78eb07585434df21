"""Files' content in an S3 bucket. It is encrypted here, and by S3 once more, with a key of KMS."""

import base64
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

from attrs import define, field
from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws import AwsAccount
from adapters.encryption.content import EncryptedContent, StoredBytes
from adapters.encryption.streaming import Segments
from adapters.encryption.upload import EncryptedUpload, write_content
from adapters.local.bounded_threads import BoundedThreads
from adapters.s3.bucket_check import bucket_problems
from portal_core.files.content_ports import ContentKey, FileContent, FileStore, WrittenContent
from portal_core.kernel.errors import Unavailable

_AT_ONCE: Final = 4
"""Segments in one request at most, 1 MiB: a long read takes few requests."""

_DELETED_AT_ONCE: Final = 1000
"""S3's limit."""


@define(eq=False)
class S3FileStore(FileStore):
    """One object for each content, `files/<object id>`, in a bucket with versions.

    An upload is encrypted into an unnamed file of the spool folder, which the system removes even if the process is
    killed, and then sent in one request: S3 stores it whole or not at all. There are no presigned links.
    """

    account: AwsAccount
    bucket: str
    kms_key_id: str
    spool_folder: Path
    client: Any = field(init=False)
    _threads: BoundedThreads = field(init=False, factory=lambda: BoundedThreads("s3", 12, 250))

    def __attrs_post_init__(self) -> None:
        self.client = self.account.client("s3")

    async def write(
        self, object_id: UUID, key: ContentKey, content: AsyncIterator[bytes], max_bytes: int
    ) -> WrittenContent:
        return await write_content(
            _S3Upload(object_id=object_id, key=key, store=self), content, max_bytes, self._threads.run
        )

    def content(self, object_id: UUID, key: ContentKey, size: int) -> FileContent:
        segments = Segments(size)
        stored = _StoredObject(self.client, self.bucket, _name(object_id), segments.stored_size)
        return EncryptedContent(key, object_id, segments, stored, self._threads.run, at_once=_AT_ONCE)

    async def delete(self, object_id: UUID) -> None:
        await self._threads.run(self._delete_versions, _name(object_id))

    async def remove_leftovers(self, older_than: datetime) -> int:
        return 0  # the system removes unnamed files

    async def check(self) -> str | None:
        """What is wrong with the bucket or the spool folder, in one line, and what to do."""
        problems = await self._threads.run(self._problems)
        return "; ".join(problems) or None

    def close(self) -> None:
        """Release the threads."""
        self._threads.close()

    def _delete_versions(self, name: str) -> None:
        with _unavailable():
            pages = self.client.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=name)
            found = [
                {"Key": one["Key"], "VersionId": one["VersionId"]}
                for page in pages
                for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
                if one["Key"] == name  # the prefix may have others
            ]
            for start in range(0, len(found), _DELETED_AT_ONCE):
                batch = {"Objects": found[start : start + _DELETED_AT_ONCE], "Quiet": True}
                if self.client.delete_objects(Bucket=self.bucket, Delete=batch).get("Errors"):
                    raise Unavailable

    def _problems(self) -> list[str]:
        problems = bucket_problems(self.client, self.bucket)
        try:
            _spool(self.spool_folder).close()
        except OSError as error:
            problems.append(
                f"no file can be written to the spool folder {self.spool_folder} ({error.strerror}): "
                "let the portal's user write there"
            )
        return problems


@define(eq=False, kw_only=True)
class _S3Upload(EncryptedUpload):
    store: S3FileStore
    _file: IO[bytes] | None = field(init=False, default=None)
    _stored_sha256: "hashlib._Hash" = field(init=False, factory=hashlib.sha256)
    _stored_size: int = field(init=False, default=0)
    _sent: bool = field(init=False, default=False)

    def begin(self) -> None:
        self._file = _spool(self.store.spool_folder)

    def take(self, stored: bytes) -> None:
        assert self._file is not None
        self._file.write(stored)
        self._stored_sha256.update(stored)
        self._stored_size += len(stored)

    def keep(self) -> None:
        assert self._file is not None
        self._file.seek(0)
        self._sent = True
        with _unavailable():
            try:
                self.store.client.put_object(
                    Bucket=self.store.bucket,
                    Key=_name(self.object_id),
                    Body=self._file,
                    ContentLength=self._stored_size,
                    ContentType="application/octet-stream",
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=self._checksum,
                    ServerSideEncryption="aws:kms",
                    SSEKMSKeyId=self.store.kms_key_id,
                    BucketKeyEnabled=True,
                    IfNoneMatch="*",
                )
            except ClientError as error:
                # S3 may have stored it at the first attempt, and lost the answer; then the second one finds it.
                if error.response["Error"]["Code"] != "PreconditionFailed" or self._own_version() is None:
                    raise
        self._file.close()

    def undo(self) -> None:
        if self._file is not None:
            self._file.close()
        if self._sent:
            # It may have been stored whatever S3 answered, if it did. What is not ours stays.
            with _unavailable():
                version = self._own_version()
                if version is not None:
                    self.store.client.delete_object(
                        Bucket=self.store.bucket, Key=_name(self.object_id), VersionId=version
                    )

    @property
    def _checksum(self) -> str:
        return base64.b64encode(self._stored_sha256.digest()).decode()

    def _own_version(self) -> str | None:
        """The version of the stored object if it is the one that was sent. The salt in it makes its checksum unique."""
        found = self.store.client.head_object(
            Bucket=self.store.bucket, Key=_name(self.object_id), ChecksumMode="ENABLED"
        )
        return found.get("VersionId", "null") if found.get("ChecksumSHA256") == self._checksum else None


@define
class _StoredObject(StoredBytes):
    client: Any
    bucket: str
    name: str
    stored_size: int
    _etag: str | None = field(init=False, default=None)

    def read(self, start: int, stop: int) -> bytes:
        unchanged = {} if self._etag is None else {"IfMatch": self._etag}
        with _unavailable():
            answer = self.client.get_object(
                Bucket=self.bucket, Key=self.name, Range=f"bytes={start}-{stop - 1}", **unchanged
            )
            with closing(answer["Body"]) as body:
                if answer.get("ContentRange") != f"bytes {start}-{stop - 1}/{self.stored_size}":
                    raise Unavailable
                read = bytes(body.read())
        self._etag = answer["ETag"]
        return read


def _name(object_id: UUID) -> str:
    return f"files/{object_id}"


def _spool(folder: Path) -> IO[bytes]:
    """A file that has no name, so that it is gone when it is closed or the process ends."""
    folder.mkdir(0o700, parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise Unavailable from error
