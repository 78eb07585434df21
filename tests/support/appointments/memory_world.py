"""An in-memory practice for the contracts of appointments."""

from datetime import date
from uuid import UUID

from attrs import define, evolve, field

from adapters.memory.engine.store import MemoryBegin, MemoryStore
from adapters.memory.unit_of_work import MemoryUnitOfWork
from portal_core.accounts.model import Account
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import Notice
from portal_core.people.model import Client, ClientStatus, Clinician, Practice, StaffMember
from tests.support.clock import CountingIds, CountingTokens, FixedClock
from tests.support.contracts.appointments.world import ZONE, AppointmentsWorld


@define
class MemoryAppointmentsWorld(AppointmentsWorld):
    """An appointments world in memory. It writes people straight into the tables that the accounts adapters use."""

    clock: FixedClock = field(factory=FixedClock)
    ids: CountingIds = field(factory=lambda: CountingIds(1))
    tokens: CountingTokens = field(factory=CountingTokens)
    store: MemoryStore = field(init=False)
    begin: MemoryBegin = field(init=False)  # type: ignore[assignment]
    practice_id: UUID = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._seed(MemoryStore(self.clock))

    def _seed(self, store: MemoryStore) -> None:
        self.store = store
        self.begin = MemoryBegin(store, MemoryUnitOfWork)
        self.practice_id = self.ids.new()
        practice = Practice(self.practice_id, f"p{self.practice_id}", "Elm Street", ZONE, self.clock.now())
        store.table("practices")[self.practice_id] = practice

    async def other_practice(self) -> "MemoryAppointmentsWorld":
        other = MemoryAppointmentsWorld(self.clock, self.ids, self.tokens)
        other._seed(self.store)
        return other

    async def add_clinician(
        self,
        name: str = "Dr. Grey",
        *,
        credentials: str | None = None,
        active: bool = True,
        room_link: str | None = None,
    ) -> UUID:
        one = Clinician(self.ids.new(), self.practice_id, name, credentials, room_link=room_link, active=active)
        self.store.table("clinicians")[self.practice_id, one.id] = one
        return one.id

    def use_clinician_rooms(self) -> None:
        self.store.needs_clinician_link = True

    async def add_clinician_account(self, clinician_id: UUID) -> UUID:
        ids, email = (self.ids.new(), self.practice_id), f"{clinician_id}@elm.test"
        member = StaffMember(*ids, "Grey", email, frozenset({"clinician"}), clinician_id)
        account = Account(
            self.ids.new(),
            self.practice_id,
            member.email,
            "staff",
            self.clock.now(),
            staff_id=member.id,
            status="active",
        )
        self.store.table("staff")[self.practice_id, member.id] = member
        self.store.table("accounts")[self.practice_id, account.id] = account
        return account.id

    async def add_client(
        self, *, given: str = "Ann", family: str = "Lee", chosen: str | None = None, pronouns: str | None = None
    ) -> UUID:
        one = Client(
            self.ids.new(),
            self.practice_id,
            given,
            family,
            date(1990, 1, 1),
            self.clock.now(),
            chosen_name=chosen,
            pronouns=pronouns,
        )
        self.store.table("clients")[self.practice_id, one.id] = one
        return one.id

    async def set_status(self, client_id: UUID, status: ClientStatus) -> None:
        rows = self.store.table("clients")
        rows[self.practice_id, client_id] = evolve(rows[self.practice_id, client_id], status=status)

    async def join_care_team(self, client_id: UUID, clinician_id: UUID) -> None:
        self.store.table("care_team")[self.practice_id, client_id, clinician_id] = True

    async def jobs(self, name: str) -> list[dict[str, UUID]]:
        return [ids for job, ids in self.store.jobs if job == name]

    async def notices(self) -> list[Notice]:
        return self.store.notices

    async def audit(self) -> list[AuditEntry]:
        return [row.entry for row in self.store.audit if row.practice_id == self.practice_id]
