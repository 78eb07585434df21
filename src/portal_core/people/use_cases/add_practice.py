"""A new practice in this deployment."""

from attrs import frozen

from portal_core.kernel import contact
from portal_core.kernel.actor import Origin, SystemActor
from portal_core.kernel.audit import Audited
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.text import line
from portal_core.people.model import Practice
from portal_core.people.ports import PracticeFounding
from portal_core.people.views import PracticeView


@frozen
class AddPracticeCommand:
    """`zone` is an IANA name, `state` two letters, `hosts` the names under which its portal is reached."""

    slug: str
    name: str
    zone: str
    state: str | None = None
    hosts: tuple[str, ...] = ()


@frozen
class AddPractice:
    """Makes a practice, with a key of its own. For whoever operates the deployment: no actor of a practice can ask.

    Raises:
        Invalid: a field is not taken.
        SlugTaken, HostTaken: another practice has it.
        Unavailable: the master key does not answer.
    """

    founding: PracticeFounding
    clock: Clock
    ids: IdSource

    async def __call__(self, origin: Origin, command: AddPracticeCommand) -> PracticeView:
        practice = Practice(
            id=self.ids.new(),
            slug=contact.slug(command.slug, "slug"),
            name=line(command.name, "name", 120),
            zone=contact.zone_name(command.zone, "zone"),
            created_at=self.clock.now(),
            state=contact.state_code(command.state, "state") if command.state else None,
            hosts=contact.host_names(command.hosts, "hosts"),
        )
        actor = SystemActor(practice.id, "add_practice", origin)
        await self.founding.found(actor, practice, Audited("practice.added", practice.id))
        return PracticeView.of(practice)
