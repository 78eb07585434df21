"""Audit entries for deliveries: the outcome and the channel, never the address or the text."""

from typing import Final

from portal_core.kernel.audit import AuditEntry
from portal_core.notifications.model import NoticeDelivery, NoticeState

_ACTIONS: Final[dict[NoticeState, str]] = {
    "queued": "notice.delayed",
    "sending": "notice.planned",
    "sent": "notice.sent",
    "dropped": "notice.dropped",
    "uncertain": "notice.uncertain",
    "dead": "notice.given_up",
}


def delivery_entry(row: NoticeDelivery) -> AuditEntry:
    """Return the entry for the delivery's current state."""
    facts = {
        "kind": row.kind,
        "channel": row.channel or "",
        "attempt": str(row.attempt),
        "failure_reason": row.failure_reason or "",
    }
    failed = row.state in ("queued", "uncertain", "dead")
    return AuditEntry(
        _ACTIONS[row.state],
        row.id,
        record=row.to_client,
        outcome="failed" if failed else "done",
        facts={name: value for name, value in facts.items() if value},
    )
