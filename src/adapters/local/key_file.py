"""The master key in a file, for a single machine or a trial. Anyone who can read both file and database can read all.

The file holds all master keys ever used, newest last. The newest wraps; any of them unwraps. It is created at the first
start, readable by its owner only, and replaced atomically.
"""

import base64
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import define, field

from adapters.encryption.cipher import Cipher, DecryptionFailed, new_key
from adapters.encryption.master_key import MasterKey


class KeyFileError(Exception):
    """The key file cannot be read or written. The message is one line with the reason."""


@define
class KeyFile(MasterKey):
    """Master keys in a JSON file. After `rotate` adds a new one, `KeyRotation` rewraps the practices' keys."""

    path: Path
    _keys: dict[str, Cipher] = field(init=False, factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        if not self.path.exists():
            self._write([("key-1", new_key())])
        self._read()

    @property
    def name(self) -> str:
        return list(self._keys)[-1]

    async def wrap(self, key: bytes, context: str) -> bytes:
        name = self.name
        return name.encode() + b"\0" + self._keys[name].seal(key, context)

    async def unwrap(self, wrapped: bytes, context: str) -> bytes:
        name, _, sealed = wrapped.partition(b"\0")
        cipher = self._keys.get(name.decode(errors="replace"))
        if cipher is None:
            self._read()  # another process may have rotated the key
            cipher = self._keys.get(name.decode(errors="replace"))
        if cipher is None:
            raise DecryptionFailed("wrapped with a master key that is not in the key file")
        return cipher.open(sealed, context)

    def rotate(self) -> str:
        """Add a new master key for wrapping, and return its name. The older keys stay, for unwrapping.

        Two rotations at once add two keys, one after the other: a key that the file lost could unwrap nothing more.
        """
        with self._locked():
            known = [(name, base64.b64decode(text)) for name, text in self._stored()]
            self._write([*known, (f"key-{len(known) + 1}", new_key())])
            self._read()
            return self.name

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder's lock: the file itself is replaced, and the folder stays."""
        try:
            folder = os.open(self.path.parent, os.O_RDONLY)
        except OSError as error:
            raise KeyFileError(f"cannot lock the folder of the key file {self.path}: {error.strerror}") from None
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _stored(self) -> list[tuple[str, str]]:
        try:
            stored = json.loads(self.path.read_text())
            return [(entry["name"], entry["key"]) for entry in stored["keys"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise KeyFileError(f"cannot read the key file {self.path}: {error}") from None

    def _read(self) -> None:
        self._keys = {name: Cipher(base64.b64decode(text)) for name, text in self._stored()}

    def _write(self, keys: list[tuple[str, bytes]]) -> None:
        text = json.dumps({"keys": [{"name": n, "key": base64.b64encode(k).decode()} for n, k in keys]}, indent=1)
        fresh = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                if self._keys and os.geteuid() == 0:  # root rotates it: keep it readable for the portal's user
                    owner = self.path.stat()
                    os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            if self._keys:
                os.replace(fresh, self.path)
            else:
                self._link(fresh)
        except OSError as error:
            raise KeyFileError(f"cannot write the key file {self.path}: {error.strerror}") from None

    def _link(self, fresh: Path) -> None:
        """Create the first file with a hard link, so that two processes that start at once end up with the same key."""
        try:
            os.link(fresh, self.path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
