"""Which proxies may see an area of a client's record: the one rule by which every feature decides whom to notify."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from portal_core.access.ports import GrantPractices, Grants
from portal_core.kernel.actor import Area


class AudienceUnit(Protocol):
    """What `audience` reads from a unit of work."""

    @property
    def grants(self) -> Grants: ...
    @property
    def practice_record(self) -> GrantPractices: ...


async def audience(unit: AudienceUnit, client_id: UUID, area: Area, now: datetime) -> tuple[UUID, ...]:
    """The account ids of the proxies who may see `area` of this client today, each once, in ascending order.

    Today is the practice's local date at `now`. Accounts may be closed since: a grant does not tell. Only staff and
    jobs see all grants, so the unit must be theirs.
    """
    active = [grant for grant in await unit.grants.list_for_client(client_id) if grant.is_active]
    if not active:
        return ()  # Most clients have no proxy, and need no look at the practice.
    today = (await unit.practice_record.get()).today(now)
    return tuple(sorted({grant.account_id for grant in active if area in grant.areas_today(today)}))
