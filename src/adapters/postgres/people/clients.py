"""Clients and their care teams in PostgreSQL."""

from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, delete, select, tuple_, update

from adapters.postgres.engine.columns import Uuid, insert_all
from adapters.postgres.engine.constraint_errors import CONSTRAINT_ERRORS
from adapters.postgres.engine.keys import DROP_CLIENT_KEY
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import care_team, clients
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.people.errors import DuplicateExternalId
from portal_core.people.model import Client
from portal_core.people.ports import CareTeams, ClientRecords
from portal_core.people.views import ClientSummaryView

CONSTRAINT_ERRORS["clients_external_id_key"] = DuplicateExternalId
_LAST = "\U0010ffff"  # no name contains it, and nothing follows it in byte order

CLIENT_COLUMNS = (
    clients.c.id,
    clients.c.practice_id,
    clients.c.given_name,
    clients.c.family_name,
    clients.c.date_of_birth,
    clients.c.created_at,
    clients.c.external_id,
    clients.c.chosen_name,
    clients.c.pronouns,
    clients.c.email,
    clients.c.phone,
    clients.c.address,
    clients.c.time_zone,
    clients.c.language,
    clients.c.state,
    clients.c.status,
    clients.c.version,
)
_client_here = clients.c.practice_id == bindparam("practice_id")
GET_CLIENT = statement(
    "clients.get", select(*CLIENT_COLUMNS).where(_client_here, clients.c.id == bindparam("client_id"))
)
FIND_CLIENT = statement(
    "clients.find_by_external_id",
    select(*CLIENT_COLUMNS).where(_client_here, clients.c.external_id == bindparam("external_id")),
    scope_exemption="it looks for whose record this is",
)
ADD_CLIENT = statement("clients.add", insert_all(clients))
SAVE_CLIENT = statement(
    "clients.save",
    update(clients)
    .where(_client_here, clients.c.id == bindparam("client_id"), clients.c.version == bindparam("before"))
    .values({c.name: bindparam(c.name) for c in clients.c if c.name not in ("practice_id", "id", "created_at")}),
)
_line = (
    select(
        clients.c.id,
        clients.c.given_name,
        clients.c.family_name,
        clients.c.chosen_name,
        clients.c.date_of_birth,
        clients.c.status,
        clients.c.external_id,
    )
    .where(_client_here, clients.c.sort_name >= bindparam("begins"), clients.c.sort_name < bindparam("ends"))
    .order_by(clients.c.sort_name, clients.c.id)
    .limit(bindparam("size"))
)
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
NEXT_CLIENTS = statement(
    "clients.next_page",
    _line.where(
        tuple_(clients.c.sort_name, clients.c.id) > tuple_(_cursor_position, bindparam("after", type_=Uuid)),
    ),
    scope_exemption=_LIST,
)

_team = (care_team.c.practice_id == bindparam("practice_id"), care_team.c.client_id == bindparam("client_id"))
TEAM_OF = statement("care_team.of", select(care_team.c.clinician_id).where(*_team).order_by(care_team.c.clinician_id))
REASSIGN_CLIENT = statement(
    "clients.reassign",
    update(clients)
    .where(_client_here, clients.c.id == bindparam("client_id"), clients.c.version == bindparam("before"))
    .values(version=bindparam("version")),
)
CLEAR_TEAM = statement("care_team.clear", delete(care_team).where(*_team))
JOIN_TEAM = statement("care_team.join", insert_all(care_team))


@define
class PostgresClientRecords(ClientRecords):
    """The address is encrypted with the client's key, which is created with the client."""

    tx: Transaction

    async def get(self, client_id: UUID) -> Client | None:
        return await self._client(await self.tx.fetchrow(GET_CLIENT, client_id=client_id))

    async def find_by_external_id(self, external_id: str) -> Client | None:
        return await self._client(await self.tx.fetchrow(FIND_CLIENT, external_id=external_id))

    async def add(self, client: Client, audit_entry: AuditEntry) -> None:
        # The key references the client and encrypts the address: insert the row, then the key, then set the address.
        values = {**_client_values(client), "address": None}
        await self.tx.execute(ADD_CLIENT, id=client.id, created_at=client.created_at, **values)
        await self.tx.keys.add_client(self.tx.connection, client.practice_id, client.id)
        if client.address is not None:
            values["address"] = await self._sealed(client)
            await self.tx.save(SAVE_CLIENT, client_id=client.id, before=client.version, **values)
        self.tx.add_audit_entry(audit_entry)

    async def save(self, client: Client, audit_entry: AuditEntry) -> None:
        values = {**_client_values(client), "address": await self._sealed(client)}
        await self.tx.save(SAVE_CLIENT, client_id=client.id, before=client.version - 1, **values)
        self.tx.add_audit_entry(audit_entry)

    async def destroy_key(self, client_id: UUID, audit_entry: AuditEntry) -> bool:
        if await self.tx.execute(DROP_CLIENT_KEY, client_id=client_id) == 0:
            return False
        self.tx.forget_key(client_id)
        self.tx.add_audit_entry(audit_entry)
        return True

    async def page(self, name_prefix: str, page: PageRequest) -> Page[ClientSummaryView]:
        after = page.after_id()
        begins = name_prefix.casefold()
        bounds = {"begins": begins, "ends": begins + _LAST, "size": page.size + 1}
        rows = await (
            self.tx.fetch(FIRST_CLIENTS, **bounds)
            if after is None
            else self.tx.fetch(NEXT_CLIENTS, after=after, **bounds)
        )
        lines = [ClientSummaryView(row[0], f"{row[3] or row[1]} {row[2]}", row[4], row[5], row[6]) for row in rows]
        return page.paginate(lines, lambda line: line.id)

    async def _sealed(self, client: Client) -> bytes | None:
        return await self.tx.seal(client.id, clients.c.address, client.id, client.address)

    async def _client(self, row: Any) -> Client | None:
        if row is None:
            return None
        values = list(row)
        values[11] = await self.tx.unseal(row[0], clients.c.address, row[0], row[11])
        return Client(*values)


def _client_values(client: Client) -> dict[str, Any]:
    return {
        "external_id": client.external_id,
        "given_name": client.given_name,
        "family_name": client.family_name,
        "chosen_name": client.chosen_name,
        "pronouns": client.pronouns,
        "sort_name": client.sort_name,
        "date_of_birth": client.date_of_birth,
        "email": client.email,
        "email_key": client.email,
        "phone": client.phone,
        "time_zone": client.time_zone,
        "language": client.language,
        "state": client.state,
        "status": client.status,
        "version": client.version,
    }


@define
class PostgresCareTeams(CareTeams):
    """One row per client and clinician."""

    tx: Transaction

    async def of(self, client_id: UUID) -> tuple[UUID, ...]:
        return tuple(row[0] for row in await self.tx.fetch(TEAM_OF, client_id=client_id))

    async def assign(self, client: Client, clinicians: tuple[UUID, ...], audit_entry: AuditEntry) -> None:
        # Update the client first: a concurrent request waits here, and is refused before it changes the team.
        version = client.version
        await self.tx.save(REASSIGN_CLIENT, client_id=client.id, before=version - 1, version=version)
        await self.tx.execute(CLEAR_TEAM, client_id=client.id)
        for clinician_id in clinicians:
            await self.tx.execute(JOIN_TEAM, client_id=client.id, clinician_id=clinician_id)
        self.tx.add_audit_entry(audit_entry)
