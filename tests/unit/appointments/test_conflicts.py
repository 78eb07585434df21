"""Changes of a clinician's hours answer with the booked appointments that they affect."""

from datetime import time, timedelta

from attrs import evolve

from portal_core.appointments.use_cases.add_availability_exception import AddAvailabilityExceptionCommand
from portal_core.appointments.use_cases.publish_availability import Opening, PublishAvailabilityCommand
from portal_core.appointments.use_cases.remove_availability_exception import RemoveAvailabilityExceptionCommand
from tests.support.contracts.appointments.world import ids_of, new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.practice_setup import NINE_TO_TWELVE, WEDNESDAY, booked


async def test_appointments_outside_of_the_new_hours_are_listed(scenario: BookingScenario) -> None:
    world, use_cases, front = scenario.world, scenario.use_cases, scenario.world.front_desk
    past = await booked(scenario, hour=9)
    kept, later, sooner = [await booked(scenario, hour=hour) for hour in (11, 16, 12)]
    world.clock.at = new_york(4, 9, 30)
    publish = PublishAvailabilityCommand(clinician_id=scenario.grey, openings=(NINE_TO_TWELVE,))
    assert ids_of((await use_cases.publish(front, publish)).conflicts) == (sooner.id, later.id)
    assert ids_of((await use_cases.get_availability(front, scenario.grey)).conflicts) == (sooner.id, later.id)
    other_type = (await world.add_appointment_type("Other")).id
    for opening in (
        evolve(NINE_TO_TWELVE, location_id=(await world.add_location()).id),
        evolve(NINE_TO_TWELVE, appointment_type_ids=[other_type]),
        evolve(NINE_TO_TWELVE, valid_from=WEDNESDAY + timedelta(days=1)),
    ):
        view = await use_cases.publish(front, evolve(publish, openings=(opening,)))
        assert ids_of(view.conflicts) == (kept.id, sooner.id, later.id)
    empty = await use_cases.publish(front, evolve(publish, openings=()))
    assert ids_of(empty.conflicts) == (kept.id, sooner.id, later.id)
    for one in (past, kept, later, sooner):
        assert (await use_cases.get_practice_appointment(front, one.id)).status == "booked"
    until = Opening(weekday=2, start_time=time(12), end_time=time(0))
    view = await use_cases.publish(front, evolve(publish, openings=(NINE_TO_TWELVE, until)))
    assert ids_of(view.conflicts) == ()


async def test_appointments_that_an_exception_affects_are_listed(scenario: BookingScenario) -> None:
    use_cases, front = scenario.use_cases, scenario.world.front_desk
    office = (await scenario.world.add_location()).id
    ten, eleven = await booked(scenario, hour=10), await booked(scenario, hour=11)
    closed = AddAvailabilityExceptionCommand(clinician_id=scenario.grey, date=WEDNESDAY, available=False)
    for command, affected in (
        (closed, (ten.id, eleven.id)),
        (closed, (ten.id, eleven.id)),
        (evolve(closed, start_time=time(10, 59), end_time=time(12)), (ten.id, eleven.id)),
        (evolve(closed, start_time=time(11), end_time=time(12)), (eleven.id,)),
        (evolve(closed, location_id=office), ()),
        (evolve(closed, date=WEDNESDAY + timedelta(days=1)), ()),
        (evolve(closed, available=True, start_time=time(8), end_time=time(9)), ()),
    ):
        assert ids_of((await use_cases.add_exception(front, command)).conflicts) == affected
    scenario.world.clock.at = new_york(4, 10)
    again = await use_cases.add_exception(front, closed)
    assert ids_of(again.conflicts) == (eleven.id,), "what has started cannot be moved"


async def test_appointments_in_a_removed_opening_are_listed(scenario: BookingScenario) -> None:
    use_cases, front = scenario.use_cases, scenario.world.front_desk
    evening = AddAvailabilityExceptionCommand(
        clinician_id=scenario.grey, date=WEDNESDAY, available=True, start_time=time(16), end_time=time(20)
    )
    exception = await use_cases.add_exception(front, evening)
    within, without = await booked(scenario, hour=16), await booked(scenario, hour=17)
    removal = RemoveAvailabilityExceptionCommand(clinician_id=scenario.grey, exception_id=exception.id)
    assert ids_of((await use_cases.remove_exception(front, removal)).conflicts) == (without.id,)
    assert ids_of((await use_cases.get_availability(front, scenario.grey)).conflicts) == (without.id,)
    closed = await use_cases.add_exception(
        front, AddAvailabilityExceptionCommand(clinician_id=scenario.grey, date=WEDNESDAY, available=False)
    )
    assert ids_of(closed.conflicts) == (within.id, without.id)
    removal = RemoveAvailabilityExceptionCommand(clinician_id=scenario.grey, exception_id=closed.id)
    assert ids_of((await use_cases.remove_exception(front, removal)).conflicts) == ()
