"""Sealed fields, and the master key in a file."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.encryption.cipher import Cipher, DecryptionFailed, new_key
from adapters.encryption.master_key import MasterKey
from adapters.local.key_file import KeyFile, KeyFileError
from tests.support.contracts.engine.master_key import MasterKeyContract


@given(st.binary(max_size=200), st.text(max_size=40))
def test_decrypt_with_matching_associated_data(plain: bytes, place: str) -> None:
    cipher = Cipher(new_key())
    sealed = cipher.seal(plain, place)
    assert cipher.open(sealed, place) == plain
    assert cipher.seal(plain, place) != sealed
    with pytest.raises(DecryptionFailed):
        cipher.open(sealed, place + "x")
    with pytest.raises(DecryptionFailed):
        Cipher(new_key()).open(sealed, place)


@given(st.binary(min_size=1, max_size=60), st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_altered_value_cannot_be_decrypted(plain: bytes, where: int, change: int) -> None:
    cipher = Cipher(new_key())
    sealed = bytearray(cipher.seal(plain, "table.column/1"))
    sealed[where % len(sealed)] ^= change
    with pytest.raises(DecryptionFailed):
        cipher.open(bytes(sealed), "table.column/1")


@pytest.mark.parametrize("cut", [b"", b"\x01", b"\x01" + bytes(12), b"\x01" + bytes(20)])
def test_truncated_value_cannot_be_decrypted(cut: bytes) -> None:
    with pytest.raises(DecryptionFailed):
        Cipher(new_key()).open(cut, "table.column/1")


def test_key_is_not_in_repr() -> None:
    key = new_key()
    assert repr(key)[2:10] not in repr(Cipher(key))


class TestKeyFile(MasterKeyContract):
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "keys" / "keys.json"

    @pytest.fixture
    def master(self, path: Path) -> MasterKey:
        return KeyFile(path)

    @pytest.fixture
    def rotated(self, master: MasterKey, path: Path) -> MasterKey:
        other = KeyFile(path)
        other.rotate()
        return other

    def test_key_file_is_readable_by_its_owner_only(self, master: MasterKey, path: Path) -> None:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_second_start_finds_the_same_key(self, master: MasterKey, path: Path) -> None:
        before = path.read_text()
        assert KeyFile(path).name == master.name
        assert path.read_text() == before

    async def test_a_running_process_sees_a_rotation(self, master: MasterKey, rotated: MasterKey, path: Path) -> None:
        key = new_key()
        assert await master.unwrap(await rotated.wrap(key, "p"), "p") == key

    async def test_another_key_file_cannot_unwrap(self, master: MasterKey, tmp_path: Path) -> None:
        with pytest.raises(DecryptionFailed):
            await KeyFile(tmp_path / "other.json").unwrap(await master.wrap(new_key(), "p"), "p")

    def test_damaged_key_file_is_reported_in_one_line(self, path: Path) -> None:
        path.parent.mkdir()
        path.write_text("{}")
        with pytest.raises(KeyFileError, match="cannot read the key file"):
            KeyFile(path)
