"""List the practice's staff."""

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.page import Page
from portal_core.kernel.uow import Begin
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import StaffView


@frozen
class ListStaff:
    """For administrators: all, by name, also those who left. A practice has few of them, so there are no pages.

    Raises:
        NotFound, Forbidden: not an administrator.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor) -> Page[StaffView]:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            return Page(tuple(StaffView.of(member) for member in await unit.staff_records.all()))
