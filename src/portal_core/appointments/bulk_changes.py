"""Changes of many booked appointments in one step, each to its next version. Clients are told once, however many."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.appointments.conflicts import MAX_CONFLICTS
from portal_core.appointments.model import Appointment, CalendarEntry
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.wall_clock import DAY, Span
from portal_core.appointments.settings import Clinician
from portal_core.kernel.actor import Actor, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.notices import APPOINTMENTS_CHANGED


@frozen
class BulkChange:
    """The appointments that were changed, in their new state, and those that stayed as they were; by start.

    `clients` has who attends each that was changed.
    """

    changed: tuple[Appointment, ...] = ()
    conflicts: tuple[Appointment, ...] = ()
    clients: Mapping[UUID, Sequence[UUID]] = field(factory=dict)


def first_ids(appointments: Iterable[Appointment]) -> tuple[UUID, ...]:
    """The ids of the first 1,000."""
    return tuple(one.id for one in appointments)[:MAX_CONFLICTS]


async def change_appointments(
    unit: AppointmentUnit,
    actor: Actor,
    booked: Sequence[Appointment],
    change: Callable[[Appointment], Appointment],
    clinicians: Mapping[UUID, Clinician],
    now: datetime,
) -> BulkChange:
    """Change booked appointments that have not started, and their calendar entries, and notify who has part in them.

    One that would begin in the past, or at a time at which its clinician is busy, stays as it is, at its old time. The
    clinicians must be locked. Buffers and hours do not count.
    """
    pairs = [(one, change(one)) for one in booked]
    moves = [(old, new) for old, new in pairs if _reserved(old) != _reserved(new)]
    entries = await _entries(unit, moves, now)
    refused = _refused(moves, entries.values(), now)
    changed = tuple(new for old, new in pairs if old.id not in refused)
    moved = [
        evolve(
            entries[new.calendar_entry_id],
            clinician_id=new.clinician_id,
            starts_at=new.starts_at,
            ends_at=new.ends_at,
        )
        for old, new in moves
        if old.id not in refused and new.calendar_entry_id is not None
    ]
    if moved:
        await unit.calendar.change_all(moved)
    clients: Mapping[UUID, Sequence[UUID]] = {}
    if changed:
        clients = await unit.appointments.clients_of([one.id for one in changed])
        former = [old for old, _ in moves if old.id not in refused]
        audit_entries = (
            AuditEntry("appointment.moved_in_bulk", old.id, record=client_id)
            for old in former
            for client_id in clients[old.id]
        )
        await unit.appointments.save_all(changed, *audit_entries)
        await _notify(unit, actor, changed, former, clients, clinicians)
    return BulkChange(changed, tuple(old for old, _ in pairs if old.id in refused), clients)


def _reserved(one: Appointment) -> tuple[UUID, datetime, datetime]:
    return one.clinician_id, one.starts_at, one.ends_at


async def _notify(
    unit: AppointmentUnit,
    actor: Actor,
    changed: Sequence[Appointment],
    moved: Sequence[Appointment],
    clients: Mapping[UUID, Sequence[UUID]],
    clinicians: Mapping[UUID, Clinician],
) -> None:
    """Notify each client and each clinician once, unless the clinician is the actor. `moved` is as it was before."""
    latest_first = sorted(changed, key=lambda one: (one.starts_at, one.id), reverse=True)
    next_of_clients = {client_id: one for one in latest_first for client_id in clients[one.id]}
    for client_id, one in sorted(next_of_clients.items()):
        key = _key(one, client_id)
        notice = APPOINTMENTS_CHANGED.to_client(client_id, subject_id=one.id, deduplication_key=key)
        await unit.outbox.notify(notice)
    current_account = None if isinstance(actor, SystemActor) else require_account_holder(actor).account_id
    soonest = {one.clinician_id: one for one in reversed([*changed, *moved])}
    for clinician_id, one in soonest.items():
        account_id = clinicians[clinician_id].account_id if clinician_id in clinicians else None
        if account_id not in (None, current_account):
            notice = APPOINTMENTS_CHANGED.to_account(
                account_id, subject_id=one.id, deduplication_key=_key(one, account_id)
            )
            await unit.outbox.notify(notice)


def _key(one: Appointment, recipient: UUID) -> str:
    return f"{APPOINTMENTS_CHANGED.name}:{one.id}:{one.version}:{recipient}"


Move = tuple[Appointment, Appointment]


async def _entries(unit: AppointmentUnit, moves: Sequence[Move], now: datetime) -> dict[UUID, CalendarEntry]:
    """The calendar around the old and the new times, by id, without blocks, which may overlap what is booked."""
    if not moves:
        return {}
    both = [one for move in moves for one in move]
    found = await unit.calendar.busy(
        list({one.clinician_id for one in both}),
        min(one.starts_at for one in both) - DAY,
        max(one.ends_at for one in both) + DAY,
        now,
    )
    return {one.id: one for one in found if one.purpose != "block"}


def _refused(moves: Sequence[Move], entries: Iterable[CalendarEntry], now: datetime) -> set[UUID]:
    """The ids of those that cannot move. One that stays takes its old time, which can be in the way of another."""
    moving = {old.calendar_entry_id: new for old, new in moves if new.starts_at > now}
    refused = {old.id for old, new in moves if new.starts_at <= now}
    known = list(entries)
    while True:
        clashing = _clashing(known, moving)
        if not clashing:
            return refused
        for entry_id in clashing:
            refused.add(moving.pop(entry_id).id)


def _clashing(entries: Iterable[CalendarEntry], moving: Mapping[UUID | None, Appointment]) -> set[UUID]:
    """The entries that would overlap one that does not move, or else the later of two that would overlap."""
    by_clinician: dict[UUID, list[tuple[Span, UUID]]] = {}
    for one in entries:
        new = moving.get(one.id)
        span = (new.starts_at, new.ends_at) if new else (one.starts_at, one.ends_at)
        by_clinician.setdefault(new.clinician_id if new else one.clinician_id, []).append((span, one.id))
    clashing = set[UUID]()
    for spans in by_clinician.values():
        spans.sort()
        last: tuple[Span, UUID] | None = None
        for span, entry_id in spans:
            if last is not None and span[0] < last[0][1]:
                clashing |= {entry_id if entry_id in moving else last[1]}
            if last is None or span[1] > last[0][1]:
                last = (span, entry_id)
    return clashing & {one for one in moving if one is not None}
