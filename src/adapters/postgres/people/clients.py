"""Clients and their care teams in PostgreSQL."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import asdict, define
from sqlalchemy import (
    Integer,
    Select,
    Text,
    all_,
    and_,
    any_,
    bindparam,
    column,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as pg_insert

from adapters.postgres.accounts.client_accounts import STATUS
from adapters.postgres.engine.columns import Texts, Uuid, Uuids
from adapters.postgres.engine.constraint_errors import CONSTRAINT_ERRORS
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.keys import ADD_CLIENT_KEY
from adapters.postgres.engine.statements import Statement, statement
from adapters.postgres.engine.tables import client_keys
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.care_teams import has_team
from adapters.postgres.people.client_accounts import ACCOUNT, account_of
from adapters.postgres.people.erasure import ERASE
from adapters.postgres.people.own_clients import is_own, own_ids
from adapters.postgres.people.tables import client_search_words as words
from adapters.postgres.people.tables import clients
from portal_core.kernel.actor import own_clients_of
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.contact import EmergencyContact
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.page import Page, PageRequest
from portal_core.people.erasure import RecordErasure
from portal_core.people.errors import DuplicateExternalId, UnderLegalHold
from portal_core.people.model import ALL_CLIENTS, Client, ClientFilter
from portal_core.people.ports import ClientRecords
from portal_core.people.search import SearchTerms
from portal_core.people.views import ClientSummaryView

CONSTRAINT_ERRORS["clients_external_id_key"] = DuplicateExternalId
_LAST = "\U0010ffff"  # no word contains it, and nothing follows it in byte order

_MANY = "an import compares and changes many clients; row-level security confines a client to their own"
_CLIENT = entity(Client, clients)
_client_here = clients.c.practice_id == bindparam("practice_id")
GET_CLIENT = statement(
    "clients.get", select(*_CLIENT.columns).where(_client_here, clients.c.id == bindparam("client_id"))
)
FIND_CLIENT = statement(
    "clients.find_by_external_id",
    select(*_CLIENT.columns).where(_client_here, clients.c.external_id == bindparam("external_id")),
    scope_exemption="it looks for whose record this is",
)
FIND_CLIENTS = statement(
    "clients.find_by_external_ids",
    select(*_CLIENT.columns).where(_client_here, clients.c.external_id == any_(bindparam("external_ids", type_=Texts))),
    scope_exemption="it looks for whose records these are",
)
FIND_EMAILS = statement(
    "clients.find_by_emails",
    select(clients.c.id, clients.c.email).where(
        _client_here, clients.c.email_key == any_(bindparam("emails", type_=Texts))
    ),
    scope_exemption=_MANY,
)
_own_client = is_own(clients.c.id)
GET_OWN_CLIENT = statement(
    "clients.get_own",
    select(*_CLIENT.columns).where(_client_here, clients.c.id == bindparam("client_id"), _own_client),
)
FIND_OWN_CLIENT = statement(
    "clients.find_own_by_external_id",
    select(*_CLIENT.columns).where(_client_here, clients.c.external_id == bindparam("external_id"), _own_client),
    scope_exemption="it looks for whose record this is",
)
ADD_CLIENT = statement("clients.add", insert(clients))
_SEALED = ("address", "emergency_contact", "coverage")
# In a fixed order, so that two imports over the same clients wait instead of deadlocking.
LOCK_CLIENTS = statement(
    "clients.lock",
    select(clients.c.id, clients.c.version)
    .where(_client_here, clients.c.id == any_(bindparam("client_ids", type_=Uuids)))
    .order_by(clients.c.id)
    .with_for_update(),
    scope_exemption=_MANY,
)
SAVE_CLIENT = statement("clients.save", update_version(clients))
_SUMMARY = entity(
    ClientSummaryView,
    clients,
    name=(clients.c.given_name, clients.c.family_name, clients.c.chosen_name),
    account=ACCOUNT,
)
_wanted_status = bindparam("account_status", type_=Text)
_account_wanted = or_(_wanted_status.is_(None), _wanted_status == STATUS)
_team_wanted = or_(
    bindparam("care_team", type_=Text).is_(None), and_(clients.c.status == "active", ~has_team(clients.c.id))
)
_wanted = (_client_here, _account_wanted, _team_wanted)
_line = select(*_SUMMARY.columns).where(*_wanted).order_by(clients.c.sort_name, clients.c.id).limit(bindparam("size"))
_LIST = "the practice's own list of its clients"
FIRST_CLIENTS = statement("clients.first_page", _line, scope_exemption=_LIST)
# A cursor is an id alone, because names must not appear in URLs. Its position is looked up by a scalar query, so that
# the index scan starts there; a join read the index from its beginning (170 ms of 100,000 clients).
_cursor_row = clients.alias("marked")
_cursor_position = (
    select(_cursor_row.c.sort_name)
    .where(_cursor_row.c.practice_id == bindparam("practice_id"), _cursor_row.c.id == bindparam("after", type_=Uuid))
    .scalar_subquery()
)
_after_mark = tuple_(clients.c.sort_name, clients.c.id) > tuple_(_cursor_position, bindparam("after", type_=Uuid))
NEXT_CLIENTS = statement("clients.next_page", _line.where(_after_mark), scope_exemption=_LIST)

_own = own_ids()
_own_line = _line.join(_own, _own.c.client_id == clients.c.id)
FIRST_OWN_CLIENTS = statement("clients.first_own_page", _own_line, scope_exemption=_LIST)
NEXT_OWN_CLIENTS = statement("clients.next_own_page", _own_line.where(_after_mark), scope_exemption=_LIST)

# Of several pending writes each sees the rows as they were before: these two touch different ones.
DROP_WORDS = statement(
    "clients.drop_words",
    delete(words).where(
        words.c.practice_id == bindparam("practice_id"),
        words.c.client_id == bindparam("client_id"),
        words.c.word != all_(bindparam("words", type_=Texts)),
    ),
)
_word_columns = ["practice_id", "client_id", "word", "sort_name"]
_word_rows = select(
    bindparam("practice_id", type_=Uuid),
    bindparam("client_id", type_=Uuid),
    func.unnest(bindparam("words", type_=Texts)),
    bindparam("sort_name", type_=Text),
)
# The key of a new client may be written together with these.
ADD_FIRST_WORDS = statement("clients.add_first_words", insert(words).from_select(_word_columns, _word_rows))
_new_words = pg_insert(words).from_select(
    _word_columns,
    _word_rows.where(
        client_keys.c.practice_id == bindparam("practice_id"), client_keys.c.client_id == bindparam("client_id")
    ),
)
ADD_WORDS = statement(
    "clients.add_words",
    _new_words.on_conflict_do_update(
        index_elements=["practice_id", "client_id", "word"],
        set_={"sort_name": _new_words.excluded.sort_name},
        where=words.c.sort_name != _new_words.excluded.sort_name,
    ),
)
# The beginnings of words, with what follows the last word that begins so, and the number of the term whose alternative
# each is. Ranges, because row-level security keeps LIKE and operators on arrays out of index scans.
_beginnings = (
    func.unnest(
        bindparam("begins", type_=Texts), bindparam("ends", type_=Texts), bindparam("terms", type_=ARRAY(Integer))
    )
    .table_valued(column("begins", Text), column("ends", Text), column("term", Integer))
    .render_derived()
)
_matching = (
    select(words.c.sort_name, words.c.client_id)
    .where(
        words.c.practice_id == bindparam("practice_id"),
        words.c.word >= _beginnings.c.begins,
        words.c.word < _beginnings.c.ends,
    )
    .group_by(words.c.sort_name, words.c.client_id)
    .having(func.count(_beginnings.c.term.distinct()) == bindparam("term_count", type_=Integer))
    .order_by(words.c.sort_name, words.c.client_id)
)


_after_cursor = tuple_(words.c.sort_name, words.c.client_id) > tuple_(_cursor_position, bindparam("after", type_=Uuid))
_own_matching = _matching.join(_own, _own.c.client_id == words.c.client_id)


def _found(matching: Select[Any]) -> Select[Any]:
    found = matching.subquery("found")
    return (
        select(*_SUMMARY.columns)
        .join(found, clients.c.id == found.c.client_id)
        .where(*_wanted)
        .order_by(found.c.sort_name, found.c.client_id)
        .limit(bindparam("size"))
    )


_SEARCH = "the practice looks for one of its clients"
FIRST_FOUND = statement("clients.search_first_page", _found(_matching), scope_exemption=_SEARCH)
NEXT_FOUND = statement("clients.search_next_page", _found(_matching.where(_after_cursor)), scope_exemption=_SEARCH)
FIRST_OWN_FOUND = statement("clients.search_first_own_page", _found(_own_matching), scope_exemption=_SEARCH)
NEXT_OWN_FOUND = statement(
    "clients.search_next_own_page", _found(_own_matching.where(_after_cursor)), scope_exemption=_SEARCH
)
_OWN = {
    GET_CLIENT.name: GET_OWN_CLIENT,
    FIND_CLIENT.name: FIND_OWN_CLIENT,
    FIRST_CLIENTS.name: FIRST_OWN_CLIENTS,
    NEXT_CLIENTS.name: NEXT_OWN_CLIENTS,
    FIRST_FOUND.name: FIRST_OWN_FOUND,
    NEXT_FOUND.name: NEXT_OWN_FOUND,
}
"""The variants of statements for a clinician who sees own clients only."""


@define
class PostgresClientRecords(ClientRecords):
    """Some fields are encrypted with the client's key, which is created with the client."""

    tx: Transaction

    async def get(self, client_id: UUID) -> Client | None:
        return await self._client_or_none(await self._fetch_visible(GET_CLIENT, client_id=client_id))

    async def find_by_external_id(self, external_id: str) -> Client | None:
        return await self._client_or_none(await self._fetch_visible(FIND_CLIENT, external_id=external_id))

    async def find_by_external_ids(self, external_ids: Collection[str]) -> dict[str, Client]:
        rows = await self.tx.fetch(FIND_CLIENTS, external_ids=list(external_ids)) if external_ids else []
        await self.tx.load_keys(row["id"] for row in rows if any(row[name] is not None for name in _SEALED))
        return {row["external_id"]: await self._client(row) for row in rows}

    async def find_by_emails(self, emails: Collection[str]) -> dict[UUID, str]:
        rows = await self.tx.fetch(FIND_EMAILS, emails=list(emails)) if emails else []
        return {row["id"]: row["email"] for row in rows}

    async def destroyed(self, client_ids: Collection[UUID]) -> frozenset[UUID]:
        await self.tx.load_keys(client_ids)
        return frozenset([one for one in client_ids if await self.tx.cipher(one) is None])

    async def add(self, client: Client, audit_entry: AuditEntry) -> None:
        key = self.tx.create_key(client.id)
        await self.tx.execute(ADD_CLIENT, **await self._values(client))
        self.tx.write_later(ADD_CLIENT_KEY, **key)
        self.tx.write_later(ADD_FIRST_WORDS, **_words(client))
        self.tx.add_audit_entry(audit_entry)

    async def add_all(self, clients: Sequence[Client], audit_entries: Sequence[AuditEntry]) -> None:
        keys = [self.tx.create_key(client.id) for client in clients]
        await self.tx.execute_many(ADD_CLIENT, [await self._values(client) for client in clients])
        await self.tx.execute_many(ADD_CLIENT_KEY, keys)
        await self.tx.execute_many(ADD_FIRST_WORDS, [_words(client) for client in clients])
        self.tx.add_audit_entry(*audit_entries)

    async def save(self, client: Client, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE_CLIENT, **await self._values(client))
        self.tx.write_later(DROP_WORDS, **_words(client))
        self.tx.write_later(ADD_WORDS, **_words(client))
        self.tx.add_audit_entry(audit_entry)

    async def save_all(self, clients: Sequence[Client], audit_entries: Sequence[AuditEntry]) -> None:
        expected = {client.id: client.version - 1 for client in clients}
        # The driver does not count what many updates change: lock the rows and compare their versions before.
        locked = await self.tx.fetch(LOCK_CLIENTS, client_ids=list(expected)) if clients else []
        if {row["id"]: row["version"] for row in locked} != expected:
            raise StaleVersion
        await self.tx.load_keys(expected)
        await self.tx.execute_many(SAVE_CLIENT, [await self._values(client) for client in clients])
        await self.tx.execute_many(DROP_WORDS, [_words(client) for client in clients])
        await self.tx.execute_many(ADD_WORDS, [_words(client) for client in clients])
        self.tx.add_audit_entry(*audit_entries)

    async def erase(self, erasure: RecordErasure, audit_entry: AuditEntry) -> tuple[UUID, ...]:
        values = {"client_id": erasure.client_id, "id": erasure.id, "completed_at": erasure.completed_at}
        row = await self.tx.fetchrow(ERASE, **values)
        if row is None or row["accounts"] is None:
            raise UnderLegalHold
        self.tx.forget_key(erasure.client_id)
        self.tx.add_audit_entry(audit_entry)
        return tuple(row["accounts"])

    async def page(
        self, page: PageRequest, now: datetime, wanted: ClientFilter = ALL_CLIENTS
    ) -> Page[ClientSummaryView]:
        return await self._page(FIRST_CLIENTS, NEXT_CLIENTS, page, _filter(now, wanted))

    async def search(
        self, terms: SearchTerms, page: PageRequest, now: datetime, wanted: ClientFilter = ALL_CLIENTS
    ) -> Page[ClientSummaryView]:
        begins = [begin for term in terms for begin in term]
        values = {
            "begins": begins,
            "ends": [begin + _LAST for begin in begins],
            "terms": [number for number, term in enumerate(terms) for _ in term],
            "term_count": len(terms),
        }
        return await self._page(FIRST_FOUND, NEXT_FOUND, page, values | _filter(now, wanted))

    async def _page(
        self, first: Statement, following: Statement, page: PageRequest, values: dict[str, Any]
    ) -> Page[ClientSummaryView]:
        after = page.after_id()
        rows = await self._fetch_visible(
            first if after is None else following, after=after, size=page.size + 1, **values
        )
        lines = [
            _SUMMARY.of(
                row, name=f"{row['chosen_name'] or row['given_name']} {row['family_name']}", account=account_of(row)
            )
            for row in rows
        ]
        return page.paginate(lines, lambda line: line.id)

    async def _fetch_visible(self, wanted: Statement, **values: Any) -> list[Any]:
        """The rows of the statement, for a clinician who sees own clients only those of these clients."""
        clinician_id = own_clients_of(self.tx.actor)
        if clinician_id is None:
            return await self.tx.fetch(wanted, **values)
        return await self.tx.fetch(_OWN[wanted.name], own_clinician=clinician_id, **values)

    async def _values(self, client: Client) -> dict[str, Any]:
        contact = client.emergency_contact
        texts = (client.address, json.dumps(asdict(contact)) if contact else None, client.coverage)
        sealed = {
            name: await self.tx.seal(client.id, clients.c[name], client.id, text)
            for name, text in zip(_SEALED, texts, strict=True)
        }
        return _CLIENT.values(client, sort_name=client.sort_name, email_key=client.email, **sealed)

    async def _client_or_none(self, rows: list[Any]) -> Client | None:
        return await self._client(rows[0]) if rows else None

    async def _client(self, row: Any) -> Client:
        texts: dict[str, Any] = {
            name: await self.tx.unseal(row["id"], clients.c[name], row["id"], row[name]) for name in _SEALED
        }
        if texts["emergency_contact"] is not None:
            texts["emergency_contact"] = EmergencyContact(**json.loads(texts["emergency_contact"]))
        return _CLIENT.of(row, **texts)


def _filter(now: datetime, wanted: ClientFilter) -> dict[str, Any]:
    return {"now": now, "today": now.date(), "account_status": wanted.account, "care_team": wanted.care_team}


def _words(client: Client) -> dict[str, Any]:
    return {"client_id": client.id, "words": list(client.search_words), "sort_name": client.sort_name}
