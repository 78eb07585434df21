"""The contract of every `MasterKey`. Subclasses provide the fixtures `master` and `rotated`."""

import pytest

from adapters.encryption.cipher import DecryptionFailed, new_key
from adapters.encryption.master_key import MasterKey


class MasterKeyContract:
    """`rotated` rotates the master key and returns a `MasterKey` that wraps with the new one."""

    async def test_wrapped_key_can_be_unwrapped(self, master: MasterKey) -> None:
        key = new_key()
        wrapped = await master.wrap(key, "practice 1")
        assert key not in wrapped
        assert await master.unwrap(wrapped, "practice 1") == key

    async def test_unwrap_needs_same_context(self, master: MasterKey) -> None:
        wrapped = await master.wrap(new_key(), "practice 1")
        with pytest.raises(DecryptionFailed):
            await master.unwrap(wrapped, "practice 2")

    async def test_altered_key_is_refused(self, master: MasterKey) -> None:
        wrapped = bytearray(await master.wrap(new_key(), "practice 1"))
        wrapped[-1] ^= 1
        with pytest.raises(DecryptionFailed):
            await master.unwrap(bytes(wrapped), "practice 1")

    async def test_key_wrapped_before_rotation_can_be_unwrapped(self, master: MasterKey, rotated: MasterKey) -> None:
        key = new_key()
        before, after = await master.wrap(key, "practice 1"), await rotated.wrap(key, "practice 1")
        assert rotated.name != master.name
        assert await rotated.unwrap(before, "practice 1") == key
        assert await rotated.unwrap(after, "practice 1") == key
