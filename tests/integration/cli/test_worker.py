"""`portal worker`: several may run, each survives database outages, and stops on a signal."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from adapters.local.postgres_server import EmbeddedPostgres
from adapters.postgres.engine.roles import APP_ROLE, WORKER_ROLE
from tests.integration.cli.conftest import SECONDS
from tests.support.cli.portal_command import PortalCommand, eventually

pytestmark = pytest.mark.timeout(SECONDS)


@pytest.fixture
def server(demo: PortalCommand) -> Iterator[EmbeddedPostgres]:
    """The demo's database, run by the test and reached by URL, as on another machine."""
    server = EmbeddedPostgres(demo.folder / "portal-data", durable=False).start()
    demo.settings = {
        "PORTAL_DATABASE_URL": server.dsn(APP_ROLE),
        "PORTAL_WORKER_DATABASE_URL": server.dsn(WORKER_ROLE),
    }
    yield server
    server.stop()


def connected(server: EmbeddedPostgres, role: str) -> bool:
    with psycopg.connect(server.dsn()) as owner:
        return owner.execute("SELECT FROM pg_stat_activity WHERE usename = %s", (role,)).fetchone() is not None


@pytest.mark.waits
def test_worker_resumes_when_its_database_returns(demo: PortalCommand, server: EmbeddedPostgres) -> None:
    invite = ("practice", "administrator", "--name", "Grace Hall", "--email")
    with demo.start_background("worker", answers=False) as running:
        assert eventually(lambda: connected(server, WORKER_ROLE))
        demo.output(*invite, "first@elm-street.example")
        assert eventually(lambda: "Elm Street" in demo.output("mail", "--to", "first@elm-street.example"))
        server.stop()
        assert eventually(lambda: "worker.database_unavailable" in running.printed)
        server.start()
        demo.output(*invite, "second@elm-street.example")
        assert eventually(lambda: "Elm Street" in demo.output("mail", "--to", "second@elm-street.example"))
        assert running.signal_and_wait(signal.SIGTERM) == 0
        assert "Traceback" not in running.printed


def test_worker_without_a_database_reports_it(demo: PortalCommand, server: EmbeddedPostgres) -> None:
    server.stop()
    assert demo.error_line("worker").startswith("the database does not respond: ")
    demo.settings = {}
    (demo.folder / "portal-data").rename(Path(demo.folder, "elsewhere"))
    assert demo.error_line("worker") == "the database has not been migrated: run portal migrate"
