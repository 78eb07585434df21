"""A clamd of our own on a socket in a folder of the test, with the test signature as its whole database."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.files.samples import EICAR

CLAMD = Path("/usr/sbin/clamd")
MAX_STREAM_MEGABYTES = 2
START_SECONDS = 60.0


@contextmanager
def running_clamd(folder: Path, limits: str = f"StreamMaxLength {MAX_STREAM_MEGABYTES}M") -> Iterator[str]:
    """The path of the socket. It runs as whoever runs the tests, and asks nobody for newer signatures.

    `limits` are lines of its clamd.conf.
    """
    if not CLAMD.exists():
        if os.environ.get("PORTAL_REQUIRE_ALL"):
            pytest.fail("install Debian's clamav-daemon")
        pytest.skip("needs clamd, Debian's package clamav-daemon")
    database = folder / "database"
    database.mkdir()
    (database / "test.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
    address, settings, log = folder / "clamd.ctl", folder / "clamd.conf", folder / "clamd.log"
    settings.write_text(
        f"DatabaseDirectory {database}\nLocalSocket {address}\nTemporaryDirectory {folder}\nForeground yes\n"
        f"SelfCheck 0\n{limits}\n"
    )
    with log.open("wb") as output:
        daemon = subprocess.Popen([CLAMD, "-c", settings], stdout=output, stderr=output)
    try:
        _wait(daemon, address, log)
        yield str(address)
    finally:
        daemon.terminate()
        daemon.wait()


def _wait(daemon: subprocess.Popen[bytes], address: Path, log: Path) -> None:
    """Wait until it accepts connections."""
    end = time.monotonic() + START_SECONDS
    while True:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(address)) == 0:
                return
        if daemon.poll() is not None or time.monotonic() > end:
            pytest.fail(f"clamd does not start: {log.read_text()}")
        time.sleep(0.02)
