"""docs/how-to/operate-in-production.md: its blocks run in order, on one machine and on a PostgreSQL server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import pytest
import typer

from adapters.local.postgres_server import EmbeddedPostgres
from entrypoints.commands import app
from tests.docs.example_merge import ROOT
from tests.docs.pages import FENCE, pages
from tests.support.engine.clusters import require

SERVERS = {"embedded": None, "debian15": Path("/usr/lib/postgresql/15/bin")}
PAGE = (ROOT / "docs/how-to/operate-in-production.md").read_text()


def bash(folder: Path, script: str, **settings: str) -> str:
    """Runs a script with this Python's commands and only these settings. It must succeed."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    environment = plain | settings | {"PATH": f"{Path(sys.executable).parent}:{plain['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{script}"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(300)
def test_instructions_for_one_machine_work(tmp_path: Path) -> None:
    output = bash(tmp_path, "\n".join(found[3] for found in FENCE.finditer(PAGE) if found[2] == "sh"))
    for words in ("migrated: ", "added elm-street with id ", "3 added", "the master key is key-2", "0 dead"):
        assert words in output, output
    assert '"openapi": "3.1' in (tmp_path / "openapi.json").read_text()


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A fresh server: roles belong to a whole server, and other tests create theirs elsewhere."""
    programs = SERVERS[request.param]
    require("Debian's postgresql-15", programs is None or programs.exists())
    with EmbeddedPostgres(tmp_path / "server", programs, durable=False) as started:
        yield started


@pytest.mark.timeout(300)
def test_on_a_server_of_its_own(server: EmbeddedPostgres, tmp_path: Path) -> None:
    """The owner is not a superuser, and the roles it creates are enough for everything else."""
    as_superuser, as_owner = (found[3] for found in FENCE.finditer(PAGE) if found[2] == "sql")
    run(server.dsn(database="postgres"), as_superuser.replace("DATABASE portal ", "DATABASE operating "))
    settings = {
        f"PORTAL_{setting}DATABASE_URL": server.dsn(role, "operating")
        for setting, role in (("OWNER_", "portal_owner"), ("", "portal_app"), ("WORKER_", "portal_worker"))
    }
    bash(tmp_path, "portal migrate", **settings)
    run(server.dsn("portal_owner", "operating"), as_owner)
    output = bash(tmp_path, "portal config check", **settings)
    assert [line.split(":")[0] for line in output.splitlines() if "ok: PostgreSQL" in line] == [
        "database   ok",
        "worker     ok",
        "owner      ok",
    ]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(server.dsn("portal_worker", "operating"), "SELECT 1 FROM portal.clients")


def run(dsn: str, script: str) -> None:
    """Runs each statement in its own transaction."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in filter(str.strip, script.split(";\n")):
            connection.execute(statement)  # type: ignore[call-overload]  # text of a page


def test_every_command_on_the_pages_exists() -> None:
    known = set(commands(typer.main.get_command(app)))
    text = "\n".join(page.read_text() for page in pages())
    for named in re.findall(r"\bportal ((?:(?:config|jobs|keys|practice) )?[a-z\-]+)\b(?=[` ]|$)", text, re.MULTILINE):
        assert named in known or named.split()[0] not in {one.split()[0] for one in known}, named
    assert {"serve", "practice import", "jobs retry", "keys rotate"} <= known


def commands(group: click.Command, before: str = "") -> Iterator[str]:
    """Every command by its full name."""
    for name, command in getattr(group, "commands", {}).items():
        yield f"{before}{name}"
        yield from commands(command, f"{before}{name} ")


def test_documented_pool_settings_are_checked() -> None:
    source = (ROOT / "src/adapters/cognito/pool_check.py").read_text()
    for setting in ("AutoVerifiedAttributes", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "PreventUserExistenceErrors"):
        assert setting in source
        assert setting in PAGE
