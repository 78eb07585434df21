"""The practice's name and place."""

from attrs import frozen

from portal_core.kernel import contact
from portal_core.kernel.access import staff_or_system
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.text import line
from portal_core.kernel.uow import Begin
from portal_core.people.model import changed_fields
from portal_core.people.policy import RUNS_PRACTICE
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import PracticeView


@frozen
class ChangePracticeCommand:
    name: str
    zone: str
    state: str | None
    version: int


@frozen
class ChangePractice:
    """An administrator changes what the practice is called, its zone and its state.

    Dates already decided stay: a grant keeps the last day that the rules named when it was made.

    Raises:
        NotFound, Forbidden: not an administrator.
        Invalid: a field is not taken.
        StaleVersion: it changed after it was read.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor, command: ChangePracticeCommand) -> PracticeView:
        async with self.begin(actor) as unit:
            staff_or_system(actor, *RUNS_PRACTICE)
            practice = await unit.practice_record.get()
            changed = practice.describe(
                name=line(command.name, "name", 120),
                zone=contact.zone_name(command.zone, "zone"),
                state=contact.state_code(command.state, "state") if command.state else None,
                version=command.version,
            )
            facts = {"fields": changed_fields(practice, changed)}
            await unit.practice_record.save(changed, Audited("practice.changed", practice.id, facts=facts))
            return await unit.commit(PracticeView.of(changed))
