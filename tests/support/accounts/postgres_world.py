"""A practice in PostgreSQL, for the contract suites of accounts."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from attrs import define, field

from adapters.local.sources import Uuid7Ids
from adapters.postgres.accounts.sessions import PostgresLiveSessions
from adapters.postgres.engine.base_unit import PostgresBegin
from portal_core.kernel.actor import Area, Role
from portal_core.kernel.audit import AuditEntry
from tests.support.clock import FixedClock
from tests.support.contracts.accounts.world import DATE_OF_BIRTH, AccountsWorld
from tests.support.engine.postgres import PortalDatabase


@define
class PostgresAccountsWorld(AccountsWorld):
    """Inserts rows of people as the table owner, bypassing row-level security."""

    database: PortalDatabase
    practice_id: UUID
    clock: FixedClock = field(factory=FixedClock)
    ids: Uuid7Ids = field(factory=Uuid7Ids)
    begin: PostgresBegin = field(init=False)
    live: PostgresLiveSessions = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.begin = self.database.begin_with(self.clock, self.ids)
        self.live = PostgresLiveSessions(self.database.pool)

    @classmethod
    async def create(cls, database: PortalDatabase) -> "PostgresAccountsWorld":
        return cls(database, await database.practice())

    async def other_practice(self) -> "PostgresAccountsWorld":
        return PostgresAccountsWorld(self.database, await self.database.practice(), self.clock, self.ids)

    async def add_client(
        self,
        email: str = "",
        *,
        date_of_birth: date = DATE_OF_BIRTH,
        names: tuple[str, str, str | None] = ("Ann", "Lee", None),
        status: str = "active",
    ) -> UUID:
        given, family, chosen = names
        client_id = await self.database.client(
            self.practice_id, email=email or None, date_of_birth=date_of_birth, given=given, family=family
        )
        self._run("UPDATE portal.clients SET chosen_name = %s, status = %s WHERE id = %s", chosen, status, client_id)
        return client_id

    async def add_staff(
        self,
        email: str,
        roles: Iterable[Role] = ("front_desk",),
        *,
        sees_clients: bool = False,
        active: bool = True,
        name: str = "Sam Wu",
    ) -> UUID:
        staff_id = self.ids.new()
        clinician_id = await self.database.clinician(self.practice_id) if sees_clients else None
        self._insert(
            "staff",
            id=staff_id,
            name=name,
            email=email,
            email_key=email,
            roles=list(roles),
            clinician_id=clinician_id,
            active=active,
        )
        return staff_id

    async def clinician_of(self, staff_id: UUID) -> UUID | None:
        found: UUID | None
        [(found,)] = self._run("SELECT clinician_id FROM portal.staff WHERE id = %s", staff_id)
        return found

    async def add_grant(
        self,
        client_id: UUID,
        account_id: UUID,
        areas: Iterable[Area],
        *,
        may_write: bool = False,
        starts_on: date = date(2026, 1, 1),
        until: date | None = None,
        restricted_from: date | None = None,
    ) -> UUID:
        grant_id = self.ids.new()
        self._insert(
            "grants",
            client_id=client_id,
            id=grant_id,
            account_id=account_id,
            relationship="parent",
            areas=list(areas),
            may_write=may_write,
            starts_on=starts_on,
            until=until,
            restricted_from=restricted_from,
            authorized_by_minor=False,
            granted_by=UUID(int=1),
            granted_at=self.clock.now(),
        )
        return grant_id

    async def revoke_grant(self, client_id: UUID, grant_id: UUID) -> None:
        self._run("UPDATE portal.grants SET revoked_at = %s WHERE id = %s", self.clock.now(), grant_id)

    async def set_time_zone(self, time_zone: str) -> None:
        self._run("UPDATE portal.practices SET time_zone = %s WHERE id = %s", time_zone, self.practice_id)

    async def audit(self) -> list[AuditEntry]:
        rows = self._run(
            "SELECT action, target, record, outcome, facts FROM portal.audit_entries WHERE practice_id = %s"
            " ORDER BY at, id",
            self.practice_id,
        )
        return [AuditEntry(*row) for row in rows]

    async def jobs(self) -> list[tuple[str, dict[str, UUID]]]:
        rows = self._run(
            "SELECT task_name, args - 'practice_id' FROM jobs.procrastinate_jobs"
            " WHERE args->>'practice_id' = %s AND task_name <> 'deliver_notice' ORDER BY id",
            str(self.practice_id),
        )
        return [(name, {key: UUID(value) for key, value in ids.items()}) for name, ids in rows]

    def _insert(self, table: str, **values: Any) -> None:
        columns = {"practice_id": self.practice_id, **values}
        placeholders = ", ".join(["%s"] * len(columns))
        self._run(f"INSERT INTO portal.{table} ({', '.join(columns)}) VALUES ({placeholders})", *columns.values())

    def _run(self, sql: str, *values: Any) -> list[Any]:
        cursor = self.database.owner.execute(sql.encode(), values)
        return cursor.fetchall() if cursor.description else []
