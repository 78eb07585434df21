"""The practice's name, place and settings."""

from attrs import frozen

from portal_core.kernel.access import staff_or_system
from portal_core.kernel.actor import Actor
from portal_core.kernel.uow import Begin
from portal_core.people.policy import RUNS_PRACTICE
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import PracticeView


@frozen
class ShowPractice:
    """For administrators, with the version that a change names.

    Raises:
        NotFound, Forbidden: not an administrator.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor) -> PracticeView:
        async with self.begin(actor) as unit:
            staff_or_system(actor, *RUNS_PRACTICE)
            return PracticeView.of(await unit.practice_record.get())
