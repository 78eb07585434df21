"""Reads how to reach the practice."""

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.uow import Begin
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import PracticeContactView


@frozen
class GetPracticeContact:
    """The practice's name, phone and address. For everybody, visitors as well: it is what a practice publishes."""

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor) -> PracticeContactView:
        async with self.begin(actor, read_only=True) as unit:
            return PracticeContactView.of(await unit.practice_record.get())
