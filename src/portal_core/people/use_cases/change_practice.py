"""Change the practice's name, time zone, state, identifiers, phone and address."""

from collections.abc import Callable
from typing import Any, Final, Literal
from uuid import UUID

from attrs import asdict, frozen

from portal_core.kernel import contact
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import check_all
from portal_core.kernel.sources import Clock
from portal_core.kernel.text import single_line_text
from portal_core.kernel.uow import Begin
from portal_core.people.events import PracticeTimeZoneChanged, PracticeTimeZoneCorrected
from portal_core.people.identifiers import employer_identification_number, npi
from portal_core.people.model import changed_fields
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import ChangedPracticeView, PracticeView

MAX_AFFECTED: Final = 1000


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
    keep: Literal["wall_time", "instant"] = "wall_time"


@frozen
class ChangePractice:
    """An administrator changes the practice's name, time zone, state, phone and address, and the NPI and EIN for bills.

    Dates already decided stay: a grant keeps the last day that was calculated when it was created. When the time zone
    changes, booked video visits to come, which are in it, are listed in `affected`. A job then moves them so that
    they keep their time on the wall clock; with `keep` "instant" they keep their instants, and are shown in the new
    zone. Online series follow with them, and people are told.

    Raises:
        NotFound, Forbidden: not an administrator.
        Invalid: it names every field that is not valid.
        StaleVersion: it changed after it was read.
    """

    begin: Begin[PeopleUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: ChangePracticeCommand) -> ChangedPracticeView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            practice = await unit.practice_record.get()
            changed = practice.with_details(version=command.version, **_details(command))
            facts = {"fields": changed_fields(practice, changed)}
            await unit.practice_record.save(changed, AuditEntry("practice.changed", practice.id, facts=facts))
            affected: tuple[UUID, ...] = ()
            if changed.time_zone != practice.time_zone:
                booked = await unit.appointments.upcoming(self.clock.now())
                affected = tuple(one.id for one in booked if one.location_id is None)[:MAX_AFFECTED]
                event = PracticeTimeZoneChanged if command.keep == "wall_time" else PracticeTimeZoneCorrected
                await unit.outbox.publish(event(practice.id))
            return await unit.commit(ChangedPracticeView(**asdict(PracticeView.of(changed)), affected=affected))


def _details(command: ChangePracticeCommand) -> dict[str, Any]:
    checks: dict[str, Callable[[], Any]] = {
        "name": lambda: single_line_text(command.name, "name", 120),
        "time_zone": lambda: contact.check_time_zone(command.time_zone, "time_zone"),
        "state": lambda: contact.state_code(command.state, "state") if command.state else None,
        "npi": lambda: npi(command.npi, "npi") if command.npi else None,
        "tax_id": lambda: employer_identification_number(command.tax_id, "tax_id") if command.tax_id else None,
        "phone": lambda: contact.phone_or_none(command.phone),
        "address": lambda: contact.address_or_none(command.address),
    }
    return check_all(checks)
