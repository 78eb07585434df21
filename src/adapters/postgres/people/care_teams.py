"""Care teams in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import all_, any_, bindparam, delete, exists, insert, select, update

from adapters.postgres.engine.columns import Uuid, Uuids
from adapters.postgres.engine.entities import update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.tables import client_keys
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import care_team, clients, clinicians
from portal_core.kernel.audit import AuditEntry
from portal_core.people.model import Client
from portal_core.people.ports import CareTeams

_MANY = "staff compare and change many teams; row-level security confines a client to their own"
_colleague = care_team.alias("colleague")


def has_team(client_id: Any, *, besides: Any = None) -> Any:
    """Whether a clinician who works here is on this client's care team, besides some."""
    on_team = (
        _colleague.c.practice_id == bindparam("practice_id"),
        _colleague.c.client_id == client_id,
        clinicians.c.practice_id == bindparam("practice_id"),
        clinicians.c.id == _colleague.c.clinician_id,
        clinicians.c.active,
    )
    return exists().where(*on_team, *(() if besides is None else (_colleague.c.clinician_id != all_(besides),)))


_team = (care_team.c.practice_id == bindparam("practice_id"), care_team.c.client_id == bindparam("client_id"))
TEAM_OF = statement("care_team.of", select(care_team.c.clinician_id).where(*_team).order_by(care_team.c.clinician_id))
_teams = (
    care_team.c.practice_id == bindparam("practice_id"),
    care_team.c.client_id == any_(bindparam("client_ids", type_=Uuids)),
)
TEAMS_OF = statement(
    "care_team.of_all",
    select(care_team.c.client_id, care_team.c.clinician_id)
    .where(*_teams)
    .order_by(care_team.c.client_id, care_team.c.clinician_id),
    scope_exemption=_MANY,
)
_leaving = bindparam("clinician_ids", type_=Uuids)
ONLY_WITH = statement(
    "care_team.only_with",
    select(care_team.c.clinician_id, care_team.c.client_id)
    .join(clients, (clients.c.practice_id == care_team.c.practice_id) & (clients.c.id == care_team.c.client_id))
    .where(
        care_team.c.practice_id == bindparam("practice_id"),
        care_team.c.clinician_id == any_(_leaving),
        clients.c.status == "active",
        ~has_team(care_team.c.client_id, besides=_leaving),
    )
    .order_by(care_team.c.clinician_id, care_team.c.client_id),
    scope_exemption="an administrator learns for whom nobody is left",
)
_OF_TEAMS = "care teams change together when appointments are given to a colleague"
OF_BOTH = statement(
    "care_team.of_both",
    select(care_team.c.client_id)
    .join(
        _colleague,
        (_colleague.c.practice_id == care_team.c.practice_id) & (_colleague.c.client_id == care_team.c.client_id),
    )
    .where(
        care_team.c.practice_id == bindparam("practice_id"),
        care_team.c.clinician_id == bindparam("one", type_=Uuid),
        _colleague.c.clinician_id == bindparam("other", type_=Uuid),
    )
    .order_by(care_team.c.client_id),
    scope_exemption=_OF_TEAMS,
)
LOCK_TEAMS = statement(
    "care_team.lock",
    select(clients.c.id)
    .where(
        clients.c.practice_id == bindparam("practice_id"),
        clients.c.id == any_(bindparam("client_ids", type_=Uuids)),
        select(client_keys.c.client_id)
        .where(client_keys.c.practice_id == bindparam("practice_id"), client_keys.c.client_id == clients.c.id)
        .exists(),
    )
    .order_by(clients.c.id)
    .with_for_update(),
    scope_exemption=_OF_TEAMS,
)
RAISE_VERSIONS = statement(
    "care_team.raise_versions",
    update(clients)
    .where(
        clients.c.practice_id == bindparam("practice_id"), clients.c.id == any_(bindparam("client_ids", type_=Uuids))
    )
    .values(version=clients.c.version + 1),
    scope_exemption=_OF_TEAMS,
)
REASSIGN_CLIENT = statement("clients.reassign", update_version(clients, "version"))
CLEAR_TEAMS = statement("care_team.clear", delete(care_team).where(*_teams), scope_exemption=_MANY)
JOIN_TEAM = statement("care_team.join", insert(care_team))


@define
class PostgresCareTeams(CareTeams):
    """One row per client and clinician."""

    tx: Transaction

    async def of(self, client_id: UUID) -> tuple[UUID, ...]:
        return tuple(row[0] for row in await self.tx.fetch(TEAM_OF, client_id=client_id))

    async def of_all(self, client_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        teams: dict[UUID, tuple[UUID, ...]] = dict.fromkeys(client_ids, ())
        rows = await self.tx.fetch(TEAMS_OF, client_ids=list(client_ids)) if client_ids else []
        for client_id, team in groupby(rows, lambda row: row["client_id"]):
            teams[client_id] = tuple(row["clinician_id"] for row in team)
        return teams

    async def only_with(self, clinicians: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        rows = await self.tx.fetch(ONLY_WITH, clinician_ids=list(clinicians)) if clinicians else []
        found = groupby(rows, lambda row: row["clinician_id"])
        return {clinician_id: tuple(row["client_id"] for row in theirs) for clinician_id, theirs in found}

    async def of_both(self, one: UUID, other: UUID) -> tuple[UUID, ...]:
        return tuple(row[0] for row in await self.tx.fetch(OF_BOTH, one=one, other=other))

    async def locked(self, client_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        rows = await self.tx.fetch(LOCK_TEAMS, client_ids=list(client_ids)) if client_ids else []
        return await self.of_all([row["id"] for row in rows])

    async def change_all(self, teams: Mapping[UUID, tuple[UUID, ...]], audit_entries: Sequence[AuditEntry]) -> None:
        if teams:
            await self.tx.execute(RAISE_VERSIONS, client_ids=list(teams))
        await self.assign_all(teams, audit_entries)

    async def assign(self, client: Client, clinicians: tuple[UUID, ...], audit_entry: AuditEntry) -> None:
        # Update the client first: a concurrent request waits here, and is refused before it changes the team.
        await self.tx.save(REASSIGN_CLIENT, id=client.id, version=client.version)
        await self.assign_all({client.id: clinicians}, [audit_entry])

    async def assign_all(self, teams: Mapping[UUID, tuple[UUID, ...]], audit_entries: Sequence[AuditEntry]) -> None:
        if teams:
            await self.tx.execute(CLEAR_TEAMS, client_ids=list(teams))
        joining = [{"client_id": client, "clinician_id": one} for client, team in teams.items() for one in team]
        await self.tx.execute_many(JOIN_TEAM, joining)
        self.tx.add_audit_entry(*audit_entries)
