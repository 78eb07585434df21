"""Steps around changes of an appointment: locking, giving time back to the waitlist, notices, and result views."""

from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import datetime
from uuid import UUID

from portal_core.appointments.correction import Correction, FeeChange
from portal_core.appointments.model import Appointment, Booking
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import AppointmentSummaryView, PracticeAppointmentView
from portal_core.appointments.settings import Clinician
from portal_core.appointments.use_cases.offer_freed_slot import OfferFreedSlot
from portal_core.appointments.views import AppointmentView
from portal_core.appointments.waitlist import FreedSlot
from portal_core.kernel.actor import Actor, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.errors import NotFound, StaleVersion
from portal_core.kernel.notices import FEE_REMOVED, LATE_CANCEL_FEE, NO_SHOW_FEE, NoticeKind
from portal_core.kernel.sources import IdSource


async def find_for_practice(unit: AppointmentUnit, actor: Actor, appointment_id: UUID) -> Booking | None:
    """The booking, for staff who work with its clinician's calendar, and for jobs.

    Raises:
        NotFound: it is in a colleague's calendar.
        Forbidden: staff in other roles.
    """
    booking = await unit.appointments.get_for_practice(appointment_id)
    if booking is not None:
        require_calendar_access(actor, booking.appointment.clinician_id)
    return booking


async def lock_booking(
    unit: AppointmentUnit,
    find: Callable[[], Awaitable[Booking | None]],
    appointment_id: UUID,
    now: datetime,
    *,
    clinicians: Iterable[UUID] = (),
    clients: Iterable[UUID] = (),
    version: int | None = None,
    client_id: UUID | None = None,
) -> Booking:
    """Lock a booking's clinician and visible clients, and further ones, and return its current state.

    `find` checks that the actor has access to it, since the version tells one who has none that it exists.
    `version` is the one that the caller saw: the client's own (`Booking.version_for`) with a `client_id`, the
    appointment's for the practice.

    Raises:
        NotFound: no such appointment.
        StaleVersion: the version is not current, or the appointment has moved to another clinician.
    """
    seen = await find()
    if seen is None:
        raise NotFound("appointment", appointment_id)
    own = [one.client_id for one in seen.attendances]
    await unit.calendar.lock({seen.appointment.clinician_id, *clinicians}, now, clients=[*own, *clients])
    booking = await find()
    if booking is None or booking.appointment.clinician_id != seen.appointment.clinician_id:
        raise StaleVersion
    current = booking.appointment.version if client_id is None else booking.version_for(client_id)
    if version not in (None, current):
        raise StaleVersion
    return booking


async def add_freed_slot(unit: AppointmentUnit, freed: Appointment, ids: IdSource, now: datetime) -> None:
    """Store the time that `freed` had and have it offered to the waitlist. Only for time that has not started."""
    slot = FreedSlot(
        id=ids.new(),
        practice_id=freed.practice_id,
        clinician_id=freed.clinician_id,
        appointment_type_id=freed.appointment_type_id,
        location_id=freed.location_id,
        starts_at=freed.starts_at,
        ends_at=freed.ends_at,
        time_zone=freed.time_zone,
        freed_at=now,
    )
    await unit.freed_slots.add(slot)
    await unit.outbox.defer(OfferFreedSlot, freed_slot_id=slot.id)


async def notify(
    unit: AppointmentUnit,
    actor: Actor,
    kind: NoticeKind,
    booking: Booking,
    clients: Iterable[UUID],
    clinician: Clinician | None,
) -> None:
    """Notify the clients, and the clinician unless they are the actor. At most once for each version."""
    clinician_account = clinician.account_id if clinician else None
    subject_id = booking.appointment.id
    key = f"{kind.name}:{subject_id}:{booking.appointment.version}"
    for client_id in clients:
        await unit.outbox.notify(
            kind.to_client(client_id, subject_id=subject_id, deduplication_key=f"{key}:{client_id}")
        )
    current_account = None if isinstance(actor, SystemActor) else require_account_holder(actor).account_id
    if clinician_account is not None and clinician_account != current_account:
        await unit.outbox.notify(
            kind.to_account(clinician_account, subject_id=subject_id, deduplication_key=f"{key}:{clinician_account}")
        )


async def notify_fee_change(unit: AppointmentUnit, before: Booking, after: Booking, client_id: UUID) -> None:
    """Notify the client if they now owe another fee than before, or none any more."""
    own = after.attendance_of(client_id)
    if own.fee_due != before.attendance_of(client_id).fee_due:
        kind = FEE_REMOVED if own.fee_due is None else NO_SHOW_FEE if own.status == "no_show" else LATE_CANCEL_FEE
        appointment = after.appointment
        key = f"{kind.name}:{appointment.id}:{appointment.version}:{client_id}"
        await unit.outbox.notify(kind.to_client(client_id, subject_id=appointment.id, deduplication_key=key))


async def add_correction(
    unit: AppointmentUnit,
    actor: Actor,
    ids: IdSource,
    before: Booking,
    after: Booking,
    client_id: UUID,
    fee: FeeChange,
    reason: str,
    now: datetime,
) -> None:
    """Store why a client's part was corrected, with its audit entry."""
    correction = Correction(
        id=ids.new(),
        practice_id=actor.practice_id,
        client_id=client_id,
        appointment_id=before.appointment.id,
        before=before.attendance_of(client_id).status,
        after=after.attendance_of(client_id).status,
        fee=fee,
        reason=reason,
        corrected_by=None if isinstance(actor, SystemActor) else require_account_holder(actor).account_id,
        corrected_at=now,
    )
    facts = {"before": correction.before, "after": correction.after, "fee": fee}
    await unit.corrections.add(
        correction, AuditEntry("appointment.corrected", before.appointment.id, record=client_id, facts=facts)
    )


async def load_view(unit: AppointmentUnit, client_id: UUID, appointment_id: UUID, now: datetime) -> AppointmentView:
    """The appointment as its client sees it, within this transaction.

    Raises:
        NotFound: the client has no such appointment.
    """
    row = await unit.appointment_reads.for_client(client_id, appointment_id)
    if row is None:
        raise NotFound("appointment", appointment_id)
    return AppointmentView.of(row, now)


async def load_summaries(
    unit: AppointmentUnit, appointment_ids: Collection[UUID]
) -> tuple[AppointmentSummaryView, ...]:
    """What staff need to know about these appointments, which are in calendars that they work with; audited."""
    if not appointment_ids:
        return ()
    seen = await unit.appointment_reads.summaries(appointment_ids)
    await audit_reads(unit, seen)
    return seen


async def audit_reads(
    unit: AppointmentUnit, seen: Iterable[PracticeAppointmentView | AppointmentSummaryView], *records: UUID
) -> None:
    """Record in the audit log that staff read these appointments: for each client in them and each of `records`."""
    clients = {part.client_id for one in seen for part in one.attendances}
    for client_id in sorted(clients.union(records)):
        await unit.audit.record(AuditEntry("appointments.read", record=client_id))


async def load_practice_view(unit: AppointmentUnit, appointment_id: UUID) -> PracticeAppointmentView:
    """The practice's view of an appointment that this transaction has already written or found."""
    view = await unit.appointment_reads.get_for_practice(appointment_id)
    assert view is not None, "the caller has written or found it"
    return view
