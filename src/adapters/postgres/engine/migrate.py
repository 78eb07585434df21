"""Migrates a database to the current schema, privileges and row-level security."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from adapters.postgres.engine.columns import SCHEMA
from adapters.postgres.engine.database_url import complete_url
from adapters.postgres.engine.functions import functions
from adapters.postgres.engine.roles import APP_ROLE as APP_ROLE
from adapters.postgres.engine.roles import WORKER_ROLE as WORKER_ROLE
from adapters.postgres.engine.row_level_security import secure

_LOCK = 0x706F7274616C  # "portal" in ASCII; concurrent migrations wait for each other


class MigrationFailed(Exception):
    """The database does not respond, or the role lacks the rights. The message is the driver's."""


def migrate(
    owner_url: str,
    today: date,
    *,
    app_role: str = APP_ROLE,
    worker_role: str = WORKER_ROLE,
    step: Callable[[str, int, int], None] | None = None,
) -> list[str]:
    """Apply all pending revisions in one transaction, and return their names.

    `owner_url` is a connection URL for a role that owns the schema and may create roles and extensions. Missing roles
    are created with login and without a password. `step` is called for each revision, for a progress bar.

    Raises:
        MigrationFailed: the migration failed; nothing was changed.
        IncompleteDatabaseUrl: `owner_url` does not name its server.
    """
    engine = create_engine(make_url(complete_url(owner_url)).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            done = _upgrade(connection, step or _silent)
            for role in (app_role, worker_role):
                _make_role(connection, role)
            for statement in (*functions(), *secure(app_role), *_jobs_rights(worker_role)):
                connection.exec_driver_sql(statement.replace("%", "%%"))
            make_partitions(connection, today)
        return done
    except DBAPIError as error:
        raise MigrationFailed(error.orig) from error
    finally:
        engine.dispose()


def _silent(_name: str, _done: int, _of: int) -> None:
    """Ignore progress."""


def _upgrade(connection: Connection, step: Callable[[str, int, int], None]) -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {row[0] for row in _versions(connection)}
    left = [
        script
        for script in reversed(list(ScriptDirectory.from_config(config).walk_revisions()))
        if script.revision not in _with_ancestors(config, known)
    ]
    for done, script in enumerate(left):
        step(script.doc, done, len(left))
        command.upgrade(config, script.revision)
    step("privileges and row-level security", len(left), len(left))
    return [script.doc for script in left]


def _versions(connection: Connection) -> list[tuple[str]]:
    if connection.scalar(text("SELECT to_regclass('portal.alembic_version')")) is None:
        return []
    return [(row[0],) for row in connection.execute(text("SELECT version_num FROM portal.alembic_version"))]


def _with_ancestors(config: Config, known: set[str]) -> set[str]:
    if not known:
        return set()
    scripts = ScriptDirectory.from_config(config)
    return {script.revision for script in scripts.iterate_revisions(tuple(known), "base")}


def _make_role(connection: Connection, role: str) -> None:
    if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}) is None:
        connection.exec_driver_sql(f'CREATE ROLE "{role}" LOGIN NOSUPERUSER NOBYPASSRLS')


def _jobs_rights(role: str) -> list[str]:
    return [
        f"GRANT USAGE ON SCHEMA jobs TO {role}",
        f"GRANT ALL ON ALL TABLES IN SCHEMA jobs TO {role}",
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA jobs TO {role}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA jobs TO {role}",
        f"ALTER ROLE {role} SET search_path = jobs",
    ]


def make_partitions(connection: Connection, today: date) -> None:
    """Create the audit log's partitions for this month and the next two."""
    for months in range(3):
        first = (today.replace(day=1) + timedelta(days=31 * months)).replace(day=1)
        connection.execute(text("SELECT portal.create_audit_partition(:first)"), {"first": first})
