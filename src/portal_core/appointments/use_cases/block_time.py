"""Staff block a clinician's time, for leave or a meeting."""

from datetime import datetime, timedelta
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.booking_changes import load_summaries
from portal_core.appointments.conflicts import MAX_CONFLICTS
from portal_core.appointments.model import CalendarEntry
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import BlockView
from portal_core.appointments.scheduling.wall_clock import require_aware
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid, NotFound
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin

MAX_BLOCK_DURATION = timedelta(days=400)


@frozen(kw_only=True)
class BlockTimeCommand:
    """The clinician, and the time to block.

    Raises:
        Invalid: it ends before it starts, lasts more than 400 days, or a time has no offset.
    """

    clinician_id: UUID
    starts_at: datetime = field(converter=require_aware)
    ends_at: datetime = field(converter=require_aware)

    def __attrs_post_init__(self) -> None:
        if not timedelta() < self.ends_at - self.starts_at <= MAX_BLOCK_DURATION:
            raise Invalid.at("ends_at", "out_of_range", "Must be after the start, and at most 400 days later.")


@frozen
class BlockTime:
    """Blocks time for new appointments. For the front desk and administrators; clinicians for their own calendar.

    Existing appointments stay, and are returned as conflicts. Slots that are only held can no longer be booked.

    Raises:
        NotFound: no such clinician, or a colleague's calendar.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: BlockTimeCommand) -> BlockView:
        clinician_id = command.clinician_id
        async with self.begin(actor) as unit:
            require_calendar_access(actor, clinician_id)
            if await unit.directory.clinician(clinician_id) is None:
                raise NotFound("clinician", clinician_id)
            now = self.clock.now()
            await unit.calendar.lock([clinician_id], now)
            block = CalendarEntry(
                id=self.ids.new(),
                practice_id=actor.practice_id,
                clinician_id=clinician_id,
                starts_at=command.starts_at,
                ends_at=command.ends_at,
                purpose="block",
            )
            await unit.blocks.add(block, AuditEntry("time.blocked", block.id))
            booked = await unit.appointments.booked_times([clinician_id], block.starts_at, block.ends_at)
            conflicts = await load_summaries(unit, [one.id for one in booked[:MAX_CONFLICTS]])
            return await unit.commit(BlockView.of(block, conflicts))
