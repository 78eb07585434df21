"""Nobody acts in the name of another through the database: no forged entries, keys, sessions and erasures."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import sql
from sqlalchemy import Table

from adapters.postgres.engine.columns import Reach
from adapters.postgres.engine.scope import begin_transaction_sql
from portal_core.kernel.actor import ProxyActor, StaffActor
from tests.support.engine.acting_database import ActingDatabase, arguments_of, call
from tests.support.engine.postgres import APP
from tests.support.engine.sample_rows import insert_statement, row, tables


@pytest.mark.parametrize("reach", ["record", "visitor", "practice"])
def test_audit_entry_cannot_be_forged(filled: ActingDatabase, reach: Reach) -> None:
    """It is of the actor of the transaction, and a client's or proxy's is about their own record."""
    own = {
        "record": {"actor_kind": "client", "account_id": filled.here.accounts[0], "record": filled.here.clients[0]},
        "visitor": {"actor_kind": "visitor", "account_id": None, "record": filled.here.clients[0]},
        "practice": {"actor_kind": "system", "account_id": None, "record": filled.here.clients[0]},
    }[reach]
    forged: list[dict[str, Any]] = [
        {"account_id": filled.here.accounts[1]},
        {"practice_id": filled.there.id},
        *({"actor_kind": kind} for kind in ("client", "staff", "system", "visitor") if kind != own["actor_kind"]),
    ]
    if reach == "record":
        forged += [{"record": filled.here.clients[1]}, {"grant_id": uuid4()}, {"account_id": None}]
    filled.act(filled.actor(reach))
    for change in ({}, *forged):
        values = row(_table("audit_entries"), filled.here, 0, **{**own, **change})
        assert filled.refuses(*insert_statement(_table("audit_entries"), values)) == bool(change), change


def test_staff_entries_are_of_the_member_who_acts(filled: ActingDatabase) -> None:
    filled.act(StaffActor(filled.here.id, filled.here.accounts[0], frozenset({"auditor"})))
    for account, kind, refused in (
        (filled.here.accounts[0], "staff", False),
        (filled.here.accounts[1], "staff", True),
        (None, "system", True),
        (filled.here.accounts[0], "client", True),
    ):
        values = row(_table("audit_entries"), filled.here, 0, account_id=account, actor_kind=kind)
        assert filled.refuses(*insert_statement(_table("audit_entries"), values)) == refused


def _table(name: str) -> Table:
    return next(table for table in tables() if table.name == name)


def test_erasure_is_asked_and_confirmed_in_one_s_own_name(filled: ActingDatabase) -> None:
    table = _table("record_erasures")
    first, second = (
        StaffActor(filled.here.id, account, frozenset({"administrator"})) for account in filled.here.accounts[:2]
    )
    asked = row(table, filled.here, 0, state="open", requested_by=first.account_id, confirmed_by=None)
    for change in ({"requested_by": second.account_id}, {"state": "completed"}, {"practice_id": filled.there.id}):
        filled.act(first)
        assert filled.refuses(*insert_statement(table, asked | change)), change
    for actor in (None, *map(filled.actor, ("record", "visitor", "practice"))):
        filled.act(actor)
        assert filled.refuses(*insert_statement(table, asked)), actor


ASKED = UUID(int=9)
ERASE = sql.SQL("SELECT portal.erase_record(%s, %s, %s, now())")


class Erasing:
    """Two administrators in whose name a record's erasure is asked for and confirmed, by the application's role."""

    def __init__(self, filled: ActingDatabase) -> None:
        self.filled = filled
        self.client = filled.here.clients[0]
        self.first, self.second = filled.here.accounts[:2]
        staff = filled.here.ids["staff"][:2]
        filled.owner.rollback()
        filled.run("SET LOCAL session_replication_role = replica")
        filled.run("DELETE FROM portal.record_erasures")
        filled.run("DELETE FROM portal.legal_holds")
        filled.run("UPDATE portal.staff SET active = true, roles = '{administrator}'")
        for account, member in zip((self.first, self.second), staff, strict=True):
            filled.run(
                "UPDATE portal.accounts SET kind = 'staff', staff_id = %s, client_id = NULL, status = 'active'"
                " WHERE id = %s",
                (member, account),
            )

    def as_owner(self, statement: str) -> None:
        self.filled.run("RESET ROLE")
        self.filled.run(statement.encode())
        self.filled.run(f"SET LOCAL ROLE {APP}")

    def act(self, account: UUID) -> None:
        """Go on in the name of this account, without another transaction."""
        for one in begin_transaction_sql(StaffActor(self.filled.here.id, account, frozenset())).split("; ")[1:]:
            self.filled.run(one)

    def ask(self) -> None:
        self.filled.run(f"SET LOCAL ROLE {APP}")
        self.act(self.first)
        asked = row(_table("record_erasures"), self.filled.here, 0, id=ASKED, client_id=self.client)
        asked |= {"requested_by": self.first, "expires_at": datetime.now(UTC) + timedelta(days=1)}
        self.filled.run(*insert_statement(_table("record_erasures"), {k: v for k, v in asked.items() if v is not None}))

    def confirm(self, account: UUID) -> None:
        self.act(account)
        self.filled.run(
            "UPDATE portal.record_erasures SET state = 'completed', completed_at = now(), confirmed_by = %s", (account,)
        )

    @property
    def refused(self) -> bool:
        return self.filled.refuses(ERASE, (self.filled.here.id, self.client, ASKED))


_EARLIER = "UPDATE portal.record_erasures SET recorded_at = now() - interval '1 second'"


def test_record_is_erased_for_two_administrators(filled: ActingDatabase) -> None:
    erasing = Erasing(filled)
    erasing.ask()
    erasing.as_owner(_EARLIER)
    erasing.confirm(erasing.second)
    assert not erasing.refused


def test_confirmation_in_the_name_of_another_is_refused(filled: ActingDatabase) -> None:
    erasing = Erasing(filled)
    erasing.ask()
    confirming = b"UPDATE portal.record_erasures SET state = 'completed', completed_at = now(), confirmed_by = %s"
    assert filled.refuses(confirming, (erasing.second,))
    erasing.as_owner(_EARLIER)
    assert erasing.refused
    erasing.confirm(erasing.first)
    assert erasing.refused


def test_transaction_that_asks_for_an_erasure_cannot_carry_it_out(filled: ActingDatabase) -> None:
    """The role can act in the name of one administrator after another, but not at once."""
    erasing = Erasing(filled)
    erasing.ask()
    erasing.confirm(erasing.second)
    assert erasing.refused
    assert filled.refuses(_EARLIER.encode())


@pytest.mark.parametrize("whose", [0, 1])
@pytest.mark.parametrize(
    "change", ["s SET active = false", "s SET roles = '{biller}'", "a SET status = 'closed'", "a SET staff_id = NULL"]
)
def test_erasure_takes_two_who_are_administrators(filled: ActingDatabase, whose: int, change: str) -> None:
    erasing = Erasing(filled)
    erasing.ask()
    erasing.as_owner(_EARLIER)
    erasing.confirm(erasing.second)
    table, member = ("staff", filled.here.ids["staff"]) if change[0] == "s" else ("accounts", filled.here.accounts)
    constraints = "ALTER TABLE portal.accounts DROP CONSTRAINT accounts_of_staff_check"
    erasing.as_owner(f"{constraints}; UPDATE portal.{table} AS {change} WHERE id = '{member[whose]}'")
    assert erasing.refused


def test_database_says_when_a_row_was_added(filled: ActingDatabase) -> None:
    """An entry may claim any time; when it was written, no statement can say."""
    for name in ("audit_entries", "record_erasures"):
        table = _table(name)
        values = row(table, filled.here, 0, actor_kind="system", account_id=None, record=None)
        filled.act(filled.actor("practice"))
        assert filled.refuses(*insert_statement(table, values | {"recorded_at": datetime(2020, 1, 1, tzinfo=UTC)}))
        assert filled.refuses(f"UPDATE portal.{name} SET recorded_at = now()".encode())
    made = row(_table("audit_entries"), filled.here, 0, actor_kind="system", account_id=None, record=None, id=ASKED)
    filled.run(*insert_statement(_table("audit_entries"), made))
    filled.run("RESET ROLE")
    [(late,)] = filled.run("SELECT now() - recorded_at FROM portal.audit_entries WHERE id = %s", (ASKED,))
    assert abs(late) < timedelta(minutes=1)


def test_notices_go_to_people_of_the_transaction_s_practice(filled: ActingDatabase) -> None:
    """Those whom the actor has something to do with: a client's own record, staff, and their proxies."""
    here, there = filled.here, filled.there
    stranger = UUID(int=12)
    filled.act(None)
    filled.run("RESET ROLE")
    allowed: dict[Reach, list[tuple[UUID | None, UUID | None]]] = {
        "record": [(here.accounts[0], None), (None, here.clients[0])],
        "visitor": [(here.accounts[0], None), (here.accounts[1], None)],
        "practice": [(here.accounts[1], None), (None, here.clients[1]), (None, None)],
    }
    refused: dict[Reach, list[tuple[UUID | None, UUID | None]]] = {
        "record": [
            (there.accounts[0], None),
            (None, there.clients[0]),
            (stranger, None),
            (None, stranger),
            (None, None),
        ],
        "visitor": [(there.accounts[0], None), (None, here.clients[0]), (stranger, None), (None, None)],
        "practice": [(there.accounts[0], None), (None, there.clients[0]), (stranger, None), (None, stranger)],
    }
    for reach in allowed:
        for one in (*allowed[reach], *refused[reach]):
            arguments = arguments_of(filled, "notify") | {"account": ("uuid", one[0]), "client": ("uuid", one[1])}
            filled.act(filled.actor(reach))
            assert filled.refuses(*call("notify", arguments)) == (one in refused[reach]), (reach, one)
    other = arguments_of(filled, "notify") | {"account": ("uuid", here.accounts[1])}
    for kind, grants, refuses in (("client", False, True), ("staff", False, False), ("proxy", True, False)):
        filled.act(filled.actor("record"))
        filled.run("RESET ROLE")
        filled.run(
            "DELETE FROM portal.grants" if not grants else "UPDATE portal.grants SET account_id = %s",
            (here.accounts[1],) if grants else None,
        )
        filled.run("DELETE FROM portal.attendances")
        filled.run(
            "UPDATE portal.accounts SET kind = %s, client_id = CASE %s WHEN 'client' THEN client_id END,"
            " staff_id = CASE %s WHEN 'staff' THEN id END WHERE id = %s",
            (kind, kind, kind, here.accounts[1]),
        )
        filled.run(f"SET LOCAL ROLE {APP}")
        assert filled.refuses(*call("notify", other)) == refuses, kind


def test_role_keeps_nothing_outside_of_the_tables(filled: ActingDatabase) -> None:
    for actor in (filled.actor("practice"), None):
        filled.act(actor)
        for statement in (
            "CREATE TABLE public.kept (word text)",
            "CREATE TABLE portal.kept (word text)",
            "CREATE SCHEMA kept",
            "SELECT lo_create(0)",
            "SELECT lo_creat(-1)",
            "SELECT lo_from_bytea(0, 'x')",
        ):
            assert filled.refuses(statement), statement
    # A right on the database itself, which a copy of a migrated one does not have.
    [(temporary,)] = filled.run("SELECT has_database_privilege(%s, 'migrate_template', 'TEMPORARY')", (APP,))
    assert not temporary


def test_keys_are_neither_deleted_nor_changed(filled: ActingDatabase) -> None:
    actors = (*map(filled.actor, ("record", "visitor", "practice")), ProxyActor(filled.here.id, uuid4()))
    for actor in (*actors, None):
        for name in ("practice_keys", "client_keys", "former_practice_keys"):
            filled.act(actor)
            assert filled.refuses(f"DELETE FROM portal.{name}".encode())
            assert filled.refuses(f"UPDATE portal.{name} SET wrapped = 'x'".encode())


@pytest.mark.parametrize("reach", ["visitor", "practice"])
def test_no_statement_ends_the_sessions_of_several_accounts(filled: ActingDatabase, reach: Reach) -> None:
    filled.act(filled.actor(reach))
    ending = "UPDATE portal.sessions SET ended_at = now() WHERE practice_id = %s"
    assert filled.refuses(ending, (filled.here.id,))
    for function in ("end_sessions", "delete_expired", "mark_active"):
        arguments = arguments_of(filled, function) | {"instant": ("timestamptz", "2999-01-01")}
        filled.act(filled.actor(reach) if function == "end_sessions" else None)
        filled.run("RESET ROLE")
        filled.run("UPDATE portal.sessions SET ends_at = '2999-01-01'")
        before = _live(filled)
        filled.run(f"SET LOCAL ROLE {APP}")
        filled.run(*call(function, arguments))
        filled.run("RESET ROLE")
        assert len(before - _live(filled)) <= 1, function


def _live(filled: ActingDatabase) -> set[UUID]:
    filled.run("RESET ROLE")
    rows = filled.run("SELECT id FROM portal.sessions WHERE ended_at IS NULL AND practice_id = %s", (filled.here.id,))
    return {one for (one,) in rows}


def test_client_ends_no_other_account_s_sessions(filled: ActingDatabase) -> None:
    filled.act(filled.actor("record"))
    other = arguments_of(filled, "end_sessions") | {"account": ("uuid", filled.here.accounts[1])}
    filled.act(filled.actor("record"))
    assert filled.refuses(*call("end_sessions", other))
