"""The appointment contracts' practice, stored in PostgreSQL."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from attrs import define, field

from adapters.postgres.engine.base_unit import PostgresBegin
from portal_core.kernel.actor import ClientActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import Notice
from portal_core.people.model import ClientStatus
from tests.support.clock import CountingIds, CountingTokens, FixedClock
from tests.support.contracts.appointments.world import AppointmentsWorld
from tests.support.engine.postgres import PortalDatabase


@define
class PostgresAppointmentsWorld(AppointmentsWorld):
    """An appointments world on PostgreSQL. Ids count up, so rows can be read in the order they were written."""

    database: PortalDatabase
    practice_id: UUID
    clock: FixedClock = field(factory=FixedClock)
    ids: CountingIds = field(factory=lambda: CountingIds(uuid4().int >> 64))
    tokens: CountingTokens = field(factory=CountingTokens)
    begin: PostgresBegin = field(init=False)  # type: ignore[assignment]

    def __attrs_post_init__(self) -> None:
        self.begin = self.database.begin_with(self.clock, self.ids)

    @classmethod
    async def create(cls, database: PortalDatabase) -> "PostgresAppointmentsWorld":
        """Create a fresh practice in the database."""
        return cls(database, await database.practice())

    async def other_practice(self) -> "PostgresAppointmentsWorld":
        return PostgresAppointmentsWorld(self.database, await self.database.practice(), self.clock)

    async def add_clinician(
        self,
        name: str = "Dr. Grey",
        *,
        credentials: str | None = None,
        active: bool = True,
        room_link: str | None = None,
    ) -> UUID:
        one = await self.database.clinician(self.practice_id, name=name)
        self.database.owner.execute(
            "UPDATE portal.clinicians SET credentials = %s, active = %s, room_link = %s"
            " WHERE practice_id = %s AND id = %s",
            (credentials or "", active, room_link, self.practice_id, one),
        )
        return one

    def use_clinician_rooms(self) -> None:
        self.begin.needs_clinician_link = True

    async def add_clinician_account(self, clinician_id: UUID) -> UUID:
        staff_id, account_id = self.ids.new(), self.ids.new()
        now = datetime(2026, 1, 1, tzinfo=UTC)
        self.database.owner.execute(
            "INSERT INTO portal.staff (practice_id, id, name, email, email_key, roles, clinician_id, active)"
            " VALUES (%s, %s, 'Grey', %s, %s, '{clinician}', %s, true)",
            (self.practice_id, staff_id, f"{staff_id}@elm.test", f"{staff_id}@elm.test", clinician_id),
        )
        self.database.owner.execute(
            "INSERT INTO portal.accounts (practice_id, id, side, email, kind, staff_id, status, second_factor,"
            " created_at) VALUES (%s, %s, 'practice', %s, 'staff', %s, 'active', 'none', %s)",
            (self.practice_id, account_id, f"{staff_id}@elm.test", staff_id, now),
        )
        return account_id

    async def add_account(self, client: ClientActor) -> None:
        """The account of a client who acts, which notices are sent to."""
        self.database.owner.execute(
            "INSERT INTO portal.accounts (practice_id, id, side, email, kind, client_id, status, second_factor,"
            " created_at) VALUES (%s, %s, 'portal', %s, 'client', %s, 'active', 'none', %s)",
            (
                self.practice_id,
                client.account_id,
                f"{client.client_id}@client.test",
                client.client_id,
                datetime(2026, 1, 1, tzinfo=UTC),
            ),
        )

    async def add_client(
        self, *, given: str = "Ann", family: str = "Lee", chosen: str | None = None, pronouns: str | None = None
    ) -> UUID:
        one = await self.database.client(self.practice_id, given=given, family=family)
        if (chosen, pronouns) != (None, None):
            self.database.owner.execute(
                "UPDATE portal.clients SET chosen_name = %s, pronouns = %s WHERE practice_id = %s AND id = %s",
                (chosen, pronouns, self.practice_id, one),
            )
        return one

    async def set_status(self, client_id: UUID, status: ClientStatus) -> None:
        self.database.owner.execute(
            "UPDATE portal.clients SET status = %s WHERE practice_id = %s AND id = %s",
            (status, self.practice_id, client_id),
        )

    async def join_care_team(self, client_id: UUID, clinician_id: UUID) -> None:
        await self.database.assign(self.practice_id, client_id, clinician_id)

    async def jobs(self, name: str) -> list[dict[str, UUID]]:
        rows = self.database.owner.execute(
            "SELECT args - 'practice_id' FROM jobs.procrastinate_jobs"
            " WHERE task_name = %s AND args->>'practice_id' = %s ORDER BY id",
            (name, str(self.practice_id)),
        )
        return [{name: UUID(value) for name, value in row[0].items()} for row in rows]

    async def notices(self) -> list[Notice]:
        rows = self.database.owner.execute(
            "SELECT kind, notice_class, to_account, to_client, subject_id, deduplication_key FROM portal.notices"
            " WHERE practice_id = %s ORDER BY id",
            (self.practice_id,),
        )
        return [Notice(*row) for row in rows]

    async def audit(self) -> list[AuditEntry]:
        rows = self.database.owner.execute(
            "SELECT action, target, record, outcome, facts FROM portal.audit_entries"
            " WHERE practice_id = %s ORDER BY id",
            (self.practice_id,),
        )
        return [AuditEntry(*row) for row in rows]
