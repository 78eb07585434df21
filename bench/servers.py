"""The servers under load, each as a process of its own, as `portal serve` runs it: granian, uvloop, one worker."""

import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from attrs import frozen

from bench import baseline
from bench.recorder import Recorded
from bench.scene import Scene
from entrypoints.processes import APP_URL_VARIABLE, PARENT_PID_VARIABLE

_SECONDS = 60


@frozen
class Server:
    """Listens on 127.0.0.1; `process` has the worker below it."""

    port: int
    process: psutil.Process

    def cpu(self) -> float:
        """Seconds of CPU that its processes have taken."""
        return cpu_of(self.process)


def cpu_of(process: psutil.Process) -> float:
    """Seconds of CPU that a process and those below it have taken."""
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


@contextmanager
def portal(scene: Scene) -> Iterator[Server]:
    """The portal with all features on. Its throttle counts requests, but the limit is above what a benchmark sends."""
    settings, port = scene.settings, _free_port()
    environment = {
        "PORTAL_DATA_DIR": str(settings.data_dir),
        APP_URL_VARIABLE: scene.dsn(),
        "PORTAL_THROTTLE_RATE": "1000000",
        "PORTAL_THROTTLE_BURST": "1000000",
        "PORTAL_PORT": str(port),
    }
    command = [sys.executable, "-m", "entrypoints.server"]
    with _running(command, environment, port, settings.data_dir / "portal.log") as server:
        yield server


@contextmanager
def bare_handler(scene: Scene, recorded: Mapping[str, Sequence[Recorded]]) -> Iterator[Server]:
    """The bare handlers over the same database."""
    file, port = scene.settings.data_dir / "recorded.pickle", _free_port()
    file.write_bytes(pickle.dumps({kind: list(requests) for kind, requests in recorded.items()}))
    environment = {baseline.DATABASE: scene.dsn(), baseline.RECORDED: str(file), "BENCH_PORT": str(port)}
    command = [sys.executable, "-m", "bench.serve_baseline"]
    with _running(command, environment, port, scene.settings.data_dir / "bare.log") as server:
        yield server


@contextmanager
def _running(command: list[str], environment: dict[str, str], port: int, log: Path) -> Iterator[Server]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    own |= environment | {PARENT_PID_VARIABLE: str(os.getpid()), "PYTHONPATH": os.pathsep.join(sys.path)}
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=own, stdout=out, stderr=out)
    try:
        _wait_for(process, port, log)
        yield Server(port, psutil.Process(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{log.stem} does not start: {log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
