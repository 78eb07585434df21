"""The command line as an unprivileged user. Tests that run as root run it as `nobody`, in its own folder."""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from adapters.local.postgres_account import ServerAccount
from adapters.local.postgres_programs import PostgresPrograms
from tests.integration.cli.conftest import SECONDS
from tests.support.cli.portal_command import (
    BYTECODE,
    Interpreter,
    PortalCommand,
    remove_folder,
    world_readable_folder,
)
from tests.support.engine.clusters import require
from tests.support.engine.embedded_postgres import ROOT

pytestmark = pytest.mark.timeout(SECONDS)

NOBODY = "nobody"


def interpreter(folder: Path) -> Interpreter:
    """A Python that the user may run. Root's own is often in a folder only root can read; then Debian's, if as new."""
    if not ROOT:
        return Interpreter()
    major, minor = sys.version_info[:2]
    found = None
    for python in (sys.executable, f"/usr/bin/python{major}.{minor}"):
        packages = [one for one in sys.path if one and not one.startswith(sys.base_prefix)]
        variables = {"PYTHONPATH": os.pathsep.join(packages)}
        trial = [python, "-c", "import entrypoints.container, granian, psycopg"]
        try:
            ended = subprocess.run(
                trial,
                user=NOBODY,
                group="nogroup",
                extra_groups=[],
                cwd="/",
                env=variables,
                capture_output=True,
                check=False,
            )
        except OSError:
            continue
        if ended.returncode == 0:
            cache = folder / "programs"
            programs = PostgresPrograms.find(None, ServerAccount.for_data(folder / "none"), cache).folder
            BYTECODE.mkdir(exist_ok=True)  # by us: the user reads it, and writes nothing that we would run
            settings = {"PORTAL_PG_BIN": str(programs), "PYTHONPYCACHEPREFIX": str(BYTECODE)}
            found = Interpreter((python, "-m", "entrypoints.cli"), variables | settings, NOBODY)
            break
    require("an interpreter and a clone that an ordinary user may read", found is not None)
    assert found is not None
    return found


@pytest.fixture
def user_portal() -> Iterator[PortalCommand]:
    folder = world_readable_folder()
    home = folder / "home"
    home.mkdir()
    if ROOT:
        os.chown(home, pwd.getpwnam(NOBODY).pw_uid, -1)
    yield PortalCommand(home, interpreter=interpreter(folder))
    remove_folder(folder)


def test_demo_starts_stops_and_ends_with_its_parent(user_portal: PortalCommand) -> None:
    me = user_portal.interpreter.user or pwd.getpwuid(os.geteuid()).pw_name
    with user_portal.start_background("demo", until="Paste this") as running:
        assert {one.username() for one in running.process_tree()} == {me}
        assert user_portal.demo["client_password"] in running.printed
        running.signal_and_wait(signal.SIGKILL)
        assert running.all_exited()
    with user_portal.start_background("demo", until="Paste this") as running:
        assert "mira@client.example" in user_portal.output("mail")
        body = {"email": user_portal.demo["client"], "password": user_portal.demo["client_password"]}
        answer = httpx.post(f"{user_portal.url}/api/v1/portal/auth/login", json=body, timeout=60)
        assert answer.status_code == 200
        assert running.press_ctrl_c() == 0
        assert running.all_exited()
    assert not [one for one in psutil.process_iter() if str(user_portal.folder) in _folder_of(one)]


def _folder_of(process: psutil.Process) -> str:
    try:
        return process.cwd()
    except psutil.Error:
        return ""


def test_folder_of_another_user_is_refused(user_portal: PortalCommand) -> None:
    require("root", ROOT)
    user_portal.folder.chmod(0o755)
    os.chown(user_portal.folder, 0, -1)
    line = user_portal.error_line("demo")
    assert "Permission denied" in line
    assert "choose a data folder that this user can write" in line
    assert "the demo has not been loaded yet" in user_portal.error_line("demo-code")
