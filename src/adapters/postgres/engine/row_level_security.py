"""Row-level security policies and privileges, derived from each table's declared scope. Applied after every migration.

The unit of work identifies the actor with settings local to the transaction: `portal.practice`, `portal.client`,
`portal.account` and `portal.scope` (`record` for a client or proxy, `visitor` for somebody signing in, `practice` for
staff and jobs). A setting that was used earlier in a session reads as '', hence the nullif. If none is set, every
policy compares with null and no row is visible.
"""

import re

from sqlalchemy import Table

from adapters.postgres.engine.columns import SCHEMA
from adapters.postgres.engine.metadata import metadata


def _setting(name: str) -> str:
    # In a subquery, which is evaluated once for each statement. And a plan that is made before the setting is set takes
    # it for an unknown id; without the subquery it would take it for null, which no row has, and choose any index.
    return f"(SELECT nullif(current_setting('portal.{name}', true), '')::uuid)"


_SCOPE = "current_setting('portal.scope', true)"
_PRACTICE_WIDE = f"{_SCOPE} = 'practice'"
# Every statement names its practice itself, so the planner must not expect that the policy leaves fewer rows still: it
# would take one row for the result, and choose any index. It also assumes that `setting = 'word'` selects one row in
# two hundred, so it would sort all of a practice's rows for a list instead of using an index (measured: 800 rows read
# for a page of 20). It assumes that a null test selects all rows.
_TESTS = re.compile(
    rf"(?<![.\w])practice_id = {re.escape(_setting('practice'))}|{re.escape(_SCOPE)} (?:= '\w+'|IN \([^)]*\))"
)


def _estimated(condition: str) -> str:
    """Rewrite a condition so that the planner expects it to be true."""
    return _TESTS.sub(lambda found: f"(CASE WHEN {found[0]} THEN true END) IS NOT NULL", condition)


def visible(table: Table) -> str | None:
    """Return the condition for a row to be visible to a transaction; None for tables reached through functions only."""
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
    """Return the statements that secure one table for the application role. They may be run repeatedly."""
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
    """Return the statements that grant the application role its privileges, and revoke all others."""
    statements = [
        f"REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}",
        f"REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA {SCHEMA} FROM PUBLIC",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {SCHEMA} TO {role}",
    ]
    for table in metadata.sorted_tables:
        statements.extend(policies(table, role))
    return statements
