"""A filled database in which tests act as the application's role, for one actor after another."""

from typing import Any
from uuid import uuid4

import psycopg
from attrs import frozen
from psycopg import errors, sql

from adapters.postgres.engine.columns import Reach
from adapters.postgres.engine.rights import all_statements, needed_rights
from adapters.postgres.engine.scope import begin_transaction_sql
from portal_core.kernel.actor import Actor, ClientActor, SystemActor, VisitorActor
from tests.support.engine.postgres import APP
from tests.support.engine.sample_rows import SamplePractice

READING = {name: all_statements()[name] for name in sorted(frozenset[str]().union(*needed_rights().values()))}
"""The statements that read or write tables."""


@frozen
class ActingDatabase:
    """Two practices with two clients each. `owner` is a superuser that takes the application's role."""

    owner: psycopg.Connection[Any]
    here: SamplePractice
    there: SamplePractice

    def actor(self, reach: Reach) -> Actor:
        """The first client, a visitor or a job of the first practice."""
        match reach:
            case "record":
                return ClientActor(self.here.id, self.here.accounts[0], self.here.clients[0])
            case "visitor":
                return VisitorActor(self.here.id)
            case "practice":
                return SystemActor(self.here.id, "test")

    def act(self, actor: Actor | None) -> None:
        """Begin a transaction of the application's role for an actor, without checks of foreign keys."""
        self.owner.rollback()
        self.run("SET LOCAL session_replication_role = replica")
        for one in begin_transaction_sql(actor).split("; ")[1:] if actor else ():
            self.run(one)
        self.run(f"SET LOCAL ROLE {APP}")

    def run(self, statement: Any, values: Any = None) -> list[Any]:
        cursor = self.owner.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def refuses(self, statement: Any, values: Any = None) -> bool:
        """Whether a right or a policy forbids the statement; another error means that it was allowed."""
        try:
            with self.owner.transaction(force_rollback=True):
                self.owner.execute(statement, values)
        except errors.InsufficientPrivilege:
            return True
        except errors.IntegrityError:
            return False
        return False


def call(name: str, arguments: dict[str, Any]) -> tuple[sql.Composed, list[Any]]:
    values = sql.SQL(", ").join(
        sql.SQL("{} => %s::{}").format(sql.Identifier(key), sql.SQL(kind)) for key, (kind, _) in arguments.items()
    )
    statement = sql.SQL("SELECT * FROM {}({})").format(sql.Identifier("portal", name), values)
    return statement, [value for _, value in arguments.values()]


def arguments_of(filled: ActingDatabase, name: str, practice: SamplePractice | None = None) -> dict[str, Any]:
    """The practice, one of its accounts and so on by the parameters' names, or any value of their types."""
    practice = practice or filled.here
    filled.owner.rollback()
    [(names, kinds)] = filled.run(
        "SELECT coalesce(proargnames[1:pronargs], '{}'),"
        " ARRAY(SELECT format_type(t, NULL) FROM unnest(proargtypes) AS t)"
        " FROM pg_proc WHERE pronamespace = 'portal'::regnamespace AND proname = %s",
        (name,),
    )
    known = {
        "practice": practice.id,
        "account": practice.accounts[0],
        "client": practice.clients[0],
        "arguments": f'{{"practice_id": "{practice.id}"}}',
        "kind": "test",
        "notice_class": "service",
    }
    if name == "notify":  # to an account, or to a client
        known["client"] = None
    values = {
        "uuid": uuid4(),
        "uuid[]": [uuid4()],
        "bytea": b"x",
        "timestamp with time zone": "2026-03-02 00:00:00+00",
        "date": "2026-03-02",
        "text": "x",
        "integer": 5,
        "double precision": 60.0,
    }
    return {one: (kind, known.get(one, values.get(kind))) for one, kind in zip(names, kinds, strict=True)}
