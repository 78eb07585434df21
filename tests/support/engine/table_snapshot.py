"""Records the changes that a request makes, by table, and restores the previous state."""

from typing import Any

import psycopg
from attrs import define, field

# What asking leaves behind, whoever asks and whatever the answer: who did it, and how often they tried.
UNTRACKED_TABLES = ("audit_entries", "alembic_version")
COUNTER_TABLES = {"rate_limit_attempts", "sign_in_guards"}
"""Counts of attempts: a refused one may change them, and they are taken back so that no limit ends the fuzzing."""
COUNTER_COLUMNS = {
    "sessions": ("last_active_at",),
    "challenges": ("attempts", "version"),
    "email_changes": ("attempts", "version"),
    "invitations": ("attempts", "version"),
    "safe_email_verifications": ("attempts", "version"),
}
"""Columns that count as well: when somebody was last there, and how often a code was wrong."""

_RECORD = """
CREATE SCHEMA test_snapshot;
CREATE UNLOGGED TABLE test_snapshot.changed (number bigserial, name text, kind text, what jsonb, counts boolean);
CREATE FUNCTION test_snapshot.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NULL;
    END IF;
    INSERT INTO test_snapshot.changed (name, kind, what, counts)
    VALUES (
        TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, TG_OP, to_jsonb(COALESCE(NEW, OLD)),
        TG_OP = 'UPDATE' AND to_jsonb(OLD) - TG_ARGV::text[] = to_jsonb(NEW) - TG_ARGV::text[]
    );
    RETURN NULL;
END $$;
"""


@define
class TableSnapshot:
    """Watches the tables of a test's database from when it is made. `owner` is a superuser's connection."""

    owner: psycopg.Connection[Any]
    _columns: dict[str, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        run = self.owner.execute
        run(_RECORD)
        tables = run(
            "SELECT schemaname || '.' || tablename, tablename FROM pg_tables WHERE schemaname IN ('portal', 'jobs')"
        ).fetchall()
        for name, bare in tables:
            if bare.startswith(UNTRACKED_TABLES):
                continue
            if bare in COUNTER_TABLES:
                run(f"DELETE FROM {name}")  # type: ignore[call-overload]
            self._columns[name] = self._kept_columns(name)
            run(f"CREATE TABLE test_snapshot.{bare} AS SELECT {self._columns[name]} FROM {name}")  # type: ignore[call-overload]
            run(  # type: ignore[call-overload]
                f"CREATE TRIGGER test_snapshot AFTER INSERT OR UPDATE OR DELETE ON {name} FOR EACH ROW"
                f" EXECUTE FUNCTION test_snapshot.note({', '.join(COUNTER_COLUMNS.get(bare, ()))})"
            )

    def _kept_columns(self, name: str) -> str:
        rows = self.owner.execute(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            (name,),
        ).fetchall()
        return ", ".join(one for (one,) in rows)

    def restore(self) -> list[str]:
        """Restore the state at creation, and return what was written.

        Counters are left out, and so are rows that were added and deleted again.
        """
        run = self.owner.execute
        rows = run("SELECT name, kind, what, counts FROM test_snapshot.changed ORDER BY number").fetchall()
        if rows:
            with self.owner.transaction():
                run("SET LOCAL session_replication_role = replica")
                for name in {name for name, *_ in rows}:
                    columns, bare = self._columns[name], name.partition(".")[2]
                    run(f"DELETE FROM {name}")  # type: ignore[call-overload]
                    run(  # type: ignore[call-overload]
                        f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE"
                        f" SELECT {columns} FROM test_snapshot.{bare}"
                    )
                run("TRUNCATE test_snapshot.changed")
        gone = [(name, what) for name, kind, what, _ in rows if kind == "DELETE"]
        passing = [(name, what) for name, kind, what, _ in rows if kind == "INSERT" and (name, what) in gone]
        return [
            f"{kind} {name} {what}"
            for name, kind, what, counts in rows
            if not counts and name.partition(".")[2] not in COUNTER_TABLES and (name, what) not in passing
        ]
