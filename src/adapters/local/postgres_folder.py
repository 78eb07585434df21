"""The data folder of an embedded server: who holds it, and the socket through which the server in it is reached."""

import contextlib
import fcntl
import hashlib
import os
import signal
import socket
import time
from pathlib import Path

import attrs

from adapters.local.postgres_account import EmbeddedPostgresError

PORT = 5432  # only names the socket file: the server has no TCP port
_PREDECESSOR_SECONDS = 60
_SOCKET_PATH_BYTES = 103  # sun_path holds 108 on Linux, 104 on macOS, both with the closing zero


class FolderBusyError(EmbeddedPostgresError):
    """A living portal already runs a server in this folder."""


@attrs.define(eq=False)
class FolderClaim:
    """The right to run a server in a folder, as two file locks that the kernel drops with their holders.

    The *owner* lock is ours and ends with our process. The *server* lock is inherited by PostgreSQL and ends with
    the last process of the server. Hence no process id needs to be believed: an owner lock that is taken means a
    living portal, a server lock alone means that its portal was killed and the server is on its way out.
    """

    owner: int
    server: int | None

    @classmethod
    def take(cls, folder: Path) -> "FolderClaim":
        """Waits up to 60 s for a server whose portal was killed.

        Raises FolderBusyError when a living portal holds the folder, EmbeddedPostgresError when the wait is over,
        OSError when the folder cannot be made or written.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = _lock_file(folder / "owner.lock")
        try:
            if not _try_lock(owner):
                raise FolderBusyError(
                    f"{folder} is in use by a running portal: stop that one first, or choose another folder"
                )
            return cls(owner, _wait_for_predecessor(folder))
        except BaseException:
            os.close(owner)
            raise

    def hand_over(self) -> None:
        """The server has its own copy of the server lock now; ours would outlive the server."""
        if self.server is not None:
            os.close(self.server)
            self.server = None

    def release(self) -> None:
        self.hand_over()
        os.close(self.owner)


def _lock_file(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for_predecessor(folder: Path) -> int:
    lock = _lock_file(folder / "server.lock")
    deadline = time.monotonic() + _PREDECESSOR_SECONDS
    try:
        while not _try_lock(lock):
            pid = _server_pid(folder / "data")
            if pid is not None:
                # Linux told it already; where it does not (macOS), or again while it starts up, saying it is harmless.
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGINT)
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"the previous server in {folder} (process {pid}) does not end: end it, then start again"
                )
            time.sleep(0.02)
    except BaseException:
        os.close(lock)
        raise
    return lock


def _pid_file(data: Path) -> list[str]:
    """Lines of postmaster.pid: process, folder, start, port, socket folder, address, shared memory, status."""
    try:
        return (data / "postmaster.pid").read_text(errors="replace").splitlines()
    except OSError:
        return []


def _server_pid(data: Path) -> int | None:
    lines = _pid_file(data)
    return int(lines[0]) if lines and lines[0].isdigit() and int(lines[0]) > 1 else None


def socket_folder(data: Path) -> Path:
    """Where clients look for the socket: the data folder itself (mode 0700), by a short name if its own is too long.

    A socket's path is limited to about a hundred bytes, however deep the folder lies, and a comma separates hosts.
    The short name is a symbolic link in /tmp; nobody but its owner can replace it there, and another's is refused.

    Raises EmbeddedPostgresError when somebody else made a link of this name.
    """
    link = _short_name(data)
    if link is None:
        return data
    with contextlib.suppress(FileExistsError):
        link.symlink_to(data)
    if not _is_ours(link, data):
        raise EmbeddedPostgresError(f"{link} was made by somebody else: remove it, or choose a shorter data folder")
    return link


def remove_socket_folder(data: Path) -> None:
    """Removes the short name that socket_folder() may have made."""
    link = _short_name(data)
    if link is not None and _is_ours(link, data):
        link.unlink()


def _is_ours(link: Path, data: Path) -> bool:
    return link.is_symlink() and link.lstat().st_uid == os.geteuid() and link.readlink() == data


def _short_name(data: Path) -> Path | None:
    name = f"{data}/.s.PGSQL.{PORT}"
    if len(os.fsencode(name)) <= _SOCKET_PATH_BYTES and "," not in name:
        return None
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()
    return Path(f"/tmp/portal-{os.geteuid()}-{digest[:16]}")  # noqa: S108 - short; socket_folder() checks whose it is


def accepts_connections(data: Path) -> bool:
    """Whether a server in `data` is ready for queries."""
    lines = _pid_file(data)
    if len(lines) < 8 or lines[7].strip() != "ready":
        return False
    with socket.socket(socket.AF_UNIX) as client:  # the file may be stale
        try:
            client.connect(f"{socket_folder(data)}/.s.PGSQL.{PORT}")
        except OSError:
            return False
    return True
