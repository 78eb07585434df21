"""Clients on the waitlist, and slots freed for them."""

from datetime import date, timedelta
from uuid import UUID

from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClientsCommand
from portal_core.appointments.use_cases.join_waitlist import JoinWaitlistCommand
from portal_core.appointments.views import WaitlistEntryView, WaitlistOfferView
from portal_core.kernel.actor import ClientActor
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario

TEN = new_york(10, 10)
"""10:00 on Tuesday of the following week, after the clocks have changed."""


def waitlist_command(scenario: BookingScenario, **more: object) -> JoinWaitlistCommand:
    values = {
        "appointment_type_id": scenario.appointment_type.id,
        "earliest_date": date(2026, 3, 3),
        "latest_date": date(2026, 3, 20),
        **more,
    }
    return JoinWaitlistCommand(**values)  # type: ignore[arg-type]


async def join_waitlist_as(scenario: BookingScenario, actor: ClientActor, **more: object) -> WaitlistEntryView:
    scenario.world.clock.advance(timedelta(minutes=1))
    return await scenario.use_cases.join_waitlist(actor, waitlist_command(scenario, **more))


async def free_slot(scenario: BookingScenario, location_id: UUID | None = None) -> UUID:
    """Cancel a client's appointment at 10:00, and return the argument of the job."""
    cleo = scenario.world.as_client(await scenario.world.add_client(given="Cleo"))
    await scenario.world.join_care_team(cleo.client_id, scenario.grey)
    choice = scenario.world.choice(scenario.grey, scenario.appointment_type, TEN, location_id)
    booked = await scenario.use_cases.book(cleo, BookAppointmentCommand(choice=choice))
    await scenario.use_cases.cancel_for(
        scenario.world.front_desk, CancelAppointmentForClientsCommand(appointment_id=booked.id)
    )
    return (await scenario.world.jobs("offer_freed_slot"))[-1]["freed_slot_id"]


async def current_offer(scenario: BookingScenario, actor: ClientActor) -> WaitlistOfferView | None:
    found = (await scenario.use_cases.list_waitlist(actor)).items
    return found[0].offer if found else None


async def require_offer(scenario: BookingScenario, actor: ClientActor) -> WaitlistOfferView:
    offer = await current_offer(scenario, actor)
    assert offer is not None
    return offer


async def offer_slot_to_ann(scenario: BookingScenario) -> WaitlistOfferView:
    """Ann has waited longer than Bob, and gets an offer for Tuesday at 10:00."""
    await join_waitlist_as(scenario, scenario.ann)
    await join_waitlist_as(scenario, scenario.bob)
    await free_slot(scenario)
    await scenario.use_cases.run_freed_slot_jobs()
    return await require_offer(scenario, scenario.ann)
