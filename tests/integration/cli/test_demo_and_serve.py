"""`portal demo` and `portal serve`: first start, second start, and every way to stop."""

import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from adapters.local.postgres_server import EmbeddedPostgres
from tests.integration.cli.conftest import SECONDS, FirstStart
from tests.support.cli.portal_command import PortalCommand, RunningCommand, eventually

pytestmark = pytest.mark.timeout(SECONDS)


def sign_in(portal: PortalCommand) -> httpx.Response:
    body = {"email": portal.demo["client"], "password": portal.demo["client_password"]}
    return httpx.post(f"{portal.url}/api/v1/portal/auth/login", json=body, timeout=60)


def workers(running: RunningCommand) -> list[psutil.Process]:
    """The portal's job workers, without PostgreSQL's own worker processes."""
    found = []
    for one in running.process_tree():
        with suppress(psutil.Error):  # the process has ended, or is a zombie
            if "entrypoints.cli worker" in " ".join(one.cmdline()):
                found.append(one)
    return found


def test_first_start_runs_all_parts_and_prints_instructions(first_start: FirstStart) -> None:
    assert any("postgres" in command for command in first_start.processes)
    assert any("entrypoints.server" in command for command in first_start.processes)
    assert any("entrypoints.cli worker" in command for command in first_start.processes)
    assert first_start.portal.url in first_start.printed
    assert first_start.portal.demo["client_password"] in first_start.printed
    assert "Traceback" not in first_start.printed


def test_ctrl_c_stops_everything_and_reports_it(first_start: FirstStart) -> None:
    assert first_start.exit_code == 0
    assert first_start.running.printed == first_start.printed + "stopping\n"


def test_secret_files_are_readable_by_their_owner_only(first_start: FirstStart) -> None:
    data = first_start.portal.folder / "portal-data"
    assert data.stat().st_mode & 0o077 == 0
    for name in ("demo.json", "keys.json", "postgres.log"):
        assert (data / name).stat().st_mode & 0o077 == 0


@pytest.fixture
def hangup_not_ignored() -> Iterator[None]:
    """Under nohup the portal ignores SIGHUP, as it should: what the tests start inherits that from them."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangup_not_ignored")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_second_start_keeps_data_and_stops_on_signal(demo: PortalCommand, number: signal.Signals) -> None:
    before = demo.demo
    with demo.start_background("demo", until="Paste this") as running:
        assert before["client_password"] in running.printed
        assert sign_in(demo).status_code == 200
        assert running.signal_and_wait(number) == 0
        assert running.all_exited()
        assert "Traceback" not in running.printed


def test_killed_parent_leaves_no_processes_and_next_start_recovers(demo: PortalCommand) -> None:
    with demo.start_background("serve") as running:
        assert len(running.process_tree()) >= 4
        assert sign_in(demo).status_code == 200
        running.signal_and_wait(signal.SIGKILL)
        assert running.all_exited()
    with demo.start_background("serve") as running:
        assert sign_in(demo).status_code == 200
        assert running.press_ctrl_c() == 0


def test_crashed_worker_is_restarted(demo: PortalCommand) -> None:
    with demo.start_background("serve") as running:
        [worker] = workers(running)
        worker.kill()
        assert eventually(lambda: any(one.pid != worker.pid for one in workers(running)))
        assert "the worker exited with code -9 and will be restarted" in running.printed
        assert running.press_ctrl_c() == 0
        assert running.all_exited()


def test_several_http_workers_report_the_metrics_of_all(demo: PortalCommand) -> None:
    with demo.start_background("serve", PORTAL_HTTP_WORKERS="2") as running:
        asked = 8
        for _ in range(asked):  # each over a connection of its own, which one of the two takes
            assert sign_in(demo).status_code == 200
        [counted] = re.findall(r"^http_request_seconds_count{.*auth/login.*} (\S+)$", _metrics(demo), re.MULTILINE)
        assert float(counted) == asked
        assert running.press_ctrl_c() == 0
        assert running.all_exited()


def _metrics(portal: PortalCommand) -> str:
    answer = httpx.get(f"{portal.url}/metrics", timeout=60)
    assert answer.status_code == 200
    return answer.text


def test_open_event_stream_does_not_delay_shutdown(demo: PortalCommand) -> None:
    with demo.start_background("serve") as running:
        token = sign_in(demo).json()["access_token"]
        headers = {"authorization": f"Bearer {token}"}
        with httpx.stream("GET", f"{demo.url}/api/v1/portal/events", headers=headers, timeout=60) as stream:
            assert stream.status_code == 200
            assert running.press_ctrl_c() == 0
            assert running.all_exited()


def test_interrupted_first_start_is_repeated(first_start: FirstStart, tmp_path: Path) -> None:
    portal = first_start.portal.copy_to(tmp_path)
    lost = portal.demo["client_password"]
    (portal.folder / "portal-data" / "demo.json").unlink()
    (portal.folder / "portal-data" / "demo.loading").touch()
    with portal.start_background("demo", until="Paste this"):
        assert portal.demo["client_password"] != lost
        assert sign_in(portal).status_code == 200
    assert not (portal.folder / "portal-data" / "demo.loading").exists()


def test_demo_without_its_password_file_is_not_changed(demo: PortalCommand) -> None:
    data = demo.folder / "portal-data"
    (data / "demo.json").unlink()
    assert "its passwords are lost" in demo.error_line("demo")
    with EmbeddedPostgres(data) as server, psycopg.connect(server.dsn()) as owner:
        assert owner.execute("SELECT count(*) FROM portal.clients").fetchone() == (3,)
