"""Read models of proxy access."""

from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from attrs import asdict, field, frozen

from portal_core.access.model import Grant, Relationship, ordered
from portal_core.kernel.actor import AREAS, Area


@frozen
class GrantView:
    """A proxy's access. `areas` are open today, empty when it is not in force; `until` is the first day without access.

    `granted_areas` is what was granted, including areas that the child's age has since closed.
    """

    id: UUID
    client_id: UUID
    account_id: UUID
    relationship: Relationship
    areas: tuple[Area, ...]
    granted_areas: tuple[Area, ...]
    may_write: bool
    starts_on: date
    until: date | None
    restricted_from: date | None
    authorized_by_minor: bool
    in_force: bool
    granted_at: datetime
    revoked_at: datetime | None
    ended_at: datetime | None
    version: int

    @classmethod
    def of(cls, grant: Grant, today: date) -> "GrantView":
        return cls(
            id=grant.id,
            client_id=grant.client_id,
            account_id=grant.account_id,
            relationship=grant.relationship,
            areas=ordered(grant.areas_today(today)),
            granted_areas=ordered(grant.areas),
            may_write=grant.may_write,
            starts_on=grant.starts_on,
            until=grant.until,
            restricted_from=grant.restricted_from,
            authorized_by_minor=grant.authorized_by_minor,
            in_force=grant.in_force(today),
            granted_at=grant.granted_at,
            revoked_at=grant.revoked_at,
            ended_at=grant.ended_at,
            version=grant.version,
        )


@frozen
class GrantHolderView:
    """Who holds a grant: the email with which they sign in, and the name by which the practice calls them.

    Both are null once their account is closed. The name is that of a holder who is a client too; the practice keeps no
    name of other proxies.
    """

    email: str | None = None
    name: str | None = None


@frozen
class ListedGrantView(GrantView):
    """A proxy's access with its holder, whom only staff see."""

    holder: GrantHolderView = field(factory=GrantHolderView)

    @classmethod
    def with_holder(cls, grant: Grant, today: date, holder: GrantHolderView) -> "ListedGrantView":
        return cls(**asdict(GrantView.of(grant, today), recurse=False), holder=holder)


class Named(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def display_name(self) -> str: ...


@frozen
class RecordView:
    """A record that the account may act on; `client_id` is the value for the `Portal-Client` header.

    `relationship` is None for the account's own record, which opens every area and has no last day.
    """

    client_id: UUID
    name: str
    relationship: Relationship | None
    areas: tuple[Area, ...]
    may_write: bool
    until: date | None

    @classmethod
    def own(cls, client: "Named") -> "RecordView":
        return cls(client.id, client.display_name, None, AREAS, True, None)

    @classmethod
    def granted(cls, grant: Grant, name: str, today: date) -> "RecordView":
        areas = ordered(grant.areas_today(today))
        return cls(grant.client_id, name, grant.relationship, areas, grant.may_write, grant.until)
