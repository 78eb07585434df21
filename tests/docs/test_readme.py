"""The README's two commands, and the commands of README, tutorial and demo, run against a real portal."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from tests.docs.example_merge import ROOT
from tests.docs.pages import FENCE

README = (ROOT / "README.md").read_text()
FIRST_HOUR = (ROOT / "docs/tutorial/first-hour.md").read_text()
DEMO = (
    "python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt"
    " && .venv/bin/pip install -q --no-deps -e . && .venv/bin/portal demo"
)
CHECKS = "python3 -m venv .venv && .venv/bin/pip install -q nox uv && .venv/bin/nox"

OWN = "my data"
"""The demo's folder of data, as PORTAL_DATA_DIR names it."""


@frozen
class RunningDemo:
    """A running demo: its folder and port."""

    folder: Path
    port: int


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    folder = tmp_path_factory.mktemp("demo")
    (folder / ".venv").symlink_to(sys.prefix)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = RunningDemo(folder, port)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [folder / ".venv/bin/portal", "demo"], cwd=folder, env=environment(running, OWN), stdout=log, stderr=log
        )
        try:
            wait_until_ready(running, process)
            (folder / "portal-data").symlink_to(OWN)  # where the tests without a folder of their own look
            add_second_practice(running)
            yield running
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def environment(demo: RunningDemo, data_dir: str = "") -> dict[str, str]:
    """This environment without `PORTAL_` settings, plus the port, and the folder of the data if there is one."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return plain | {"PORTAL_PORT": str(demo.port)} | ({"PORTAL_DATA_DIR": data_dir} if data_dir else {})


def wait_until_ready(demo: RunningDemo, process: subprocess.Popen[bytes]) -> None:
    """Waits for the demo to print that it is ready."""
    log = demo.folder / "log"
    while "Press Ctrl-C to stop it." not in log.read_text():
        assert process.poll() is None, log.read_text()
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
    with urllib.request.urlopen(f"http://127.0.0.1:{demo.port}/health/ready", timeout=20) as response:
        assert response.status == 200


def add_second_practice(demo: RunningDemo) -> None:
    """Pasted commands name their practice, so they work with a second practice too."""
    another = ["practice", "add", "oak-lane", "--name", "Oak Lane", "--time-zone", "America/Chicago"]
    subprocess.run(
        [demo.folder / ".venv/bin/portal", *another], cwd=demo.folder, env=environment(demo), check=True, timeout=120
    )


def printed_commands(demo: RunningDemo) -> str:
    return (demo.folder / "log").read_text().partition("Paste this into another terminal, in this folder:\n")[2]


def commands_on(page: str) -> str:
    """The page's `sh` blocks, one after another."""
    return "\n".join(found[3] for found in FENCE.finditer(page) if found[2] == "sh")


def run_pasted(demo: RunningDemo, script: str, data_dir: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{script}"],
        cwd=demo.folder,
        env=environment(demo, data_dir),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_readme_has_the_two_commands() -> None:
    blocks = [found[3].strip() for found in FENCE.finditer(README)]
    assert blocks[:2] == [DEMO, CHECKS]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("data_dir", [OWN, ""])
def test_the_readmes_tour_can_be_pasted(demo: RunningDemo, data_dir: str) -> None:
    done = run_pasted(demo, commands_on(README), data_dir)
    assert done.returncode == 0, done.stdout + done.stderr + (demo.folder / "log").read_text()
    for words in (
        '"given_name":"Mira"',
        "booked once\n",
        "BEGIN:VCALENDAR",
        "cancelled\n",
        "mira@client.example",
        "being_checked\n['A letter', ",
        "'Treatment plan', 'Welcome to Elm Street']\nDear Mira,\nfile_kind_not_allowed\nimage/png\ninsurance\n",
        '"code":"not_found"',
        '"code":"unauthenticated"',
    ):
        assert words in done.stdout, done.stdout


@pytest.mark.timeout(300)
def test_the_first_hour_can_be_pasted(demo: RunningDemo) -> None:
    assert DEMO in FIRST_HOUR
    done = run_pasted(demo, commands_on(FIRST_HOUR))
    assert done.returncode == 0, done.stdout + done.stderr + (demo.folder / "log").read_text()
    for words in (
        '"code":"unauthenticated"',
        '"given_name":"Mira"',
        '"appointment_types"',
        "booked once\n",
        "overlapping_appointment\n",
        "mira@client.example",
        "BEGIN:VCALENDAR",
        "cancelled\n",
    ):
        assert words in done.stdout, done.stdout
    assert "cancelled" in done.stdout.splitlines()[-1]


@pytest.mark.timeout(300)
def test_what_the_demo_prints_can_be_pasted(demo: RunningDemo) -> None:
    script = printed_commands(demo)
    assert "appointments/slots" in script
    done = run_pasted(demo, script)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BEGIN:VCALENDAR" in done.stdout
    assert "content-disposition: attachment" in done.stdout
    assert "Okafor" in done.stdout


@pytest.mark.timeout(300)
@pytest.mark.parametrize("where", ["README", "demo"])
def test_pasted_commands_print_an_error_response(demo: RunningDemo, where: str) -> None:
    """An error response is printed as it is, without a traceback."""
    script = commands_on(README) if where == "README" else printed_commands(demo)
    begins = script.index("pick() {")
    function = script[begins : script.index('"; }\n', begins) + 4]
    refused = run_pasted(
        demo, f'{function}\nprintf %s \'{{"code": "second_factor_refused"}}\' | pick \'it["access_token"]\''
    )
    assert refused.returncode == 1
    assert refused.stderr == '{"code": "second_factor_refused"}\n'
    assert run_pasted(demo, f"{function}\nprintf %s '[2]' | pick 'it[0]'").stdout == "2\n"
