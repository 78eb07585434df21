"""Set the host names of a practice's portal."""

from attrs import frozen

from portal_core.kernel import contact
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_system
from portal_core.kernel.uow import Begin
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import PracticeView


@frozen
class SetPracticeHostsCommand:
    hosts: tuple[str, ...]


@frozen
class SetPracticeHosts:
    """Only for the operator of the deployment: a practice that set its own hosts could take another's visitors.

    Raises:
        Forbidden: not the system.
        Invalid: not a valid host name.
        HostTaken: another practice has one of them.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor, command: SetPracticeHostsCommand) -> PracticeView:
        async with self.begin(actor) as unit:
            require_system(actor)
            practice = await unit.practice_record.get()
            changed = practice.with_hosts(contact.host_names(command.hosts, "hosts"))
            await unit.practice_record.save(changed, AuditEntry("practice.hosts_set", practice.id))
            return await unit.commit(PracticeView.of(changed))
