"""The contract of every `FileStore`. Subclasses provide the fixture `world`: a store, and what is behind it."""

import asyncio
import hashlib
import io
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID, uuid4

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from adapters.encryption.content import EncryptedContent
from adapters.encryption.streaming import HEADER_BYTES, SEGMENT_BYTES
from adapters.encryption.upload import EncryptedUpload
from portal_core.files.content_ports import ContentKey, FileContent, FileStore, WrittenContent
from portal_core.files.errors import FileTooLarge
from portal_core.kernel.errors import Unavailable

MEBIBYTE = 1024 * 1024
LIMIT = 10 * MEBIBYTE
FIRST = SEGMENT_BYTES - HEADER_BYTES - 16
LATER = SEGMENT_BYTES - 16
SIZES = [0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + LATER - 1, FIRST + LATER, FIRST + LATER + 1, LIMIT]
NOISE = os.urandom(LIMIT)
PHRASE = b"Ann feels much better since Tuesday. "
NOTE = PHRASE * (MEBIBYTE // len(PHRASE))
KEY, OTHER_KEY = ContentKey(bytes(range(32))), ContentKey(bytes(32))
PIECE = 64 * 1024
SAMPLE = NOISE[: FIRST + 6 * LATER + 777]
POSITIONS = st.integers(0, len(SAMPLE) + 10) | st.sampled_from([FIRST, FIRST + LATER, len(SAMPLE)])
MOVES = st.tuples(
    st.sampled_from([io.SEEK_SET, io.SEEK_CUR, io.SEEK_END]),
    st.integers(-len(SAMPLE), len(SAMPLE) + 10),
    st.integers(0, 10) | st.integers(0, 3 * SEGMENT_BYTES) | st.just(-1),
)
"""Where a stream seeks to, and how much is read there."""


class StoreWorld(ABC):
    """A store, and ways to see and alter what it stores."""

    store: FileStore
    sample: UUID | None = None

    @abstractmethod
    def stored(self, object_id: UUID) -> bytes:
        """What is stored of an object, encrypted."""

    @abstractmethod
    def alter(self, object_id: UUID, stored: bytes) -> None:
        """Store other bytes in its place."""

    @abstractmethod
    def everything(self) -> list[bytes]:
        """All that is stored or lies in files anywhere now, also of unfinished uploads. Nothing is left if empty."""


async def pieces(content: bytes, size: int = PIECE) -> AsyncIterator[bytes]:
    """The content as an upload brings it."""
    for start in range(0, len(content), size):
        await asyncio.sleep(0)
        yield content[start : start + size]


async def read(content: FileContent, start: int = 0, stop: int | None = None) -> bytes:
    found = [piece async for piece in content.chunks(start, stop)]
    assert all(0 < len(piece) <= MEBIBYTE for piece in found)
    return b"".join(found)


async def read_stream(content: FileContent) -> bytes:
    def whole() -> bytes:
        with content.open() as stream:
            return stream.read()

    return await asyncio.to_thread(whole)


@define
class Source:
    """An upload that counts what was asked of it, and may do something before a piece."""

    content: bytes
    before: dict[int, Callable[[], Awaitable[None] | None]] = field(factory=dict)
    asked: int = 0

    async def pieces(self) -> AsyncIterator[bytes]:
        async for piece in pieces(self.content):
            if (act := self.before.get(self.asked)) and (waiting := act()):
                await waiting
            self.asked += 1
            yield piece


class FileStoreContract:
    """Every store encrypts, stores whole or not at all, reads ranges, and refuses what is not what was written."""

    async def written(self, world: StoreWorld, content: bytes = NOTE) -> UUID:
        object_id = uuid4()
        await world.store.write(object_id, KEY, pieces(content), LIMIT)
        return object_id

    async def refused(self, content: FileContent, start: int = 0, stop: int | None = None) -> None:
        with pytest.raises(Unavailable):
            await read(content, start, stop)

    @pytest.mark.parametrize("size", SIZES)
    async def test_content_is_read_as_it_was_written(self, world: StoreWorld, size: int) -> None:
        object_id, plain = uuid4(), NOISE[:size]
        written = await world.store.write(object_id, KEY, pieces(plain), LIMIT)
        assert written == WrittenContent(size, hashlib.sha256(plain).digest())
        content = world.store.content(object_id, KEY, size)
        assert content.size == size
        assert await read(content) == plain
        assert await read_stream(content) == plain

    @pytest.mark.parametrize("size", [1, 1000, MEBIBYTE, LIMIT])
    async def test_pieces_may_have_any_size(self, world: StoreWorld, size: int) -> None:
        object_id, plain = uuid4(), NOISE[: min(LIMIT, size * 3000)]
        await world.store.write(object_id, KEY, pieces(plain, size), LIMIT)
        assert await read(world.store.content(object_id, KEY, len(plain))) == plain

    async def test_empty_pieces_change_nothing(self, world: StoreWorld) -> None:
        async def with_gaps() -> AsyncIterator[bytes]:
            for piece in (b"", b"one", b"", b"two", b""):
                yield piece

        object_id = uuid4()
        assert (await world.store.write(object_id, KEY, with_gaps(), 6)).size == 6
        assert await read(world.store.content(object_id, KEY, 6)) == b"onetwo"

    async def sample(self, world: StoreWorld) -> UUID:
        """The id of `SAMPLE`, written once for all examples of a property."""
        if world.sample is None:
            world.sample = await self.written(world, SAMPLE)
        return world.sample

    @given(start=POSITIONS, stop=POSITIONS | st.none())
    async def test_ranges_are_those_of_the_bytes(self, world: StoreWorld, start: int, stop: int | None) -> None:
        content = world.store.content(await self.sample(world), KEY, len(SAMPLE))
        assert await read(content, start, stop) == SAMPLE[start:stop]
        assert await read(content, 5, 10) == SAMPLE[5:10]

    @given(steps=st.lists(MOVES, max_size=8))
    async def test_stream_seeks_and_reads_like_a_file(
        self, world: StoreWorld, steps: list[tuple[int, int, int]]
    ) -> None:
        content = world.store.content(await self.sample(world), KEY, len(SAMPLE))
        await asyncio.to_thread(_same_as_a_file, content, SAMPLE, steps)

    async def test_short_range_reads_two_segments_at_most(self, world: StoreWorld) -> None:
        plain = NOISE[: FIRST + 6 * LATER]
        object_id = await self.written(world, plain)
        for start, segments in ((0, 1), (FIRST - PIECE, 1), (FIRST - 1, 2), (FIRST + LATER, 1), (FIRST + LATER - 5, 2)):
            content = world.store.content(object_id, KEY, len(plain))
            assert isinstance(content, EncryptedContent)
            assert await read(content, start, start + PIECE) == plain[start : start + PIECE]
            assert content.segments_read == segments

    async def test_stream_read_in_order_reads_each_segment_once(self, world: StoreWorld) -> None:
        plain = NOISE[: FIRST + 6 * LATER]
        content = world.store.content(await self.written(world, plain), KEY, len(plain))
        assert isinstance(content, EncryptedContent)

        def in_small_parts() -> bytes:
            with content.open() as stream:
                return b"".join(iter(lambda: stream.read(5000), b""))

        assert await asyncio.to_thread(in_small_parts) == plain
        assert content.segments_read == 7

    async def test_content_of_the_largest_size_is_taken(self, world: StoreWorld) -> None:
        object_id = uuid4()
        assert (await world.store.write(object_id, KEY, pieces(NOISE[:100], 10), 100)).size == 100

    async def test_too_large_content_is_refused_early_and_leaves_nothing(self, world: StoreWorld) -> None:
        object_id, source = uuid4(), Source(NOISE)
        with pytest.raises(FileTooLarge, match="1,048,576 bytes"):
            await world.store.write(object_id, KEY, source.pieces(), MEBIBYTE)
        assert source.asked == MEBIBYTE // PIECE + 1
        await self.nothing_is_left(world, object_id)

    async def test_failing_source_leaves_nothing(self, world: StoreWorld) -> None:
        def fail() -> None:
            raise ConnectionResetError

        for at in (0, 1, 20):
            object_id = uuid4()
            with pytest.raises(ConnectionResetError):
                await world.store.write(object_id, KEY, Source(NOISE, {at: fail}).pieces(), LIMIT)
            await self.nothing_is_left(world, object_id)

    async def test_cancelled_upload_leaves_nothing(self, world: StoreWorld) -> None:
        for at in (0, 1, 20):
            object_id, here = uuid4(), asyncio.Event()

            async def hang(here: asyncio.Event = here) -> None:
                here.set()
                await asyncio.Event().wait()

            source = Source(NOISE, {at: hang})
            upload = asyncio.create_task(world.store.write(object_id, KEY, source.pieces(), LIMIT))
            await here.wait()
            upload.cancel()
            with pytest.raises(asyncio.CancelledError):
                await upload
            await self.nothing_is_left(world, object_id)

    async def test_upload_cancelled_at_any_moment_leaves_nothing(self, world: StoreWorld) -> None:
        for turns in (0, 1, 2, 3, 5, 8, 13, 21, 34, 55):
            object_id = uuid4()
            upload = asyncio.create_task(world.store.write(object_id, KEY, pieces(NOTE), LIMIT))
            for _ in range(turns):
                await asyncio.sleep(0)
            upload.cancel()
            if (await asyncio.gather(upload, return_exceptions=True))[0].__class__ is WrittenContent:
                await world.store.delete(object_id)
            await self.nothing_is_left(world, object_id)

    async def nothing_is_left(self, world: StoreWorld, object_id: UUID) -> None:
        assert world.everything() == []
        await self.refused(world.store.content(object_id, KEY, 10))

    async def test_nothing_is_in_clear_during_and_after_an_upload(self, world: StoreWorld) -> None:
        object_id, seen = uuid4(), list[bytes]()
        source = Source(NOTE, {12: lambda: seen.extend(world.everything())})
        await world.store.write(object_id, KEY, source.pieces(), LIMIT)
        after = world.everything()
        assert len(after) == 1
        for one in (*seen, *after):
            assert PHRASE[:10] not in one
            assert KEY.value not in one

    async def test_making_content_reads_nothing(self, world: StoreWorld) -> None:
        content = world.store.content(uuid4(), KEY, 10)
        await self.refused(content)
        await self.refused(content, 3, 4)

    @pytest.mark.parametrize("size", [0, 10, 3 * SEGMENT_BYTES])
    async def test_missing_content_is_unavailable(self, world: StoreWorld, size: int) -> None:
        content = world.store.content(uuid4(), KEY, size)
        await self.refused(content)
        with pytest.raises(Unavailable):
            await read_stream(content)

    @pytest.mark.parametrize("position", [0, 5, 35, 50, SEGMENT_BYTES, 2 * SEGMENT_BYTES + 9, -1])
    async def test_altered_content_is_unavailable(self, world: StoreWorld, position: int) -> None:
        object_id = await self.written(world)
        altered = bytearray(world.stored(object_id))
        altered[position] ^= 1
        world.alter(object_id, bytes(altered))
        content = world.store.content(object_id, KEY, len(NOTE))
        await self.refused(content)
        with pytest.raises(Unavailable):
            await read_stream(content)

    @pytest.mark.parametrize("kept", [0, 1, 39, 40, 1000, SEGMENT_BYTES, 2 * SEGMENT_BYTES, -SEGMENT_BYTES, -1])
    async def test_truncated_content_is_unavailable_in_any_range(self, world: StoreWorld, kept: int) -> None:
        object_id = await self.written(world)
        world.alter(object_id, world.stored(object_id)[:kept])
        await self.refused(world.store.content(object_id, KEY, len(NOTE)), 0, 10)

    async def test_appended_bytes_make_content_unavailable_in_any_range(self, world: StoreWorld) -> None:
        object_id = await self.written(world)
        world.alter(object_id, world.stored(object_id) + b"x")
        await self.refused(world.store.content(object_id, KEY, len(NOTE)), 0, 10)

    async def test_content_of_another_object_is_unavailable(self, world: StoreWorld) -> None:
        one, other = await self.written(world), await self.written(world)
        world.alter(one, world.stored(other))
        await self.refused(world.store.content(one, KEY, len(NOTE)))

    async def test_wrong_key_and_size_are_refused(self, world: StoreWorld) -> None:
        object_id = await self.written(world)
        await self.refused(world.store.content(object_id, OTHER_KEY, len(NOTE)))
        for size in (0, 1, len(NOTE) - 1, len(NOTE) + 1, len(NOTE) + SEGMENT_BYTES):
            await self.refused(world.store.content(object_id, KEY, size))

    async def test_second_content_of_an_object_is_refused_and_the_first_stays(self, world: StoreWorld) -> None:
        object_id = await self.written(world)
        with pytest.raises(Unavailable):
            await world.store.write(object_id, OTHER_KEY, pieces(b"other"), LIMIT)
        assert await read(world.store.content(object_id, KEY, len(NOTE))) == NOTE
        assert len(world.everything()) == 1

    async def test_content_can_be_deleted_twice(self, world: StoreWorld) -> None:
        kept, object_id = await self.written(world), await self.written(world)
        for _ in range(2):
            await world.store.delete(object_id)
            await self.refused(world.store.content(object_id, KEY, len(NOTE)))
        assert await read(world.store.content(kept, KEY, len(NOTE))) == NOTE
        await world.store.delete(kept)
        assert world.everything() == []

    async def test_deleting_what_was_never_stored_does_nothing(self, world: StoreWorld) -> None:
        await world.store.delete(uuid4())
        assert world.everything() == []

    async def test_uploads_at_once_do_not_mix(self, world: StoreWorld) -> None:
        contents = {uuid4(): NOISE[start : start + 700_000 + start] for start in range(0, 20_000, 1000)}
        await asyncio.gather(
            *(world.store.write(object_id, KEY, pieces(plain), LIMIT) for object_id, plain in contents.items())
        )
        for object_id, plain in contents.items():
            assert await read(world.store.content(object_id, KEY, len(plain))) == plain


async def cancel_while_kept(world: StoreWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancel an upload whose last step has begun in a thread, and is carried out after that."""
    begun, go_on, finish = threading.Event(), threading.Event(), EncryptedUpload.finish

    def slow_finish(upload: EncryptedUpload) -> WrittenContent:
        with upload._working:  # as the step holds it
            begun.set()
            assert go_on.wait(30)
        return finish(upload)

    def finish_then_wait(upload: EncryptedUpload) -> WrittenContent:
        written = finish(upload)
        begun.set()
        assert go_on.wait(30)
        return written

    for step in (slow_finish, finish_then_wait):
        begun.clear()
        go_on.clear()
        monkeypatch.setattr(EncryptedUpload, "finish", step)
        upload = asyncio.create_task(world.store.write(uuid4(), KEY, pieces(NOTE), LIMIT))
        await asyncio.to_thread(begun.wait, 30)
        upload.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await upload
        assert world.everything() == []


def _same_as_a_file(content: FileContent, plain: bytes, steps: list[tuple[int, int, int]]) -> None:
    with content.open() as stream, io.BytesIO(plain) as file:
        for whence, offset, size in steps:
            base = {io.SEEK_SET: 0, io.SEEK_CUR: file.tell(), io.SEEK_END: len(plain)}[whence]
            if base + offset < 0:
                with pytest.raises(ValueError, match="before the start"):
                    stream.seek(offset, whence)
                continue
            assert stream.seek(offset, whence) == base + offset
            file.seek(base + offset)
            assert stream.read(size) == file.read(size)
            assert stream.tell() == file.tell()
