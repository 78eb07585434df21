"""Row-level security policies and privileges, derived from each table's declared scope. Applied after every migration.

The unit of work identifies the actor with settings local to the transaction: `portal.practice`, `portal.client`,
`portal.account` and `portal.scope` (`record` for a client or proxy, `visitor` for somebody signing in, `practice` for
staff and jobs). A setting that was used earlier in a session reads as '', hence the nullif. If none is set, every
policy compares with null and no row is visible.
"""

import re
from typing import Final, Literal, get_args

from sqlalchemy import Table

from adapters.postgres.engine.columns import COMMANDS, SCHEMA, Command, Reach, reaches
from adapters.postgres.engine.functions import function_names
from adapters.postgres.engine.metadata import metadata
from adapters.postgres.engine.rights import grants, needed_rights

_POLICIES: Final[dict[Command, str]] = {
    "select": "visible",
    "insert": "addable",
    "update": "changeable",
    "delete": "removable",
}
_OWNED: Final = {"client": "client_id = {client}", "account": "account_id = {account}"}


# Where the role could keep what it reads, apart from the tables: anybody may by default. A database's owner who is no
# superuser gets a warning instead for the functions of large objects, which belong to PostgreSQL itself.
_NO_STORES_OF_ITS_OWN: Final = (
    "DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid),"
    " pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC",
)


def _setting(name: str) -> str:
    # In a subquery, which is evaluated once for each statement. And a plan that is made before the setting is set takes
    # it for an unknown id; without the subquery it would take it for null, which no row has, and choose any index.
    return f"(SELECT nullif(current_setting('portal.{name}', true), '')::uuid)"


_SCOPE = "current_setting('portal.scope', true)"
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


def allowed_commands(table: Table) -> tuple[Command, ...]:
    """The commands that a statement needs on the table."""
    needed = {right.privilege.lower() for right in needed_rights() if right.table == table.name}
    return tuple(command for command in COMMANDS if command in needed)


def _condition(table: Table, command: Command) -> str:
    """The rows on which a transaction may use the command."""
    info = table.info
    stated = info.get({"select": "visible", "insert": "addable"}.get(command, ""))
    return stated if stated is not None else _reached(table, reaches(table, command), _owned(table, command))


def _owned(table: Table, command: Command) -> str | None:
    """Which rows are one's own; None where all of the practice's are alike."""
    if command in table.info.get("unowned", ()):
        return None
    owned: str | None = table.info.get("owned", _OWNED.get(table.info["row_scope"]))
    return owned


def rows_within_reach(table: Table, command: Command, reach: Reach) -> Literal["all", "own", "none"]:
    """On which rows of the practice somebody may use the command."""
    if command not in allowed_commands(table) or reach not in reaches(table, command):
        return "none"
    if {"update": "changed", "insert": "addable"}.get(command, "") in table.info and not table.info.get("signed"):
        return "own"
    return "own" if reach == "record" and _owned(table, command) is not None else "all"


def _reached(table: Table, allowed: tuple[Reach, ...], owned: str | None) -> str:
    here = f"{'id' if table.name == 'practices' else 'practice_id'} = {{practice}}"
    wide = [one for one in allowed if one != "record" or owned is None]
    tests = []
    if owned is not None and "record" in allowed:
        tests.append(owned)
    if len(wide) == 1:
        tests.append(f"{{scope}} = '{wide[0]}'")
    elif wide and not (owned is None and len(wide) == len(get_args(Reach))):
        tests.append("{scope} IN (" + ", ".join(f"'{one}'" for one in wide) + ")")
    if not tests:
        return here if wide else "false"
    return f"{here} AND {tests[0]}" if len(tests) == 1 else f"{here} AND ({' OR '.join(tests)})"


def _with_settings(condition: str) -> str:
    return condition.format(
        practice=_setting("practice"), client=_setting("client"), account=_setting("account"), scope=_SCOPE
    )


def policies(table: Table, role: str) -> list[str]:
    """Return the statements that secure one table for the application role. They may be run repeatedly."""
    name = f"{SCHEMA}.{table.name}"
    statements = [
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        *(f"DROP POLICY IF EXISTS {policy} ON {name}" for policy in (*_POLICIES.values(), "insertable")),
        f"REVOKE ALL ON {name} FROM PUBLIC, {role}",
    ]
    if table.info["row_scope"] == "function_only":
        return statements
    for command in allowed_commands(table):
        policy = _POLICIES[command]
        rows = _with_settings(_condition(table, command))
        shown = _estimated(rows)
        # What a changed row must be, where that is more than what it was.
        changed = _with_settings(table.info["changed"]) if "changed" in table.info else shown
        clauses = {"insert": f"WITH CHECK ({rows})", "update": f"USING ({shown}) WITH CHECK ({changed})"}
        clause = clauses.get(command, f"USING ({shown})")
        statements.append(f"CREATE POLICY {policy} ON {name} FOR {command.upper()} TO {role} {clause}")
    return [*statements, *grants(table, role)]


def secure(role: str) -> list[str]:
    """Return the statements that grant the application role its privileges, and revoke all others."""
    statements = [
        f"REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM {role}",
        f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {SCHEMA} FROM PUBLIC, {role}",
        *(f"GRANT EXECUTE ON FUNCTION {SCHEMA}.{name} TO {role}" for name in function_names()),
    ]
    statements.extend(_NO_STORES_OF_ITS_OWN)
    for table in metadata.sorted_tables:
        statements.extend(policies(table, role))
    return statements
