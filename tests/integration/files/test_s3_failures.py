"""How the S3 store fails: the real boto3 client over HTTP, against a strict server that fails in various ways."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest
from botocore.config import Config

from adapters.aws import AwsAccount
from adapters.s3.files import S3FileStore
from portal_core.kernel.errors import Unavailable
from tests.support.contracts.files.store import KEY, LIMIT, NOISE, NOTE, PIECE, pieces, read, read_stream
from tests.support.s3.strict_s3 import BUCKET, KMS_KEY, Fault, Operation, StrictS3, strict_s3

ATTEMPTS = 3


class HastyAccount(AwsAccount):
    """Waits half a second for an answer."""

    def client(self, service: str, *, attempts: int = 3) -> Any:
        config = Config(read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": attempts})
        return boto3.client(service, region_name=self.region, endpoint_url=self.endpoint_url, config=config)  # type: ignore[call-overload]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials, and no wait between attempts."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)


@pytest.fixture
def s3() -> Iterator[StrictS3]:
    with strict_s3() as server:
        yield server


@pytest.fixture
def store(s3: StrictS3, tmp_path: Path) -> Iterator[S3FileStore]:
    store = S3FileStore(HastyAccount("us-east-1", s3.url), BUCKET, KMS_KEY, tmp_path / "spool")
    yield store
    store.close()


async def written(store: S3FileStore, plain: bytes = NOTE) -> UUID:
    object_id = uuid4()
    await store.write(object_id, KEY, pieces(plain), LIMIT)
    return object_id


def stored(s3: StrictS3) -> list[bytes]:
    return [version.body for versions in s3.objects.values() for version in versions]


async def test_content_is_written_read_and_deleted_as_s3_demands(store: S3FileStore, s3: StrictS3) -> None:
    object_id = await written(store, NOISE)
    assert s3.requests == ["PutObject"]
    content = store.content(object_id, KEY, LIMIT)
    assert await read(content) == NOISE
    assert await read(content, 5_000_000, 5_000_000 + PIECE) == NOISE[5_000_000 : 5_000_000 + PIECE]
    assert await read_stream(content) == NOISE
    await store.delete(object_id)
    assert stored(s3) == []
    await store.delete(object_id)
    with pytest.raises(Unavailable):
        await read(content)


async def test_content_damaged_on_its_way_is_refused_by_its_checksum(store: S3FileStore, s3: StrictS3) -> None:
    s3.faults["PutObject"] = ["corrupted"]
    with pytest.raises(Unavailable):
        await written(store)
    assert stored(s3) == []


@pytest.mark.parametrize("operation", ["PutObject", "GetObject", "ListVersions", "DeleteObjects"])
@pytest.mark.parametrize("fault", ["slow_down", "hangs_up"])
async def test_request_that_fails_once_is_sent_again(
    store: S3FileStore, s3: StrictS3, operation: Operation, fault: Fault
) -> None:
    s3.faults[operation] = [fault]
    object_id = await written(store)
    assert await read(store.content(object_id, KEY, len(NOTE))) == NOTE
    await store.delete(object_id)
    assert stored(s3) == []
    assert s3.faults[operation] == []


@pytest.mark.parametrize(
    ("fault", "attempts"),
    [("denied", 1), ("kms_disabled", 1), ("slow_down", ATTEMPTS), ("hangs_up", ATTEMPTS), ("never_answers", ATTEMPTS)],
)
async def test_failing_s3_is_unavailable_after_a_few_attempts(
    store: S3FileStore, s3: StrictS3, fault: Fault, attempts: int
) -> None:
    object_id = await written(store)
    operations: list[Operation] = ["PutObject", "GetObject", "ListVersions", "DeleteObjects"]
    for operation in operations:
        s3.always = {operation: fault}
        s3.requests.clear()
        began = time.monotonic()
        with pytest.raises(Unavailable):
            if operation == "PutObject":
                await written(store)
            elif operation == "GetObject":
                await read(store.content(object_id, KEY, len(NOTE)))
            else:
                await store.delete(object_id)
        assert s3.requests.count(operation) == attempts
        assert time.monotonic() - began < 5
    s3.always = {}
    assert len(stored(s3)) == 1
    assert await read(store.content(object_id, KEY, len(NOTE))) == NOTE


@pytest.mark.parametrize("fault", ["cut_body", "short_body", "wrong_range", "no_range", "denied", "kms_disabled"])
@pytest.mark.parametrize("first", [True, False])
async def test_bad_answer_to_a_read_is_unavailable(store: S3FileStore, s3: StrictS3, fault: Fault, first: bool) -> None:
    object_id = await written(store)
    content = store.content(object_id, KEY, len(NOTE))
    if not first:
        await read(content, 0, 10)
    s3.faults["GetObject"] = [fault]
    with pytest.raises(Unavailable):
        await read(content)
    assert await read(content) == NOTE


async def test_object_replaced_between_two_ranges_is_unavailable(store: S3FileStore, s3: StrictS3) -> None:
    object_id = await written(store)
    content = store.content(object_id, KEY, len(NOTE))
    assert await read(content, 0, 10) == NOTE[:10]
    s3.faults["GetObject"] = ["changed"]  # to the same bytes in another version, which S3 tells by the ETag
    with pytest.raises(Unavailable):
        await read(content, 600_000, 600_010)


async def test_lost_answer_to_an_upload_is_made_good_by_the_next_attempt(store: S3FileStore, s3: StrictS3) -> None:
    s3.faults["PutObject"] = ["lost_answer"]
    object_id = await written(store)
    assert s3.requests == ["PutObject", "PutObject", "HeadObject"]
    assert len(stored(s3)) == 1
    assert await read(store.content(object_id, KEY, len(NOTE))) == NOTE


async def test_upload_whose_answers_are_all_lost_leaves_nothing(store: S3FileStore, s3: StrictS3) -> None:
    s3.always["PutObject"] = "lost_answer"
    with pytest.raises(Unavailable):
        await written(store)
    assert stored(s3) == []


@pytest.mark.parametrize("fault", ["denied", "slow_down", "lost_answer", "hangs_up", None])
async def test_failed_upload_never_removes_what_another_stored(
    store: S3FileStore, s3: StrictS3, fault: Fault | None
) -> None:
    object_id = await written(store)
    if fault:
        s3.always["PutObject"] = fault
    with pytest.raises(Unavailable):
        await store.write(object_id, KEY, pieces(b"other"), LIMIT)
    assert await read(store.content(object_id, KEY, len(NOTE))) == NOTE


async def test_upload_fails_as_unavailable_even_if_nothing_can_be_undone(store: S3FileStore, s3: StrictS3) -> None:
    s3.always = {"PutObject": "lost_answer", "HeadObject": "denied"}
    with pytest.raises(Unavailable):
        await written(store)


async def test_upload_cancelled_while_s3_fails_is_cancelled(store: S3FileStore, s3: StrictS3) -> None:
    s3.always = {"PutObject": "never_answers", "HeadObject": "denied"}
    upload = asyncio.create_task(written(store))
    assert await asyncio.to_thread(s3.hanging.wait, 30)
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload


async def test_version_that_may_not_be_deleted_is_unavailable(store: S3FileStore, s3: StrictS3) -> None:
    object_id = await written(store)
    s3.always["DeleteObject"] = "denied"
    with pytest.raises(Unavailable):
        await store.delete(object_id)
    assert len(stored(s3)) == 1


async def test_wrong_kms_key_is_unavailable(s3: StrictS3, tmp_path: Path) -> None:
    store = S3FileStore(HastyAccount("us-east-1", s3.url), BUCKET, "other-key", tmp_path)
    with pytest.raises(Unavailable):
        await written(store)
    store.close()


async def test_unreachable_s3_is_unavailable(tmp_path: Path) -> None:
    store = S3FileStore(AwsAccount("us-east-1", "http://127.0.0.1:9"), BUCKET, KMS_KEY, tmp_path)
    for failing in (written(store), read(store.content(uuid4(), KEY, 5)), store.delete(uuid4())):
        with pytest.raises(Unavailable):
            await failing
    assert str(await store.check()).startswith("S3 does not respond (EndpointConnectionError)")
    store.close()


async def test_missing_credentials_are_unavailable(
    s3: StrictS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        store = S3FileStore(AwsAccount("us-east-1", s3.url), BUCKET, KMS_KEY, tmp_path)
        stack.callback(store.close)
        with pytest.raises(Unavailable):
            await written(store)
        assert str(await store.check()).startswith("S3 does not respond (NoCredentialsError)")


@pytest.mark.parametrize(
    ("faults", "problem"),
    [
        (["denied"], f"the bucket {BUCKET} is denied: let the portal's role list, read, write and delete its objects"),
        (["moved"], f"the bucket {BUCKET} is in another region: set the region to its own"),
        (["slow_down"] * ATTEMPTS, f"S3 answers 503 for the bucket {BUCKET}"),
    ],
)
async def test_check_says_why_the_bucket_is_out_of_reach(
    store: S3FileStore, s3: StrictS3, faults: list[Fault], problem: str
) -> None:
    s3.faults["Bucket"] = faults
    assert await store.check() == problem


async def test_check_says_which_setting_cannot_be_read(store: S3FileStore, s3: StrictS3) -> None:
    assert await store.check() == (
        f"the settings of the bucket {BUCKET} cannot be read: S3 answers NoSuchConfiguration to GetBucketVersioning"
    )
