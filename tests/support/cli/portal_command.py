"""Runs the `portal` command as users do: in its own process, with a data folder and environment variables."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
from attrs import define, field, frozen

from tests.support.cli.prepared_process import run_prepared
from tests.support.engine.embedded_postgres import is_gone

LIMIT = 300.0
"""Timeout in seconds. It is generous because test machines are slow; no test depends on the duration."""
BYTECODE = Path(tempfile.gettempdir(), f"portal-tests-bytecode-{os.getuid()}-{sys.version_info.minor}")


def eventually(condition: Callable[[], Any]) -> bool:
    """Wait for the condition. Returns whether it became true in time."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def free_port() -> int:
    """Return a port that nothing is listening on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@frozen
class Interpreter:
    """How to call `portal`: by its script, or as a module with an interpreter that another user can run."""

    command: tuple[str, ...] = (str(Path(sys.executable).with_name("portal")),)
    variables: dict[str, str] = field(factory=dict)
    user: str | None = None


@define
class PortalCommand:
    """`portal` over one data folder. `settings` are added to the environment, whose own settings are left out."""

    folder: Path
    settings: dict[str, str] = field(factory=dict)
    interpreter: Interpreter = field(factory=Interpreter)
    port: int = field(factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, **settings: str) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PORTAL_", "AWS_")) and name != "PYTHONDONTWRITEBYTECODE"
        }
        mine = {"HOME": str(self.folder), "PYTHONPYCACHEPREFIX": str(BYTECODE), "PORTAL_PORT": str(self.port)}
        return {**inherited, **mine, **self.interpreter.variables, **self.settings, **settings}

    def run(self, *arguments: str, stdin: str = "", **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run a command and wait for it to end."""
        if self.interpreter == Interpreter():
            environment = self.environment(**settings)
            return run_prepared(arguments, cwd=self.folder, env=environment, stdin=stdin, timeout=LIMIT)
        return subprocess.run(
            [*self.interpreter.command, *arguments],
            cwd=self.folder,
            env=self.environment(**settings),
            user=self.interpreter.user,
            group="nogroup" if self.interpreter.user else None,
            extra_groups=[] if self.interpreter.user else None,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )

    def error_line(self, *arguments: str, **settings: str) -> str:
        """Run a command that must fail, and return its one-line error."""
        ended = self.run(*arguments, **settings)
        assert ended.returncode == 1, (ended.returncode, ended.stdout, ended.stderr)
        assert ended.stderr.count("\n") == 1, ended.stderr
        assert ended.stderr.startswith("portal: "), ended.stderr
        return ended.stderr.removeprefix("portal: ").strip()

    def output(self, *arguments: str, **settings: str) -> str:
        """Run a command that must succeed, and return its output."""
        ended = self.run(*arguments, **settings)
        assert ended.returncode == 0, (ended.returncode, ended.stdout, ended.stderr)
        return ended.stdout

    @contextmanager
    def start_background(
        self, *arguments: str, until: str = "", answers: bool = True, **settings: str
    ) -> "Iterator[RunningCommand]":
        """Start a command in the background, and wait until it responds over HTTP (`answers`) and printed `until`."""
        with (self.folder / "printed.txt").open("w") as printed:
            process = subprocess.Popen(
                [*self.interpreter.command, *arguments],
                cwd=self.folder,
                env=self.environment(**settings),
                user=self.interpreter.user,
                group="nogroup" if self.interpreter.user else None,
                extra_groups=[] if self.interpreter.user else None,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running = RunningCommand(process, self.folder / "printed.txt")
        try:
            assert eventually(
                lambda: process.poll() is not None or (until in running.printed and (not answers or self._answers()))
            )
            assert process.poll() is None, running.printed
            yield running
        finally:
            running.kill()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def copy_to(self, folder: Path) -> "PortalCommand":
        """Copy the data to another portal. This portal must be stopped."""
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", self.folder / "portal-data", folder], check=True)
        return PortalCommand(folder, self.settings, self.interpreter)

    @property
    def demo(self) -> dict[str, str]:
        """The demo's sign-in data."""
        kept: dict[str, str] = json.loads((self.folder / "portal-data" / "demo.json").read_text())
        return kept


@define
class RunningCommand:
    """A started command, and every process that it started."""

    process: "subprocess.Popen[bytes]"
    file: Path
    _process_tree: list[int] = field(init=False, factory=list)

    @property
    def printed(self) -> str:
        return self.file.read_text()

    def process_tree(self) -> list[psutil.Process]:
        """Return the process and all its descendants."""
        parent = psutil.Process(self.process.pid)
        found = [parent, *parent.children(recursive=True)]
        self._process_tree = [one.pid for one in found]
        return found

    def press_ctrl_c(self) -> int:
        """Send SIGINT to the process group, as a terminal does. Returns the exit code."""
        self.process_tree()
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(LIMIT)

    def signal_and_wait(self, number: signal.Signals) -> int:
        """Send a signal to the process alone. Returns its exit code."""
        self.process_tree()
        self.process.send_signal(number)
        return self.process.wait(LIMIT)

    def all_exited(self) -> bool:
        """Whether all processes that were running when it was stopped have ended."""
        return eventually(lambda: all(is_gone(pid) for pid in self._process_tree))

    def kill(self) -> None:
        if self.process.poll() is None:
            self.signal_and_wait(signal.SIGKILL)
            self.all_exited()


def world_readable_folder() -> Path:
    """Create a folder that every user can reach (pytest's own folders are private)."""
    place = Path(tempfile.mkdtemp(prefix="portal-cli-", dir="/tmp"))
    place.chmod(0o755)
    return place


def remove_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
