"""The examples of docs/how-to/use-the-core-from-an-ehr.md, run as separate programs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests.docs.example_merge import ROOT
from tests.support.engine.clusters import drop_database, fresh_database, running, template_database
from tests.support.engine.postgres import APP, migrate_template

LIBRARY = ROOT / "docs/examples/library"


def start(program: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return _start([sys.executable, str(LIBRARY / program)], environment)


def run(program: str, **environment: str) -> str:
    done = start(program, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def portal(*arguments: str, **environment: str) -> None:
    done = _start([sys.executable, "-m", "entrypoints.cli", *arguments], environment)
    assert done.returncode == 0, done.stdout + done.stderr


def _start(command: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | environment
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Settings for a migrated database without practices, and for a new key file."""
    cluster = running("embedded")
    name = fresh_database(cluster, template_database(cluster, "migrate_template", migrate_template))
    with psycopg.connect(cluster.dsn(database=name), autocommit=True) as owner:
        owner.execute("SELECT portal.create_audit_partition(%s)", (datetime.now(UTC).date().replace(day=1),))
    folder = tmp_path_factory.mktemp("ehr")
    yield {
        "PORTAL_DATABASE_URL": cluster.dsn(APP, name),
        "PORTAL_KEY_FILE": str(folder / "keys.json"),
        "PORTAL_DATA_DIR": str(folder),
    }
    drop_database(cluster, name)


def test_ehr_module_books_in_memory() -> None:
    assert run("in_memory.py") == (
        "booked: Individual session with Elena Rivera\nnotices: 1; audited: appointment.booked\n"
    )


@pytest.mark.timeout(300)
def test_ehr_module_books_on_postgres_before_a_batch_job(settings: dict[str, str]) -> None:
    assert run("on_postgres.py", **settings) == "booked: Individual session with Elena Rivera\n"
    first = run("nightly.py", **settings)
    assert first.splitlines()[0] == "elm-street: 1 changed, 0 grants ended"
    assert first.splitlines()[1].startswith("  row 2, date_of_birth: ")


@pytest.mark.timeout(300)
def test_batch_job_works_on_the_embedded_database(tmp_path: Path) -> None:
    folder = {"PORTAL_DATA_DIR": str(tmp_path / "data"), "PGHOST": "elsewhere.example", "PGDATABASE": "elsewhere"}
    early = start("nightly.py", **folder)
    assert (early.returncode, early.stderr) == (1, "portal: the database has not been migrated: run portal migrate\n")
    portal("migrate", **folder)
    assert run("nightly.py", **folder) == ""
    portal("practice", "add", "oak", "--name", "Oak", "--time-zone", "UTC", **folder)
    assert run("nightly.py", **folder) == "oak: 0 changed, 0 grants ended\n"


def test_batch_job_says_what_is_missing_in_one_line(tmp_path: Path) -> None:
    wrong = start("nightly.py", PORTAL_DATA_DIR=str(tmp_path), PORTAL_DATABASE_URL="postgresql:///portal")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("portal: PORTAL_DATABASE_URL must be a postgresql:// URL with a host and a database")
    assert wrong.stderr.count("\n") == 1


def test_the_module_imports_the_core_only() -> None:
    for file in ("next_visit.py", "elm_street.py"):
        lines = (LIBRARY / file).read_text().splitlines()
        imported = {line.split()[1].partition(".")[0] for line in lines if line.startswith(("import ", "from "))}
        assert imported - set(sys.stdlib_module_names) == {"attrs", "portal_core"}


@pytest.mark.timeout(300)
def test_types_and_style() -> None:
    files = [str(path) for path in sorted(LIBRARY.glob("*.py"))]
    for command in (
        ("ruff", "check", "--ignore", "T201", *files),
        ("ruff", "format", "--check", *files),
        (
            "mypy",
            "--config-file",
            str(ROOT / "pyproject.toml"),
            "--cache-dir",
            str(ROOT / ".mypy_cache/library"),
            *files,
        ),
    ):
        environment = os.environ | {"MYPYPATH": str(ROOT / "src")}
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=LIBRARY, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_shows_every_file() -> None:
    page = (ROOT / "docs/how-to/use-the-core-from-an-ehr.md").read_text()
    shown = {path for path in Path(LIBRARY).glob("*.py") if f"<!-- file docs/examples/library/{path.name} -->" in page}
    assert shown == set(LIBRARY.glob("*.py"))
