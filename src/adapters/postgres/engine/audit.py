"""Audit entries as rows: one statement writes any number of them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, column, func, insert, select
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.engine.columns import Uuid
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.tables import audit_entries
from portal_core.kernel.actor import Actor, ClientActor, ProxyActor, StaffActor, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.sources import Clock, IdSource

_KINDS = {ClientActor: "client", ProxyActor: "proxy", StaffActor: "staff", SystemActor: "system"}
_NOT_GIVEN = ("practice_id", "recorded_at")
_rows = (
    func.jsonb_to_recordset(bindparam("entries", type_=JSONB))
    .table_valued(*(column(one.name, one.type) for one in audit_entries.c if one.name not in _NOT_GIVEN))
    .render_derived(name="entry", with_types=True)
)


def add_entries(*more: Any) -> Any:
    """The insert of the JSON array `entries`; `more` is what it also reads."""
    rows = select(bindparam("practice_id", type_=Uuid), *_rows.c).select_from(_rows, *more)
    return insert(audit_entries).from_select(["practice_id", *_rows.c.keys()], rows)


ADD_ENTRIES = statement("audit.add", add_entries())


def entry_rows(actor: Actor, entries: Iterable[AuditEntry], clock: Clock, ids: IdSource) -> list[dict[str, Any]]:
    """The value of the parameter `entries`: who did what, when and from where."""
    now = clock.now()
    return [
        {
            "at": now,
            "id": ids.new(),
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
        for entry in entries
    ]
