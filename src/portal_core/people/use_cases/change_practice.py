"""Change the practice's name, time zone, state, identifiers, phone and address."""

from attrs import frozen

from portal_core.kernel import contact
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.text import single_line_text
from portal_core.kernel.uow import Begin
from portal_core.people.identifiers import employer_identification_number, npi
from portal_core.people.model import changed_fields
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import PracticeView


@frozen
class ChangePracticeCommand:
    """All that an administrator may change. A state, phone or address that is left out is removed."""

    name: str
    time_zone: str
    state: str | None
    version: int
    npi: str | None = None
    tax_id: str | None = None
    phone: str | None = None
    address: str | None = None


@frozen
class ChangePractice:
    """An administrator changes the practice's name, time zone, state, phone and address, and the NPI and EIN for bills.

    Dates already decided stay: a grant keeps the last day that was calculated when it was created.

    Raises:
        NotFound, Forbidden: not an administrator.
        Invalid: a field is not valid.
        StaleVersion: it changed after it was read.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor, command: ChangePracticeCommand) -> PracticeView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            practice = await unit.practice_record.get()
            changed = practice.with_details(
                name=single_line_text(command.name, "name", 120),
                time_zone=contact.check_time_zone(command.time_zone, "time_zone"),
                state=contact.state_code(command.state, "state") if command.state else None,
                npi=npi(command.npi, "npi") if command.npi else None,
                tax_id=employer_identification_number(command.tax_id, "tax_id") if command.tax_id else None,
                phone=contact.phone_or_none(command.phone),
                address=contact.address_or_none(command.address),
                version=command.version,
            )
            facts = {"fields": changed_fields(practice, changed)}
            await unit.practice_record.save(changed, AuditEntry("practice.changed", practice.id, facts=facts))
            return await unit.commit(PracticeView.of(changed))
