"""One feature's settings at a practice."""

from collections.abc import Callable, Mapping

from attrs import field, frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.uow import Begin
from portal_core.people.errors import UnknownSection
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import PracticeView

Section = Mapping[str, object]
SectionCheck = Callable[[Section], Section]
"""A feature's own: answers the settings as they are to be kept, or raises Invalid."""


@frozen
class ChangePracticeSettingsCommand:
    section: str
    values: Section
    version: int


@frozen
class ChangePracticeSettings:
    """An administrator, or a job, replaces the settings of one feature. `checks` has each feature's own judge.

    Raises:
        NotFound, Forbidden: not an administrator.
        UnknownSection: no feature of that name has settings.
        Invalid: the feature does not take them.
        StaleVersion: the practice changed after it was read.
    """

    begin: Begin[PeopleUnit]
    checks: Mapping[str, SectionCheck] = field(factory=dict)

    async def __call__(self, actor: Actor, command: ChangePracticeSettingsCommand) -> PracticeView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            check = self.checks.get(command.section)
            if check is None:
                raise UnknownSection.at("section", "unknown_section", "There are no settings of this name.")
            practice = await unit.practice_record.get()
            changed = practice.with_section(command.section, check(command.values), command.version)
            facts = {"section": command.section}
            await unit.practice_record.save(changed, AuditEntry("practice.settings_changed", practice.id, facts=facts))
            return await unit.commit(PracticeView.of(changed))
