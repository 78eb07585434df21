"""Writes audit entries together at the end of their transaction."""

from typing import Any

from adapters.postgres.engine.columns import insert_all
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.tables import audit_entries
from adapters.postgres.engine.transaction import Transaction
from portal_core.kernel.actor import ClientActor, ProxyActor, StaffActor, SystemActor
from portal_core.kernel.audit import AuditEntry

ADD_ENTRY = statement("audit.add", insert_all(audit_entries))
_KINDS = {ClientActor: "client", ProxyActor: "proxy", StaffActor: "staff", SystemActor: "system"}


def _values(tx: Transaction, entry: AuditEntry) -> dict[str, Any]:
    actor = tx.actor
    return {
        "practice_id": actor.practice_id,
        "at": tx.clock.now(),
        "id": tx.ids.new(),
        "actor_kind": _KINDS.get(type(actor), "visitor"),
        "account_id": getattr(actor, "account_id", None),
        "job": getattr(actor, "job", None),
        "grant_id": getattr(actor, "grant_id", None),
        "record": entry.record,
        "action": entry.action,
        "target": entry.target,
        "outcome": entry.outcome,
        "facts": dict(entry.facts),
        "address": actor.origin.address,
        "device": actor.origin.device,
        "request_id": actor.origin.request_id,
    }


async def write_entries(tx: Transaction) -> None:
    """Write the entries that the transaction collected."""
    entries, tx.entries = tx.entries, []
    if len(entries) == 1:
        await tx.connection.execute(ADD_ENTRY.sql, *ADD_ENTRY.arguments(_values(tx, entries[0])))
    elif entries:
        await tx.connection.executemany(ADD_ENTRY.sql, [ADD_ENTRY.arguments(_values(tx, e)) for e in entries])
