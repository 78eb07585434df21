"""The same as somebody who is not root. When the tests run as root, as `nobody`, in a folder of theirs."""

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
from tests.support.cli.portal_command import Interpreter, PortalCommand, forget, open_folder
from tests.support.engine.clusters import require
from tests.support.engine.embedded_postgres import ROOT

pytestmark = pytest.mark.timeout(SECONDS)

NOBODY = "nobody"


def interpreter(folder: Path) -> Interpreter:
    """One that they may run. Root's own often lies where only root may look, and then it is Debian's, if as new."""
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
            settings = {"PORTAL_PG_BIN": str(programs), "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
            found = Interpreter((python, "-m", "entrypoints.cli"), variables | settings, NOBODY)
            break
    require("an interpreter and a clone that an ordinary user may read", found is not None)
    assert found is not None
    return found


@pytest.fixture
def theirs() -> Iterator[PortalCommand]:
    folder = open_folder()
    home = folder / "home"
    home.mkdir()
    if ROOT:
        os.chown(home, pwd.getpwnam(NOBODY).pw_uid, -1)
    yield PortalCommand(home, interpreter=interpreter(folder))
    forget(folder)


def test_the_demo_starts_ends_and_dies_with_its_parent(theirs: PortalCommand) -> None:
    me = theirs.interpreter.user or pwd.getpwuid(os.geteuid()).pw_name
    with theirs.started("demo", until="Paste this") as running:
        assert {one.username() for one in running.family()} == {me}
        assert theirs.demo["client_password"] in running.printed
        running.tell(signal.SIGKILL)
        assert running.all_gone()
    with theirs.started("demo", until="Paste this") as running:
        assert "mira@client.example" in theirs.said("mail")
        body = {"email": theirs.demo["client"], "password": theirs.demo["client_password"]}
        answer = httpx.post(f"{theirs.url}/api/v1/portal/auth/login", json=body, timeout=60)
        assert answer.status_code == 200
        assert running.press_ctrl_c() == 0
        assert running.all_gone()
    assert not [one for one in psutil.process_iter() if str(theirs.folder) in _folder_of(one)]


def _folder_of(process: psutil.Process) -> str:
    try:
        return process.cwd()
    except psutil.Error:
        return ""


def test_a_folder_of_somebody_else(theirs: PortalCommand) -> None:
    require("root", ROOT)
    theirs.folder.chmod(0o755)
    os.chown(theirs.folder, 0, -1)
    line = theirs.refusal("demo")
    assert "Permission denied" in line
    assert "choose a data folder that this user may write" in line
    assert "there is no demo here yet" in theirs.refusal("demo-code")
