"""Clients who wait, and time that comes free for them."""

from datetime import date, timedelta
from uuid import UUID

from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.cancel_for_clients import CancelForClientsCommand
from portal_core.appointments.use_cases.join_waitlist import JoinWaitlistCommand
from portal_core.appointments.views import OfferView, WaitlistView
from portal_core.kernel.actor import ClientActor
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import Scene

TEN = new_york(10, 10)
"""Tuesday of the week after, when the clocks have changed."""


def wish(scene: Scene, **more: object) -> JoinWaitlistCommand:
    values = {"kind_id": scene.kind.id, "earliest": date(2026, 3, 3), "latest": date(2026, 3, 20), **more}
    return JoinWaitlistCommand(**values)  # type: ignore[arg-type]


async def wait(scene: Scene, actor: ClientActor, **more: object) -> WaitlistView:
    scene.world.clock.advance(timedelta(minutes=1))
    return await scene.desk.join_waitlist(actor, wish(scene, **more))


async def free(scene: Scene, place_id: UUID | None = None) -> UUID:
    """Somebody's appointment at ten is cancelled; the job's argument."""
    cleo = scene.world.as_client(await scene.world.add_client(given="Cleo"))
    await scene.world.join_care_team(cleo.client_id, scene.grey)
    choice = scene.world.choice(scene.grey, scene.kind, TEN, place_id)
    booked = await scene.desk.book(cleo, BookAppointmentCommand(choice=choice))
    await scene.desk.cancel_for(scene.world.desk, CancelForClientsCommand(appointment_id=booked.id))
    return (await scene.world.jobs("offer_freed_slot"))[-1]["freed_slot_id"]


async def offer_to(scene: Scene, actor: ClientActor) -> OfferView | None:
    found = await scene.desk.list_waitlist(actor)
    return found[0].offer if found else None


async def made(scene: Scene, actor: ClientActor) -> OfferView:
    offer = await offer_to(scene, actor)
    assert offer is not None
    return offer


async def offered_to_ann(scene: Scene) -> OfferView:
    """Ann waits longer than Bob, and is offered Tuesday at ten."""
    await wait(scene, scene.ann)
    await wait(scene, scene.bob)
    await free(scene)
    await scene.desk.offer_what_was_freed()
    return await made(scene, scene.ann)
