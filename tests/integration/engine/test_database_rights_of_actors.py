"""Nobody acts in the name of another through the database: no forged entries, keys, sessions and erasures."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import sql
from sqlalchemy import Table

from adapters.postgres.engine.columns import Reach
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
    filled.act(first)
    filled.run("RESET ROLE")
    filled.run("DELETE FROM portal.record_erasures")
    filled.run("DELETE FROM portal.legal_holds")
    filled.run(f"SET LOCAL ROLE {APP}")
    filled.run(*insert_statement(table, asked))
    confirming = "UPDATE portal.record_erasures SET state = 'completed', completed_at = now(), confirmed_by = %s"
    erasing = sql.SQL("SELECT portal.erase_record(%s, %s, %s, now())")
    erased = (filled.here.id, asked["client_id"], asked["id"])
    assert filled.refuses(f"{confirming} WHERE id = %s".encode(), (second.account_id, asked["id"]))
    assert filled.refuses(erasing, erased)
    filled.run(f"{confirming} WHERE id = %s".encode(), (first.account_id, asked["id"]))
    assert filled.refuses(erasing, erased)


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
