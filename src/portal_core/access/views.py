"""Split off."""

from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from attrs import frozen

from portal_core.access.model import Grant, Relation, ordered
from portal_core.kernel.actor import AREAS, Area


@frozen
class GrantView:
    """A proxy's access. `areas` is what it opens today, nothing when it is not in force; `until` the first day without.

    `granted_areas` is what was granted, also where the child's age has closed some of it.
    """

    id: UUID
    client_id: UUID
    account_id: UUID
    relation: Relation
    areas: tuple[Area, ...]
    granted_areas: tuple[Area, ...]
    may_write: bool
    starts: date
    until: date | None
    narrows_on: date | None
    authorised_by_minor: bool
    in_force: bool
    decided_at: datetime
    revoked_at: datetime | None
    ended_at: datetime | None
    version: int

    @classmethod
    def of(cls, grant: Grant, today: date) -> "GrantView":
        return cls(
            id=grant.id,
            client_id=grant.client_id,
            account_id=grant.account_id,
            relation=grant.relation,
            areas=ordered(grant.areas_today(today)),
            granted_areas=ordered(grant.areas),
            may_write=grant.may_write,
            starts=grant.starts,
            until=grant.until,
            narrows_on=grant.narrows_on,
            authorised_by_minor=grant.authorised_by_minor,
            in_force=grant.in_force(today),
            decided_at=grant.decided_at,
            revoked_at=grant.revoked_at,
            ended_at=grant.ended_at,
            version=grant.version,
        )


class Named(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def shown_name(self) -> str: ...


@frozen
class RecordView:
    """A record that the account may act on, as the `Portal-Client` header names it (`client_id`).

    `relation` is None for one's own, which has every area and no last day.
    """

    client_id: UUID
    name: str
    relation: Relation | None
    areas: tuple[Area, ...]
    may_write: bool
    until: date | None

    @classmethod
    def own(cls, client: "Named") -> "RecordView":
        return cls(client.id, client.shown_name, None, AREAS, True, None)

    @classmethod
    def granted(cls, grant: Grant, name: str, today: date) -> "RecordView":
        areas = ordered(grant.areas_today(today))
        return cls(grant.client_id, name, grant.relation, areas, grant.may_write, grant.until)
