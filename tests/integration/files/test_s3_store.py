"""Files' content in S3: the real boto3 client over HTTP, against moto's server."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from moto.server import ThreadedMotoServer

from adapters.aws import AwsAccount
from adapters.s3.files import S3FileStore
from portal_core.kernel.errors import Unavailable
from tests.support.contracts.files.store import (
    KEY,
    LIMIT,
    NOISE,
    NOTE,
    PIECE,
    FileStoreContract,
    Source,
    StoreWorld,
    cancel_while_kept,
    pieces,
    read,
)

REGION = "us-east-1"


@pytest.fixture(scope="module")
def account() -> Iterator[AwsAccount]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "x")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "y")
        yield AwsAccount(REGION, f"http://{host}:{port}")
    server.stop()


@pytest.fixture(scope="module")
def kms_key_id(account: AwsAccount) -> str:
    return str(account.client("kms").create_key()["KeyMetadata"]["KeyId"])


class S3World(StoreWorld):
    """A fresh bucket, set up as the portal needs it."""

    def __init__(self, account: AwsAccount, kms_key_id: str, spool_folder: Path) -> None:
        self.s3: Any = account.client("s3")
        self.bucket = f"files-{uuid4().hex}"
        self.spool_folder = spool_folder
        self.s3.create_bucket(Bucket=self.bucket)
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.s3.put_public_access_block(
            Bucket=self.bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
        encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": kms_key_id}
        self.s3.put_bucket_encryption(
            Bucket=self.bucket,
            ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": encryption}]},
        )
        self.store: S3FileStore = S3FileStore(account, self.bucket, kms_key_id, spool_folder)

    def stored(self, object_id: UUID) -> bytes:
        return bytes(self.s3.get_object(Bucket=self.bucket, Key=f"files/{object_id}")["Body"].read())

    def alter(self, object_id: UUID, stored: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=f"files/{object_id}", Body=stored)

    def everything(self) -> list[bytes]:
        return [*self.spooled(), *(self._version(one) for one in self.versions() if one["Size"] is not None)]

    def versions(self) -> list[dict[str, Any]]:
        """All versions, and the delete markers, which have no size."""
        listed = self.s3.list_object_versions(Bucket=self.bucket)
        return [*listed.get("Versions", ()), *({**one, "Size": None} for one in listed.get("DeleteMarkers", ()))]

    def _version(self, one: dict[str, Any]) -> bytes:
        answer = self.s3.get_object(Bucket=self.bucket, Key=one["Key"], VersionId=one["VersionId"])
        return bytes(answer["Body"].read())

    def spooled(self) -> list[bytes]:
        """The spool files of this process, which have no names, and named ones."""
        found = [path.read_bytes() for path in self.spool_folder.rglob("*") if path.is_file()]
        for link in Path("/proc/self/fd").iterdir():
            try:
                if os.readlink(link).startswith(f"{self.spool_folder}/"):
                    found.append(link.read_bytes())
            except FileNotFoundError:  # the one that lists them
                continue
        return found


@pytest.fixture
def world(account: AwsAccount, kms_key_id: str, tmp_path: Path) -> Iterator[S3World]:
    world = S3World(account, kms_key_id, tmp_path / "spool")
    yield world
    world.store.close()


class TestS3FileStore(FileStoreContract):
    @pytest.fixture
    def world(self, world: S3World) -> StoreWorld:
        return world


async def test_object_is_encrypted_with_the_configured_key_of_kms(world: S3World, kms_key_id: str) -> None:
    object_id = uuid4()
    await world.store.write(object_id, KEY, pieces(NOTE), LIMIT)
    found = world.s3.head_object(Bucket=world.bucket, Key=f"files/{object_id}", ChecksumMode="ENABLED")
    assert found["ServerSideEncryption"] == "aws:kms"
    assert found["SSEKMSKeyId"].endswith(kms_key_id)
    assert found["ChecksumSHA256"]


async def test_all_versions_and_delete_markers_are_deleted(world: S3World) -> None:
    object_id, other = uuid4(), uuid4()
    await world.store.write(object_id, KEY, pieces(NOTE), LIMIT)
    await world.store.write(other, KEY, pieces(NOTE), LIMIT)
    world.s3.put_object(Bucket=world.bucket, Key=f"files/{object_id}-2", Body=b"of another name")
    world.alter(object_id, b"second version")
    world.s3.delete_object(Bucket=world.bucket, Key=f"files/{object_id}")
    world.alter(object_id, b"third version")
    assert len([one for one in world.versions() if one["Key"] == f"files/{object_id}"]) == 4
    await world.store.delete(object_id)
    assert {one["Key"] for one in world.versions()} == {f"files/{other}", f"files/{object_id}-2"}


async def test_more_versions_than_a_page_holds_are_deleted(world: S3World, monkeypatch: pytest.MonkeyPatch) -> None:
    object_id = uuid4()
    for number in range(7):
        world.alter(object_id, bytes([number]))
    monkeypatch.setattr("adapters.s3.files._DELETED_AT_ONCE", 3)
    paginator = world.store.client.get_paginator
    monkeypatch.setattr(
        world.store.client,
        "get_paginator",
        lambda name: _Pages(paginator(name)),
    )
    await world.store.delete(object_id)
    assert world.versions() == []


class _Pages:
    """Pages of two, where S3's hold a thousand."""

    def __init__(self, pages: Any) -> None:
        self.pages = pages

    def paginate(self, **arguments: Any) -> Any:
        return self.pages.paginate(**arguments, PaginationConfig={"PageSize": 2})


async def test_upload_cancelled_while_it_is_sent_leaves_nothing(
    world: S3World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cancel_while_kept(world, monkeypatch)
    assert world.versions() == []


async def test_spool_is_private_encrypted_and_nameless(world: S3World) -> None:
    seen = list[bytes]()

    def look() -> None:
        seen.extend(world.spooled())
        assert list(world.spool_folder.iterdir()) == []
        assert world.spool_folder.stat().st_mode & 0o077 == 0

    await world.store.write(uuid4(), KEY, Source(NOISE, {100: look}).pieces(), LIMIT)
    assert len(seen) == 1
    assert len(seen[0]) > 1_000_000
    assert NOISE[:64] not in seen[0]
    assert world.spooled() == []


async def test_spool_folder_that_cannot_be_written_refuses_uploads(
    world: S3World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    with pytest.raises(Unavailable):
        await world.store.write(uuid4(), KEY, pieces(NOTE), LIMIT)
    assert await world.store.check() == (
        f"no file can be written to the spool folder {world.spool_folder} (Permission denied): "
        "let the portal's user write there"
    )


def requests(world: S3World) -> list[tuple[str, str | None]]:
    """The requests that the store sends from now on: the operation, and the range."""
    sent = list[tuple[str, str | None]]()
    world.store.client.meta.events.register(
        "before-send.s3.*",
        lambda request, event_name, **_: sent.append(
            (event_name.rpartition(".")[2], (request.headers.get("Range") or b"").decode() or None)
        ),
    )
    return sent


async def test_upload_is_one_request(world: S3World) -> None:
    sent = requests(world)
    await world.store.write(uuid4(), KEY, pieces(NOISE), LIMIT)
    assert sent == [("PutObject", None)]


async def test_short_range_is_one_request_of_two_segments_at_most(world: S3World) -> None:
    object_id = uuid4()
    await world.store.write(object_id, KEY, pieces(NOISE), LIMIT)
    content, sent = world.store.content(object_id, KEY, LIMIT), requests(world)
    segment = 256 * 1024
    start = 3 * segment - 1000
    assert await read(content, start, start + PIECE) == NOISE[start : start + PIECE]
    # The header is needed once; the segments are 2 and 3.
    assert sent == [("GetObject", "bytes=0-39"), ("GetObject", f"bytes={2 * segment}-{4 * segment - 1}")]
    await read(content, start, start + PIECE)
    assert len(sent) == 3


async def test_long_read_takes_a_request_for_each_mebibyte(world: S3World) -> None:
    object_id = uuid4()
    await world.store.write(object_id, KEY, pieces(NOISE), LIMIT)
    sent = requests(world)
    assert await read(world.store.content(object_id, KEY, LIMIT)) == NOISE
    assert len(sent) == 11  # tags and header make the stored bytes a little more than 10 MiB


async def test_stream_read_in_order_takes_few_requests_and_one_that_seeks_takes_one_segment(world: S3World) -> None:
    object_id = uuid4()
    await world.store.write(object_id, KEY, pieces(NOISE), LIMIT)
    sent = requests(world)

    def in_order() -> bytes:
        with world.store.content(object_id, KEY, LIMIT).open() as stream:
            return b"".join(iter(lambda: stream.read(5000), b""))

    def at_the_end() -> bytes:
        with world.store.content(object_id, KEY, LIMIT).open() as stream:
            stream.seek(-300_000, 2)
            return stream.read(20)

    assert await asyncio.to_thread(in_order) == NOISE
    assert len(sent) == 11
    sent.clear()
    assert await asyncio.to_thread(at_the_end) == NOISE[-300_000:-299_980]
    (header, segment) = (bounds.removeprefix("bytes=").split("-") for _, bounds in sent if bounds)
    assert header == ["0", "39"]
    assert int(segment[1]) - int(segment[0]) == 256 * 1024 - 1


async def test_check_finds_a_bucket_that_is_set_up(world: S3World) -> None:
    assert await world.store.check() is None
    assert world.everything() == []


async def test_check_says_what_to_set(world: S3World) -> None:
    s3, bucket = world.s3, world.bucket
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert await world.store.check() == "turn on versioning, so that a deleted file can be restored"
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True}
    )
    assert "turn on all four settings that block public access" in str(await world.store.check())
    s3.delete_public_access_block(Bucket=bucket)
    s3.delete_bucket_encryption(Bucket=bucket)
    assert await world.store.check() == (
        "turn on versioning, so that a deleted file can be restored; "
        "turn on all four settings that block public access; set default encryption to SSE-KMS (aws:kms)"
    )


async def test_check_says_that_there_is_no_bucket(account: AwsAccount, tmp_path: Path) -> None:
    store = S3FileStore(account, "nowhere-to-be-found", "key", tmp_path)
    assert await store.check() == "there is no bucket nowhere-to-be-found: create it, or name another one"
    store.close()
