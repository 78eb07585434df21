"""Add a practice to this deployment."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from portal_core.kernel import contact
from portal_core.kernel.actor import Origin, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import check_all
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.text import single_line_text
from portal_core.people.model import Practice
from portal_core.people.ports import PracticeFactory
from portal_core.people.views import PracticeView


@frozen
class AddPracticeCommand:
    """`time_zone` is an IANA name, `state` a two-letter code, `hosts` the host names of its portal.

    An empty `phone` or `address` is none.
    """

    slug: str
    name: str
    time_zone: str
    state: str | None = None
    hosts: tuple[str, ...] = ()
    phone: str | None = None
    address: str | None = None


@frozen
class AddPractice:
    """Creates a practice with its own key. Only for the operator of the deployment: no practice's actor can call it.

    Raises:
        Invalid: it names every field that is not valid.
        SlugTaken, HostTaken: another practice has the short name or a host name.
        Unavailable: the master key service does not respond.
    """

    practice_factory: PracticeFactory
    clock: Clock
    ids: IdSource

    async def __call__(self, origin: Origin, command: AddPracticeCommand) -> PracticeView:
        checks: dict[str, Callable[[], Any]] = {
            "slug": lambda: contact.slug(command.slug, "slug"),
            "name": lambda: single_line_text(command.name, "name", 120),
            "time_zone": lambda: contact.check_time_zone(command.time_zone, "time_zone"),
            "state": lambda: contact.state_code(command.state, "state") if command.state else None,
            "hosts": lambda: contact.host_names(command.hosts, "hosts"),
            "phone": lambda: contact.phone_or_none(command.phone),
            "address": lambda: contact.address_or_none(command.address),
        }
        practice = Practice(id=self.ids.new(), created_at=self.clock.now(), **check_all(checks))
        actor = SystemActor(practice.id, "add_practice", origin)
        await self.practice_factory.create(actor, practice, AuditEntry("practice.added", practice.id))
        return PracticeView.of(practice)
