"""A practice to which nothing ever happens for good: what a request changed is known by table, and taken back."""

from typing import Any

import psycopg
from attrs import define, field

# What asking leaves behind, whoever asks and whatever the answer: who did it, and how often they tried.
TRACES = ("audit_entries", "alembic_version")
COUNTED = {"tries", "sign_in_guards"}
"""Counts of attempts: a refused one may change them, and they are taken back so that no limit ends the fuzzing."""

_RECORD = """
CREATE SCHEMA rewinding;
CREATE UNLOGGED TABLE rewinding.changed (number bigserial, name text, kind text, what jsonb);
CREATE FUNCTION rewinding.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO rewinding.changed (name, kind, what)
    VALUES (TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, TG_OP, to_jsonb(COALESCE(NEW, OLD)));
    RETURN NULL;
END $$;
"""


@define
class Rewinding:
    """Watches the tables of a test's database from when it is made. `owner` is a superuser's connection.

    Activity of a session is no change: that is what a signed-in request leaves behind.
    """

    owner: psycopg.Connection[Any]
    _columns: dict[str, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        run = self.owner.execute
        run(_RECORD)
        tables = run(
            "SELECT schemaname || '.' || tablename, tablename FROM pg_tables WHERE schemaname IN ('portal', 'jobs')"
        ).fetchall()
        for name, bare in tables:
            if bare.startswith(TRACES):
                continue
            if bare in COUNTED:
                run(f"DELETE FROM {name}")  # type: ignore[call-overload]
            self._columns[name] = self._kept_columns(name)
            run(f"CREATE TABLE rewinding.{bare} AS SELECT {self._columns[name]} FROM {name}")  # type: ignore[call-overload]
            for change, but in (("INSERT OR DELETE", ""), ("UPDATE", self._matters(bare))):
                trigger = f"rewinding_{change[:6].lower()}"
                run(  # type: ignore[call-overload]
                    f"CREATE TRIGGER {trigger} AFTER {change} ON {name} FOR EACH ROW {but}"
                    " EXECUTE FUNCTION rewinding.note()"
                )

    @staticmethod
    def _matters(bare: str) -> str:
        quiet = " - 'last_active_at'" if bare == "sessions" else ""
        return f"WHEN ((to_jsonb(OLD){quiet}) IS DISTINCT FROM (to_jsonb(NEW){quiet}))"

    def _kept_columns(self, name: str) -> str:
        rows = self.owner.execute(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            (name,),
        ).fetchall()
        return ", ".join(one for (one,) in rows)

    def changes(self) -> list[str]:
        """What was written since it was taken back, oldest first, without counts of attempts."""
        rows = self.owner.execute("SELECT name, kind, what FROM rewinding.changed ORDER BY number").fetchall()
        return [f"{kind} {name} {what}" for name, kind, what in rows if name.partition(".")[2] not in COUNTED]

    def take_back(self) -> None:
        """Everything is as it was when this was made."""
        run = self.owner.execute
        changed = [name for (name,) in run("SELECT DISTINCT name FROM rewinding.changed").fetchall()]
        if not changed:
            return
        with self.owner.transaction():
            run("SET LOCAL session_replication_role = replica")
            for name in changed:
                columns, bare = self._columns[name], name.partition(".")[2]
                run(f"DELETE FROM {name}")  # type: ignore[call-overload]
                run(  # type: ignore[call-overload]
                    f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM rewinding.{bare}"
                )
            run("TRUNCATE rewinding.changed")
