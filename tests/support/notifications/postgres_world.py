"""A practice in PostgreSQL for the contracts of notifications."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from attrs import define, field

from adapters.postgres.engine.base_unit import PostgresBegin
from portal_core.kernel.actor import Area
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.time_zones import zone_info
from tests.support.clock import CountingIds, FixedClock
from tests.support.contracts.notifications.world import NotificationsWorld
from tests.support.engine.postgres import PortalDatabase


@define
class PostgresNotificationsWorld(NotificationsWorld):
    """Rows of people and appointments are written by the owner, past row-level security. Ids rise as they are made."""

    database: PortalDatabase
    practice_id: UUID
    clock: FixedClock = field(factory=FixedClock)
    ids: CountingIds = field(factory=lambda: CountingIds(uuid4().int >> 64))
    begin: PostgresBegin = field(init=False)  # type: ignore[assignment]

    def __attrs_post_init__(self) -> None:
        self.begin = self.database.begin_with(self.clock, self.ids)

    @classmethod
    async def open(cls, database: PortalDatabase) -> "PostgresNotificationsWorld":
        """A fresh practice."""
        return cls(database, await database.practice())

    async def other_practice(self) -> "PostgresNotificationsWorld":
        return PostgresNotificationsWorld(self.database, await self.database.practice(), self.clock, self.ids)

    async def add_client(self, *, email: str = "", time_zone: str | None = None, language: str | None = None) -> UUID:
        client_id = await self.database.client(self.practice_id, email=email or None)
        self._run(
            "UPDATE portal.clients SET time_zone = %s, language = %s WHERE id = %s", time_zone, language, client_id
        )
        return client_id

    async def set_practice_contact(self, phone: str, address: str) -> None:
        self._run(
            "UPDATE portal.practices SET phone = %s, address = %s WHERE id = %s", phone, address, self.practice_id
        )

    async def add_account(self, email: str, *, client_id: UUID | None = None, status: str = "active") -> UUID:
        return self._insert(
            "accounts",
            side="portal",
            email=email,
            kind="client" if client_id else "proxy",
            client_id=client_id,
            status=status,
            second_factor="none",
            created_at=self.clock.now(),
            closed_at=self.clock.now() if status == "closed" else None,
        )

    async def add_grant(
        self, client_id: UUID, account_id: UUID, areas: Iterable[Area], *, until: date | None = None
    ) -> None:
        now = self.clock.now()
        self._insert(
            "grants",
            client_id=client_id,
            account_id=account_id,
            relationship="parent",
            areas=list(areas),
            may_write=True,
            starts_on=now.date() - timedelta(days=1),
            until=until,
            authorized_by_minor=False,
            granted_by=account_id,
            granted_at=now,
        )

    async def add_appointment(self, client_id: UUID, starts_at: datetime) -> UUID:
        clinician_id = await self.database.clinician(self.practice_id)
        # The kind of appointment does not matter here, so there is none to refer to.
        self._run("SET session_replication_role = replica")
        appointment_id = self._insert(
            "appointments",
            clinician_id=clinician_id,
            appointment_type_id=uuid4(),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=50),
            time_zone="America/New_York",
            local_starts_at=starts_at.astimezone(zone_info("America/New_York")).replace(tzinfo=None),
            attending=1,
            booked_at=self.clock.now(),
            changed_at=self.clock.now(),
            shared=False,
            status="booked",
            room="",
            sequence=0,
        )
        self._run("SET session_replication_role = origin")
        self._run(
            "INSERT INTO portal.attendances (practice_id, client_id, appointment_id, starts_at, status, cancelled_late,"
            " sequence)"
            " VALUES (%s, %s, %s, %s, 'attending', false, 0)",
            *(self.practice_id, client_id, appointment_id, starts_at),
        )
        return appointment_id

    async def cancel_appointment(self, client_id: UUID, appointment_id: UUID) -> None:
        self._run(
            "UPDATE portal.attendances AS part SET status = 'cancelled', left_ends_at = one.ends_at,"
            " left_time_zone = one.time_zone, left_clinician_id = one.clinician_id FROM portal.appointments AS one"
            " WHERE one.id = part.appointment_id AND part.client_id = %s AND part.appointment_id = %s",
            *(client_id, appointment_id),
        )

    async def add_invitation(self, client_id: UUID, expires_at: datetime, *, state: str = "open") -> None:
        self._insert(
            "invitations",
            kind="client",
            email="record@example.org",
            email_key="record@example.org",
            client_id=client_id,
            state=state,
            attempts=0,
            created_at=self.clock.now(),
            expires_at=expires_at,
        )

    async def add_email_change(self, account_id: UUID, old: str, new: str) -> UUID:
        return self._insert(
            "email_changes",
            account_id=account_id,
            former_email=old,
            new_email=new,
            attempts=0,
            state="completed",
            created_at=self.clock.now(),
            expires_at=self.clock.now(),
        )

    async def jobs(self) -> list[tuple[str, dict[str, UUID]]]:
        rows = self._run(
            "SELECT task_name, args - 'practice_id' FROM jobs.procrastinate_jobs WHERE args->>'practice_id' = %s"
            " ORDER BY id",
            str(self.practice_id),
        )
        return [(name, {key: UUID(value) for key, value in ids.items()}) for name, ids in rows]

    async def audit(self) -> list[AuditEntry]:
        rows = self._run(
            "SELECT action, target, record, outcome, facts FROM portal.audit_entries WHERE practice_id = %s"
            " ORDER BY at, id",
            self.practice_id,
        )
        return [AuditEntry(*row) for row in rows]

    def _insert(self, table: str, **values: Any) -> UUID:
        row_id = self.ids.new()
        columns = {"practice_id": self.practice_id, "id": row_id, **values}
        places = ", ".join(["%s"] * len(columns))
        self._run(f"INSERT INTO portal.{table} ({', '.join(columns)}) VALUES ({places})", *columns.values())
        return row_id

    def _run(self, sql: str, *values: Any) -> list[Any]:
        cursor = self.database.owner.execute(sql.encode(), values)
        return cursor.fetchall() if cursor.description else []
