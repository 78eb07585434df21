"""Files' content in memory, by the contract of stores."""

from uuid import UUID, uuid4

import pytest

from adapters.memory.files.store import MemoryFileStore
from portal_core.kernel.errors import Unavailable
from tests.support.contracts.files.store import KEY, FileStoreContract, StoreWorld, pieces, read


class MemoryWorld(StoreWorld):
    def __init__(self) -> None:
        self.store: MemoryFileStore = MemoryFileStore()

    def stored(self, object_id: UUID) -> bytes:
        return self.store.objects[object_id]

    def alter(self, object_id: UUID, stored: bytes) -> None:
        self.store.objects[object_id] = stored

    def everything(self) -> list[bytes]:
        return list(self.store.objects.values())


class TestMemoryStore(FileStoreContract):
    @pytest.fixture
    def world(self) -> StoreWorld:
        return MemoryWorld()


async def test_store_that_is_away_answers_nothing() -> None:
    store, object_id = MemoryFileStore(), uuid4()
    await store.write(object_id, KEY, pieces(b"plain"), 10)
    store.away = True
    with pytest.raises(Unavailable):
        await store.write(uuid4(), KEY, pieces(b"plain"), 10)
    with pytest.raises(Unavailable):
        await read(store.content(object_id, KEY, 5))
    with pytest.raises(Unavailable):
        await store.delete(object_id)
    store.away = False
    assert await read(store.content(object_id, KEY, 5)) == b"plain"
