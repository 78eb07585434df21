"""The data folder of an embedded server: the locks of the process that uses it, and the server's socket."""

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
_SOCKET_PATH_BYTES = 103  # sun_path has 108 bytes on Linux and 104 on macOS, including the final zero


class FolderBusyError(EmbeddedPostgresError):
    """A running portal already uses this folder."""


@attrs.define(eq=False)
class FolderClaim:
    """The right to run a server in a folder: two file locks, which the kernel releases when their holders end.

    The *owner* lock belongs to this process. PostgreSQL inherits the *server* lock, which is held until the server's
    last process ends. So no process id has to be trusted: a held owner lock means that a portal is running; a server
    lock alone means that its portal was killed and the server is shutting down.
    """

    owner: int
    server: int | None

    @classmethod
    def take(cls, folder: Path) -> "FolderClaim":
        """Take both locks. Waits up to 60 s for a server whose portal was killed.

        Raises:
            FolderBusyError: a running portal uses the folder.
            EmbeddedPostgresError: the old server did not end within 60 s.
            OSError: the folder cannot be created or written.
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
        """Drop our copy of the server lock once the server has its own; otherwise the lock would outlive the server."""
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
                # On Linux the kernel has already signaled it. Elsewhere (macOS) this is needed; twice does no harm.
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGINT)
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"the previous server in {folder} (process {pid}) does not stop: stop it, then start again"
                )
            time.sleep(0.02)
    except BaseException:
        os.close(lock)
        raise
    return lock


def _pid_file(data: Path) -> list[str]:
    """Read postmaster.pid, whose lines are: process, folder, start, port, socket folder, address, memory, status."""
    try:
        return (data / "postmaster.pid").read_text(errors="replace").splitlines()
    except OSError:
        return []


def _server_pid(data: Path) -> int | None:
    lines = _pid_file(data)
    return int(lines[0]) if lines and lines[0].isdigit() and int(lines[0]) > 1 else None


def socket_folder(data: Path) -> Path:
    """Return the folder of the socket for clients: the data folder (mode 0700), or a short link to it.

    A socket's path is limited to about a hundred bytes, and must not contain a comma, which separates hosts. The short
    link is a symbolic link in /tmp. Only its owner can replace it there, and one of another owner is refused.

    Raises:
        EmbeddedPostgresError: another user created a link with this name.
    """
    link = _short_name(data)
    if link is None:
        return data
    with contextlib.suppress(FileExistsError):
        link.symlink_to(data)
    if not _is_ours(link, data):
        raise EmbeddedPostgresError(
            f"{link} belongs to another user: remove it, or choose a shorter path for the data folder"
        )
    return link


def remove_socket_folder(data: Path) -> None:
    """Remove the short link that `socket_folder` may have created."""
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
    return Path(f"/tmp/portal-{os.geteuid()}-{digest[:16]}")  # noqa: S108 - short; socket_folder() checks the owner


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
