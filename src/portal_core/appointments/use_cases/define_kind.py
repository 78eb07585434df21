"""A practice says which kinds of appointment it has."""

from datetime import timedelta
from uuid import UUID

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.durations import ZERO, KindTiming
from portal_core.appointments.settings import LONGEST_NAME, Kind, next_version
from portal_core.appointments.views_options import KindView
from portal_core.kernel.access import staff_or_system
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import IdSource
from portal_core.kernel.text import line
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class DefineKindCommand:
    """The whole of a kind, as `Kind` and `KindTiming` have it. Without an id it is a new one.

    `version` is the one that was read; without one, whichever there is by now is changed.
    """

    kind_id: UUID | None = None
    name: str
    duration: timedelta
    buffer_before: timedelta = ZERO
    buffer_after: timedelta = ZERO
    slot_step: timedelta | None = None
    minimum_notice: timedelta = ZERO
    maximum_advance_days: int = 90
    seats: int = 1
    online: bool = True
    active: bool = True
    version: int | None = None


@frozen
class DefineKind:
    """Adds a kind, or changes one; what is booked keeps its time. Administrators.

    Raises:
        NotFound: neither staff nor a job, or no such kind.
        Forbidden: staff in other roles.
        Invalid: no name, or one that cannot be kept, no seats, or times out of range.
        StaleVersion: it changed after it was read.
    """

    begin: Begin[AppointmentUnit]
    ids: IdSource

    async def __call__(self, actor: Actor, command: DefineKindCommand) -> KindView:
        async with self.begin(actor) as unit:
            staff_or_system(actor, "administrator")
            known = None
            if command.kind_id is not None:
                known = (await unit.directory.for_practice()).kinds.get(command.kind_id)
                if known is None:
                    raise NotFound("kind", command.kind_id)
            kind_id = command.kind_id or self.ids.new()
            timing = KindTiming(
                kind_id=kind_id,
                duration=command.duration,
                buffer_before=command.buffer_before,
                buffer_after=command.buffer_after,
                slot_step=command.slot_step,
                minimum_notice=command.minimum_notice,
                maximum_advance_days=command.maximum_advance_days,
            )
            kind = Kind(
                id=kind_id,
                name=line(command.name, "name", LONGEST_NAME),
                timing=timing,
                seats=command.seats,
                online=command.online,
                active=command.active,
                version=next_version(known, command.version),
            )
            await unit.setup.save_kind(kind, Audited("appointment_kind.defined", kind_id))
            return await unit.commit(KindView.of(kind))
