"""A practice in memory."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from attrs import define, evolve, field

from adapters.memory.accounts.live_sessions import MemoryLiveSessions
from adapters.memory.engine.store import MemoryBegin, MemoryStore
from adapters.memory.unit_of_work import MemoryUnitOfWork
from portal_core.access.model import Grant
from portal_core.kernel.actor import Area, Role
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import Notice
from portal_core.people.model import Client, Practice, StaffMember
from tests.support.clock import CountingIds, FixedClock
from tests.support.contracts.accounts.world import DATE_OF_BIRTH, AccountsWorld


@define
class MemoryAccountsWorld(AccountsWorld):
    """Inserts rows of people directly into the tables."""

    clock: FixedClock = field(factory=FixedClock)
    ids: CountingIds = field(factory=CountingIds)
    store: MemoryStore = field(init=False)
    begin: MemoryBegin = field(init=False)
    live: MemoryLiveSessions = field(init=False)
    practice_id: UUID = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._seed(MemoryStore(self.clock))

    def _seed(self, store: MemoryStore) -> None:
        self.store = store
        self.begin = MemoryBegin(store, MemoryUnitOfWork)
        self.live = MemoryLiveSessions(store)
        self.practice_id = self.ids.new()
        slug = f"p{self.practice_id}"
        practice = Practice(self.practice_id, slug, "Elm Street", "America/New_York", self.clock.now())
        store.table("practices")[self.practice_id] = practice

    async def other_practice(self) -> "MemoryAccountsWorld":
        other = MemoryAccountsWorld(self.clock, self.ids)
        other._seed(self.store)
        return other

    async def add_client(
        self,
        email: str = "",
        *,
        date_of_birth: date = DATE_OF_BIRTH,
        names: tuple[str, str, str | None] = ("Ann", "Lee", None),
        status: str = "active",
    ) -> UUID:
        given, family, chosen = names
        client = Client(self.ids.new(), self.practice_id, given, family, date_of_birth, self.clock.now())
        return self._put("clients", evolve(client, chosen_name=chosen, email=email or None, status=status))

    async def add_staff(
        self,
        email: str,
        roles: Iterable[Role] = ("front_desk",),
        *,
        sees_clients: bool = False,
        active: bool = True,
        name: str = "Sam Wu",
    ) -> UUID:
        clinician_id = self.ids.new() if sees_clients else None
        member = StaffMember(self.ids.new(), self.practice_id, name, email, frozenset(roles), clinician_id)
        return self._put("staff", evolve(member, active=active))

    async def clinician_of(self, staff_id: UUID) -> UUID | None:
        found: UUID | None = self.store.table("staff")[self.practice_id, staff_id].clinician_id
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
        grant = Grant(
            id=self.ids.new(),
            practice_id=self.practice_id,
            client_id=client_id,
            account_id=account_id,
            relationship="parent",
            areas=frozenset(areas),
            may_write=may_write,
            starts_on=starts_on,
            granted_by=UUID(int=1),
            granted_at=self.clock.now(),
            until=until,
            restricted_from=restricted_from,
        )
        return self._put("grants", grant)

    async def revoke_grant(self, client_id: UUID, grant_id: UUID) -> None:
        rows = self.store.table("grants")
        rows[self.practice_id, grant_id] = rows[self.practice_id, grant_id].revoke(self.clock.now())

    async def set_time_zone(self, time_zone: str) -> None:
        rows = self.store.table("practices")
        rows[self.practice_id] = evolve(rows[self.practice_id], time_zone=time_zone)

    async def audit(self) -> list[AuditEntry]:
        return [row.entry for row in self.store.audit if row.practice_id == self.practice_id]

    async def jobs(self) -> list[tuple[str, dict[str, UUID]]]:
        rows = self.store.table("jobs").items()
        return [job for (owner, _), job in rows if owner == self.practice_id and job[0] != "deliver_notice"]

    @property
    def notices(self) -> list[Notice]:
        return self.store.notices

    def _put(self, table: str, row: Any) -> UUID:
        self.store.table(table)[self.practice_id, row.id] = row
        found: UUID = row.id
        return found
