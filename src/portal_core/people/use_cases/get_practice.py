"""Reads the practice's name and place."""

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.uow import Begin
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import PracticeView


@frozen
class GetPractice:
    """For administrators, with the version that a change names.

    Raises:
        NotFound, Forbidden: not an administrator.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor) -> PracticeView:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            return PracticeView.of(await unit.practice_record.get())
