"""The operating-system user that an embedded PostgreSQL runs as, and how its processes are started.

For an ordinary user that is oneself. PostgreSQL refuses to run as root, so a portal started by root runs it as the
unprivileged user `nobody`: no user is added to the system, and no mode of any parent folder is loosened.
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
    """The embedded server cannot be used. The message is one line that says what to do about it."""

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
        """Oneself; for root the owner of existing `data`, else the unprivileged user.

        Raises EmbeddedPostgresError when `data` belongs to somebody that we cannot become.
        """
        owner = data.stat().st_uid if data.exists() else None
        if os.geteuid() != 0:
            if owner is not None and owner != os.geteuid():
                raise EmbeddedPostgresError(
                    f"{data} belongs to user {user_name(owner)}: start the portal as them, or choose another folder"
                )
            return cls(os.geteuid(), os.getegid(), drops_privileges=False)
        if owner == 0:
            raise EmbeddedPostgresError(
                f"{data} belongs to root, as whom PostgreSQL does not run: chown -R {UNPRIVILEGED_USER} {data}"
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
        """How a process of this account names `folder`, which is open as `descriptor` and handed down to it.

        The user that root drops to may have no right to walk to the folder (anything below /root). A magic link of
        /proc leads straight to an inherited descriptor, so no mode of any parent needs loosening. Every process of
        the server inherits the descriptor. Without /proc (macOS) the path has to be walkable.
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
        """Starts `command` as this account; it gets SIGINT when the calling *thread* ends (Linux).

        None of our environment reaches it (PG* variables would change it, secrets are none of its business), and it
        has a session of its own, so that Ctrl-C in a terminal stops the portal first and PostgreSQL after it.
        """
        keep = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
        environment = {name: os.environ[name] for name in keep if name in os.environ}
        with warnings.catch_warnings():
            # Python 3.12 warns of preexec_fn beside threads; ours makes two system calls and takes no lock.
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
                preexec_fn=_die_with(os.getpid()),  # runs after the change of user, which would clear the setting
            )

    def run(self, command: Sequence[str | Path], descriptors: Sequence[int] = (), text: str = "") -> tuple[bool, str]:
        """Runs `command` to its end with `text` as its input: whether it succeeded, and what it printed."""
        with self.spawn(command, descriptors, stdin=subprocess.PIPE, output=subprocess.PIPE) as process:
            printed, _ = process.communicate(text.encode())
        return process.returncode == 0, printed.decode(errors="replace")


def _die_with(parent: int) -> Callable[[], None] | None:
    """For the child, between fork and exec: ask the kernel for SIGINT (fast shutdown) when the parent ends.

    Elsewhere than on Linux a killed parent leaves the server running; the next start ends it (see FolderClaim).
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
        if os.getppid() != parent:  # it ended before we asked
            os._exit(1)

    return ask


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
