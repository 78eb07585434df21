"""What is remembered of every read of health information and every change."""

from collections.abc import Mapping
from typing import Literal, Protocol
from uuid import UUID

from attrs import field, frozen

from portal_core.kernel.errors import Forbidden, NotFound, PortalError

Outcome = Literal["done", "denied", "failed"]


@frozen
class AuditEntry:
    """One thing that was done. The unit of work adds who, when and from where.

    `action` is `noun.verb` (`appointment.booked`); `record` the client concerned, None when there is none; `facts`
    are short values that are no health information: ids, states, counts, names of fields that changed.
    """

    action: str
    target: UUID | None = None
    record: UUID | None = None
    outcome: Outcome = "done"
    facts: Mapping[str, str] = field(factory=dict)


class AuditTrail(Protocol):
    """Where entries go: committed with the unit of work, never changed after."""

    async def record(self, entry: AuditEntry) -> None:
        """Write one entry in this transaction."""
        ...


def denial(error: PortalError) -> AuditEntry | None:
    """The entry for leaving a unit of work by `error`: for all that was forbidden, or named and not found."""
    match error:
        case Forbidden():
            return AuditEntry("access.denied", outcome="denied", facts={"code": error.code})
        case NotFound(kind=kind, target_id=target_id) if kind:
            return AuditEntry("access.denied", target_id, outcome="denied", facts={"kind": kind})
        case _:
            return None
