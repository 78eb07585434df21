"""Row-level security and rights, derived from what each table says of itself; applied after every migration.

The unit of work says for whom a transaction runs, by settings that end with it: `portal.practice`, `portal.client`,
`portal.account` and `portal.scope` (`record` for a client or proxy, `visitor` for somebody signing in, `practice` for
staff and jobs). A setting that was used once in a session reads as '' later, hence nullif. With none set, every
policy compares with null and shows nothing.
"""

import re

from sqlalchemy import Table

from adapters.postgres.engine.columns import SCHEMA
from adapters.postgres.engine.metadata import metadata


def _setting(name: str) -> str:
    return f"nullif(current_setting('portal.{name}', true), '')::uuid"


_SCOPE = "current_setting('portal.scope', true)"
_PRACTICE_WIDE = f"{_SCOPE} = 'practice'"
# The planner takes `setting = 'word'` to leave one row in two hundred; lists of the practice's then sort all of its
# rows instead of walking an index (measured: 800 rows read for a page of 20). A null test it takes to leave them all.
_SCOPE_TESTS = re.compile(rf"{re.escape(_SCOPE)} (?:= '\w+'|IN \([^)]*\))")


def _estimated(condition: str) -> str:
    """The same condition, so written that the planner expects it to hold."""
    return _SCOPE_TESTS.sub(lambda found: f"(CASE WHEN {found[0]} THEN true END) IS NOT NULL", condition)


def visible(table: Table) -> str | None:
    """The condition under which a row is there for the transaction; None for tables reached by functions only."""
    condition = _visible(table)
    return None if condition is None else _estimated(condition)


def _visible(table: Table) -> str | None:
    info = table.info
    if "visible" in info:
        return str(info["visible"]).format(
            practice=_setting("practice"), client=_setting("client"), account=_setting("account"), scope=_SCOPE
        )
    practice = f"practice_id = {_setting('practice')}"
    match info["row_scope"]:
        case "client":
            return f"{practice} AND (client_id = {_setting('client')} OR {_PRACTICE_WIDE})"
        case "account":
            return f"{practice} AND (account_id = {_setting('account')} OR {_SCOPE} IN ('practice', 'visitor'))"
        case "practice":
            return practice
        case "append":
            return f"{practice} AND {_PRACTICE_WIDE}"
        case _:
            return None


def policies(table: Table, role: str) -> list[str]:
    """The statements that secure one table for the application role; they may be run again."""
    name = f"{SCHEMA}.{table.name}"
    done = [
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS visible ON {name}",
        f"DROP POLICY IF EXISTS insertable ON {name}",
        f"REVOKE ALL ON {name} FROM {role}",
    ]
    shown = visible(table)
    if shown is None:
        return done
    adding = table.info.get("insertable")
    if table.info["row_scope"] == "append":
        return [
            *done,
            f"CREATE POLICY visible ON {name} FOR SELECT USING ({shown})",
            f"CREATE POLICY insertable ON {name} FOR INSERT WITH CHECK (practice_id = {_setting('practice')})",
            f"GRANT SELECT, INSERT ON {name} TO {role}",
        ]
    if adding is not None:
        check = str(adding).format(
            practice=_setting("practice"), client=_setting("client"), account=_setting("account"), scope=_SCOPE
        )
        return [
            *done,
            f"CREATE POLICY visible ON {name} USING ({shown}) WITH CHECK ({check})",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {role}",
        ]
    return [
        *done,
        f"CREATE POLICY visible ON {name} USING ({shown})",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {role}",
    ]


def secure(role: str) -> list[str]:
    """Everything that the application role may do, and nothing else."""
    statements = [
        f"REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}",
        f"REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA {SCHEMA} FROM PUBLIC",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {SCHEMA} TO {role}",
    ]
    for table in metadata.sorted_tables:
        statements.extend(policies(table, role))
    return statements
