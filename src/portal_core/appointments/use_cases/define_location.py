"""Administrators define locations."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.option_views import LocationView
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.settings import MAX_ADDRESS_LENGTH, MAX_NAME_LENGTH, Location, next_version
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.contact import check_time_zone
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import IdSource
from portal_core.kernel.text import multi_line_text, single_line_text
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class DefineLocationCommand:
    """All fields of a location. Without an id it is a new one.

    `version` is the one that was read; None skips the check.
    """

    location_id: UUID | None = None
    name: str
    time_zone: str
    address: str | None = None
    active: bool = True
    version: int | None = None


@frozen
class DefineLocation:
    """Adds or changes a location; booked appointments keep their time. For administrators.

    Raises:
        NotFound: neither staff nor a job, or no such location.
        Forbidden: staff in other roles.
        Invalid: a missing or invalid name, an invalid address, or an unknown time zone.
        StaleVersion: it changed after it was read.
    """

    begin: Begin[AppointmentUnit]
    ids: IdSource

    async def __call__(self, actor: Actor, command: DefineLocationCommand) -> LocationView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, "administrator")
            known = None
            if command.location_id is not None:
                known = (await unit.directory.for_practice()).locations.get(command.location_id)
                if known is None:
                    raise NotFound("location", command.location_id)
            time_zone = check_time_zone(command.time_zone, "time_zone")
            location = Location(
                id=command.location_id or self.ids.new(),
                name=single_line_text(command.name, "name", MAX_NAME_LENGTH),
                time_zone=time_zone,
                address=multi_line_text(command.address, "address", MAX_ADDRESS_LENGTH)
                if command.address and command.address.strip()
                else None,
                active=command.active,
                version=next_version(known, command.version),
            )
            await unit.setup.save_location(location, AuditEntry("location.defined", location.id))
            return await unit.commit(LocationView.of(location))
