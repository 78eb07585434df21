"""Administrators define appointment types."""

from datetime import timedelta
from uuid import UUID

from attrs import frozen

from portal_core.appointments.option_views import AppointmentTypeView
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.durations import ZERO, AppointmentTiming
from portal_core.appointments.settings import MAX_NAME_LENGTH, AppointmentType, next_version
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import Invalid, NotFound
from portal_core.kernel.sources import IdSource
from portal_core.kernel.text import single_line_text
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class DefineAppointmentTypeCommand:
    """All fields of an appointment type, see `AppointmentType` and `AppointmentTiming`. Without an id it is a new one.

    Without `self_bookable`, clients can book it online if it has one seat. `version` is the one that was read; None
    skips the check.
    """

    appointment_type_id: UUID | None = None
    name: str
    duration: timedelta
    buffer_before: timedelta = ZERO
    buffer_after: timedelta = ZERO
    slot_step: timedelta | None = None
    min_notice: timedelta = ZERO
    max_advance_days: int = 90
    seats: int = 1
    self_bookable: bool | None = None
    clients_may_open: bool = False
    active: bool = True
    cpt_code: str | None = None
    version: int | None = None


@frozen
class DefineAppointmentType:
    """Adds or changes an appointment type; booked appointments keep their time. For administrators.

    Raises:
        NotFound: neither staff nor a job, or no such appointment type.
        Forbidden: staff in other roles.
        Invalid: a missing or invalid name or CPT code, or seats or times out of range.
        StaleVersion: it changed after it was read.
    """

    begin: Begin[AppointmentUnit]
    ids: IdSource

    async def __call__(self, actor: Actor, command: DefineAppointmentTypeCommand) -> AppointmentTypeView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, "administrator")
            known = None
            if command.appointment_type_id is not None:
                known = (await unit.directory.for_practice()).appointment_types.get(command.appointment_type_id)
                if known is None:
                    raise NotFound("appointment_type", command.appointment_type_id)
                if known.seats == 1 and known.self_bookable and command.seats > 1 and command.self_bookable:
                    # What was a time of one's own would be one that strangers join.
                    raise Invalid.at(
                        "self_bookable",
                        "seats_added",
                        "With several seats, clients who do not know one another join the same time. Save it with "
                        "false first, and then with true if that is what you want.",
                    )
            appointment_type_id = command.appointment_type_id or self.ids.new()
            timing = AppointmentTiming(
                appointment_type_id=appointment_type_id,
                duration=command.duration,
                buffer_before=command.buffer_before,
                buffer_after=command.buffer_after,
                slot_step=command.slot_step,
                min_notice=command.min_notice,
                max_advance_days=command.max_advance_days,
            )
            appointment_type = AppointmentType(
                id=appointment_type_id,
                name=single_line_text(command.name, "name", MAX_NAME_LENGTH),
                timing=timing,
                seats=command.seats,
                self_bookable=command.seats == 1 if command.self_bookable is None else command.self_bookable,
                clients_may_open=command.clients_may_open,
                active=command.active,
                cpt_code=command.cpt_code,
                version=next_version(known, command.version),
            )
            await unit.setup.save_appointment_type(
                appointment_type, AuditEntry("appointment_type.defined", appointment_type_id)
            )
            return await unit.commit(AppointmentTypeView.of(appointment_type))
