"""PostgreSQL clusters for tests: the embedded one, and Debian's PostgreSQL 15 that production may run.

Each is started once for a run of the tests, without durability, in a folder of its own under /tmp, and stopped at the
end; killed tests leave no server behind. A test takes a database of its own, copied from a template that was migrated
once:

    def migrated(dsn: str) -> None: ...                           # runs once for each cluster

    @pytest.fixture(params=clusters())
    def database(request):
        cluster = running(request.param)                          # skips by name when Debian's is not installed
        template = template_database(cluster, "migrated", migrated)
        name = fresh_database(cluster, template)
        yield cluster.dsn("portal_app", name)
        drop_database(cluster, name)
"""

import atexit
import functools
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import attrs
import psycopg
import pytest
from psycopg import sql

from adapters.local.postgres_server import EmbeddedPostgres

_DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
_PROGRAMS: dict[str, Path | None] = {"embedded": None, "debian15": _DEBIAN_15}
_numbers = itertools.count(1)


@attrs.frozen(eq=False)
class Cluster:
    """One running server. `admin` is a connection of the superuser to the database `postgres`."""

    name: str
    server: EmbeddedPostgres
    admin: psycopg.Connection
    templates: set[str] = attrs.field(factory=set)

    def dsn(self, role: str = "postgres", database: str = "portal") -> str:
        return self.server.dsn(role, database)


def require(name: str, present: bool) -> None:
    """Skips the test when `name` is missing; with PORTAL_REQUIRE_ALL=1 (as in CI) that is a failure."""
    if present:
        return
    if os.environ.get("PORTAL_REQUIRE_ALL") == "1":
        pytest.fail(f"{name} is missing, and PORTAL_REQUIRE_ALL=1 allows no skip")
    pytest.skip(f"{name} is missing")


def clusters() -> tuple[str, ...]:
    """The names to parametrise by; a missing one is skipped, or failed, by running()."""
    return tuple(_PROGRAMS)


def running(name: str) -> Cluster:
    """The cluster `name`, started by the first call."""
    programs = _PROGRAMS[name]
    require("Debian's postgresql-15", programs is None or (programs / "postgres").exists())
    return _start(name)


@functools.cache
def _start(name: str) -> Cluster:
    folder = Path(tempfile.mkdtemp(prefix=f"portal-tests-{name}-", dir="/tmp"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = EmbeddedPostgres(folder, _PROGRAMS[name], durable=False)
    atexit.register(server.stop)  # runs before the folder is removed
    admin = psycopg.connect(server.start().dsn(database="postgres"), autocommit=True)
    atexit.register(admin.close)
    return Cluster(name, server, admin)


def template_database(cluster: Cluster, name: str, build: Callable[[str], None]) -> str:
    """The database `name`, which `build` filled, given its URL as superuser, when it was first asked for.

    `build` must close its connections: PostgreSQL copies a database only while nobody is connected to it.
    """
    if name not in cluster.templates:
        cluster.admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        cluster.admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        build(cluster.dsn(database=name))
        cluster.templates.add(name)
    return name


def fresh_database(cluster: Cluster, template: str = "template1") -> str:
    """Makes a copy of the database `template` and answers its name.

    Copying files takes about half the time of the default, which logs every block (0.1 s for sixty tables).
    """
    name = f"test_{next(_numbers)}"
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    cluster.admin.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
    return name


def drop_database(cluster: Cluster, name: str) -> None:
    """Drops the database, ending connections to it."""
    cluster.admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
