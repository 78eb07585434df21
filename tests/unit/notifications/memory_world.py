"""A practice in memory."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from attrs import define, evolve, field

from adapters.memory.engine.store import MemoryBegin, MemoryStore
from adapters.memory.unit_of_work import MemoryUnitOfWork
from portal_core.access.model import Grant
from portal_core.accounts.email_change import EmailChange
from portal_core.accounts.invitations import Invitation
from portal_core.accounts.model import Account
from portal_core.appointments.attendance import Attendance
from portal_core.appointments.model import Appointment
from portal_core.kernel.actor import Area
from portal_core.kernel.audit import AuditEntry
from portal_core.people.model import Client, Practice
from tests.support.clock import CountingIds, FixedClock
from tests.support.contracts.notifications.world import NotificationsWorld


@define
class MemoryNotificationsWorld(NotificationsWorld):
    """Rows are put where the accounts' and appointments' adapters keep theirs."""

    clock: FixedClock = field(factory=FixedClock)
    # Above the ids that the outbox makes, so that those made later sort later.
    ids: CountingIds = field(factory=lambda: CountingIds(1 << 63))
    store: MemoryStore = field(init=False)
    begin: MemoryBegin = field(init=False)  # type: ignore[assignment]
    practice_id: UUID = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._seed(MemoryStore(self.clock))

    def _seed(self, store: MemoryStore) -> None:
        self.store = store
        self.begin = MemoryBegin(store, MemoryUnitOfWork)
        self.practice_id = self.ids.new()
        practice = Practice(
            self.practice_id, f"p{self.practice_id}", "Elm Street", "America/New_York", self.clock.now()
        )
        store.table("practices")[self.practice_id] = practice

    async def other_practice(self) -> "MemoryNotificationsWorld":
        other = MemoryNotificationsWorld(self.clock, self.ids)
        other._seed(self.store)
        return other

    async def add_client(self, *, email: str = "", time_zone: str | None = None, language: str | None = None) -> UUID:
        client_id = self.ids.new()
        client = Client(client_id, self.practice_id, "Ann", "Lee", date(1990, 1, 1), self.clock.now())
        self._put("clients", evolve(client, email=email or None, time_zone=time_zone, language=language))
        return client_id

    async def set_practice_contact(self, phone: str, address: str) -> None:
        practices = self.store.table("practices")
        practices[self.practice_id] = evolve(practices[self.practice_id], phone=phone, address=address)

    async def add_account(self, email: str, *, client_id: UUID | None = None, status: str = "active") -> UUID:
        account_id = self.ids.new()
        kind = "client" if client_id else "proxy"
        account = Account(account_id, self.practice_id, email, kind, self.clock.now(), client_id, status=status)  # type: ignore[arg-type]
        self._put("accounts", account)
        return account_id

    async def add_grant(
        self, client_id: UUID, account_id: UUID, areas: Iterable[Area], *, until: date | None = None
    ) -> None:
        now = self.clock.now()
        self._put(
            "grants",
            Grant(
                self.ids.new(),
                self.practice_id,
                client_id,
                account_id,
                "parent",
                frozenset(areas),
                True,
                now.date() - timedelta(days=1),
                UUID(int=1),
                now,
                until,
            ),
        )

    async def add_appointment(self, client_id: UUID, starts_at: datetime) -> UUID:
        now, appointment_id = self.clock.now(), self.ids.new()
        appointment = Appointment(
            id=appointment_id,
            practice_id=self.practice_id,
            clinician_id=UUID(int=2),
            appointment_type_id=UUID(int=3),
            location_id=None,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=50),
            time_zone="America/New_York",
            calendar_entry_id=UUID(int=4),
            attending=1,
            booked_at=now,
            changed_at=now,
        )
        part = Attendance(appointment_id=appointment_id, practice_id=self.practice_id, client_id=client_id)
        self._put("appointments", appointment)
        self.store.table("attendances")[(self.practice_id, appointment_id, client_id)] = part
        return appointment_id

    async def cancel_appointment(self, client_id: UUID, appointment_id: UUID) -> None:
        parts = self.store.table("attendances")
        key = (self.practice_id, appointment_id, client_id)
        left = self.store.table("appointments")[self.practice_id, appointment_id].occasion
        parts[key] = parts[key].cancel("client", left, at=self.clock.now(), reason=None)

    async def add_invitation(self, client_id: UUID, expires_at: datetime, *, state: str = "open") -> None:
        invitation = Invitation(
            id=self.ids.new(),
            practice_id=self.practice_id,
            kind="client",
            email="record@example.org",
            created_at=self.clock.now(),
            expires_at=expires_at,
            client_id=client_id,
            state=state,  # type: ignore[arg-type]
        )
        self._put("invitations", invitation)

    async def add_email_change(self, account_id: UUID, old: str, new: str) -> UUID:
        now, change_id = self.clock.now(), self.ids.new()
        self._put(
            "email_changes", EmailChange(change_id, self.practice_id, account_id, old, new, now, now, "completed")
        )
        return change_id

    async def jobs(self) -> list[tuple[str, dict[str, UUID]]]:
        rows = self.store.table("notice_rows")
        return [(name, ids) for name, ids in self.store.jobs if (self.practice_id, ids["notice_id"]) in rows]

    async def audit(self) -> list[AuditEntry]:
        return [row.entry for row in self.store.audit if row.practice_id == self.practice_id]

    def _put(self, table: str, row: object) -> None:
        self.store.table(table)[(self.practice_id, row.id)] = row  # type: ignore[attr-defined]
