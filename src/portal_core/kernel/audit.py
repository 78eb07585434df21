"""The audit log: an entry for every read of health information and every change."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, Protocol
from uuid import UUID

from attrs import field, frozen

from portal_core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, PortalError

Outcome = Literal["done", "denied", "failed"]


@frozen
class AuditEntry:
    """One action. The unit of work adds the actor, the time and the origin.

    `action` is `noun.verb` (`appointment.booked`); `record` is the client concerned, or None. `facts` are short values
    without health information: ids, states, counts, names of changed fields.
    """

    action: str
    target: UUID | None = None
    record: UUID | None = None
    outcome: Outcome = "done"
    facts: Mapping[str, str] = field(factory=dict)


class AuditTrail(Protocol):
    """Writes audit entries. They are committed with the unit of work and never changed afterwards."""

    async def record(self, entry: AuditEntry) -> None:
        """Write one entry in this transaction."""
        ...


def denial(error: PortalError) -> AuditEntry | None:
    """Return the entry to write when `error` leaves a unit of work.

    None unless the error is `Forbidden`, a `NotFound` that names a kind, or one with an `audit_action`.
    """
    match error:
        case Forbidden():
            return AuditEntry("access.denied", outcome="denied", facts={"code": error.code})
        case NotFound(kind=kind, target_id=target_id) if kind:
            return AuditEntry("access.denied", target_id, outcome="denied", facts={"kind": kind})
        case PortalError(audit_action=action, audit_record=record) if action:
            facts = {} if record is None else {"code": error.code}
            return AuditEntry(action, record=record, outcome="failed", facts=facts)
        case _:
            return None


@contextmanager
def audit_refusals(action: str, record: UUID) -> Iterator[None]:
    """Have a `Conflict` or `Invalid` that leaves this block and the unit audited: on this record, with its code.

    For what staff try on a client's record, where the refusal itself tells them something about the client.
    """
    try:
        yield
    except (Conflict, Invalid) as error:
        error.audit_action, error.audit_record = action, record
        raise
