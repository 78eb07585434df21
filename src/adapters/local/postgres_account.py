"""The operating-system user that the embedded PostgreSQL runs as, and how its processes are started.

A portal started by an ordinary user runs PostgreSQL as that user. PostgreSQL refuses to run as root, so a portal
started by root runs it as the unprivileged user `nobody`, without adding a user or changing the modes of parent
folders.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import attrs

UNPRIVILEGED_USER = "nobody"
_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be used. The message is one line that includes what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


@attrs.frozen
class ServerAccount:
    """The operating-system user that the server runs as, and how its processes are started."""

    uid: int
    gid: int
    drops_privileges: bool

    @classmethod
    def for_data(cls, data: Path) -> "ServerAccount":
        """Return the current user; for root, the owner of existing `data`, else the unprivileged user.

        Raises:
            EmbeddedPostgresError: `data` belongs to a user that this process cannot become.
        """
        owner = data.stat().st_uid if data.exists() else None
        if os.geteuid() != 0:
            if owner is not None and owner != os.geteuid():
                raise EmbeddedPostgresError(
                    f"{data} belongs to user {user_name(owner)}: start the portal as that user, "
                    "or choose another folder"
                )
            return cls(os.geteuid(), os.getegid(), drops_privileges=False)
        if owner == 0:
            raise EmbeddedPostgresError(
                f"{data} belongs to root, but PostgreSQL does not run as root: chown -R {UNPRIVILEGED_USER} {data}"
            )
        try:
            user = pwd.getpwnam(UNPRIVILEGED_USER) if owner is None else pwd.getpwuid(owner)
        except KeyError:
            raise EmbeddedPostgresError(
                f"PostgreSQL does not run as root and there is no user {owner or UNPRIVILEGED_USER}: "
                "start the portal as an ordinary user"
            ) from None
        return cls(user.pw_uid, user.pw_gid, drops_privileges=True)

    def path_for_process(self, folder: Path, descriptor: int) -> str:
        """Return the path by which a process of this account can reach `folder`, which is open as `descriptor`.

        The unprivileged user may be unable to traverse the path to the folder (anything below /root). /proc gives
        direct access to an inherited descriptor, so no parent's mode has to be changed. All processes of the server
        inherit the descriptor. Without /proc (macOS), the path must be traversable.
        """
        return f"/proc/self/fd/{descriptor}" if self.drops_privileges and sys.platform == "linux" else str(folder)

    def spawn(
        self,
        command: Sequence[str | Path],
        descriptors: Sequence[int] = (),
        *,
        stdin: int | IO[bytes] = subprocess.DEVNULL,
        output: int | IO[bytes],
    ) -> subprocess.Popen[bytes]:
        """Start `command` as this account. On Linux it gets SIGINT when the calling *thread* ends.

        It does not inherit our environment, because PG* variables would change its behavior and it must not see
        secrets. It has its own session, so that Ctrl-C in a terminal stops the portal first and PostgreSQL afterwards.
        """
        keep = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
        environment = {name: os.environ[name] for name in keep if name in os.environ}
        with warnings.catch_warnings():
            # Python 3.12 warns about preexec_fn with threads; ours makes two system calls and takes no lock.
            warnings.simplefilter("ignore", DeprecationWarning)
            return subprocess.Popen(  # noqa: S603 - our own arguments
                command,
                cwd="/",
                env=environment | {"LC_ALL": "C", "TZ": "UTC"},
                stdin=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=descriptors,
                start_new_session=True,
                user=self.uid if self.drops_privileges else None,
                group=self.gid if self.drops_privileges else None,
                extra_groups=[] if self.drops_privileges else None,
                preexec_fn=_die_with(os.getpid()),  # runs after the user change, which would clear it
            )

    def run(self, command: Sequence[str | Path], descriptors: Sequence[int] = (), text: str = "") -> tuple[bool, str]:
        """Run `command` with `text` as its input. Returns whether it succeeded, and its output."""
        with self.spawn(command, descriptors, stdin=subprocess.PIPE, output=subprocess.PIPE) as process:
            printed, _ = process.communicate(text.encode())
        return process.returncode == 0, printed.decode(errors="replace")


def _die_with(parent: int) -> Callable[[], None] | None:
    """Return a function for the child, between fork and exec, that requests SIGINT (fast shutdown) when the parent
    ends.

    On other systems than Linux a killed parent leaves the server running; the next start ends it (see `FolderClaim`).
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
        if os.getppid() != parent:  # the parent ended before the call above
            os._exit(1)

    return ask


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
