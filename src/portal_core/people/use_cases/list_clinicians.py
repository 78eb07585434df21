"""List the practice's clinicians."""

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import only_bills, require_staff_or_system
from portal_core.kernel.page import Page
from portal_core.kernel.uow import Begin
from portal_core.people.policy import CLIENT_READER_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import ClinicianView


@frozen
class ListClinicians:
    """For staff: all, by name, also those who left; for billers without their rooms.

    A practice has few of them, so there are no pages.

    Raises:
        NotFound, Forbidden: not in such a role.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor) -> Page[ClinicianView]:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, *CLIENT_READER_ROLES)
            views = [ClinicianView.of(one) for one in await unit.clinician_records.all()]
            return Page(tuple(one.for_bills() if only_bills(actor) else one for one in views))
