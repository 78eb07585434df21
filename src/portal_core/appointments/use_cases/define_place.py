"""A practice says where it sees clients."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.wall_clock import zone_of
from portal_core.appointments.settings import LONGEST_ADDRESS, LONGEST_NAME, Place, next_version
from portal_core.appointments.views_options import PlaceView
from portal_core.kernel.access import staff_or_system
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import IdSource
from portal_core.kernel.text import line, lines
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class DefinePlaceCommand:
    """The whole of a place. Without an id it is a new one.

    `version` is the one that was read; without one, whichever there is by now is changed.
    """

    place_id: UUID | None = None
    name: str
    zone: str
    address: str = ""
    active: bool = True
    version: int | None = None


@frozen
class DefinePlace:
    """Adds a place, or changes one; what is booked keeps its time. Administrators.

    Raises:
        NotFound: neither staff nor a job, or no such place.
        Forbidden: staff in other roles.
        Invalid: no name, a name or an address that cannot be kept, or an unknown zone.
        StaleVersion: it changed after it was read.
    """

    begin: Begin[AppointmentUnit]
    ids: IdSource

    async def __call__(self, actor: Actor, command: DefinePlaceCommand) -> PlaceView:
        async with self.begin(actor) as unit:
            staff_or_system(actor, "administrator")
            known = None
            if command.place_id is not None:
                known = (await unit.directory.for_practice()).places.get(command.place_id)
                if known is None:
                    raise NotFound("place", command.place_id)
            zone_of(command.zone)
            place = Place(
                id=command.place_id or self.ids.new(),
                name=line(command.name, "name", LONGEST_NAME),
                zone=command.zone,
                address=lines(command.address, "address", LONGEST_ADDRESS) if command.address.strip() else "",
                active=command.active,
                version=next_version(known, command.version),
            )
            await unit.setup.save_place(place, Audited("place.defined", place.id))
            return await unit.commit(PlaceView.of(place))
