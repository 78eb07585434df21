"""Staff read a client's appointments and single appointments."""

import pytest

from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.appointments.use_cases.book_appointment_for_clients import BookAppointmentForClientsCommand
from portal_core.appointments.use_cases.list_client_appointments import ListClientAppointmentsQuery
from portal_core.appointments.views import AppointmentFilter
from portal_core.kernel.actor import StaffActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from portal_core.kernel.page import PageRequest
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario


@pytest.fixture
async def couple(scenario: BookingScenario) -> PracticeAppointmentView:
    """An appointment of Ann and Bob together with Dr. Grey."""
    appointment_type = await scenario.world.add_appointment_type("Couple", minutes=60, seats=2)
    choice = scenario.world.choice(scenario.grey, appointment_type, new_york(4, 10))
    clients = (scenario.ann.client_id, scenario.bob.client_id)
    return await scenario.use_cases.book_for(
        scenario.world.front_desk, BookAppointmentForClientsCommand(choice=choice, client_ids=clients)
    )


async def read(scenario: BookingScenario) -> list[object]:
    return [one.record for one in await scenario.world.audit() if one.action == "appointments.read"]


def grey(scenario: BookingScenario) -> StaffActor:
    return scenario.world.as_staff("clinician", clinician_id=scenario.grey)


class TestClientAppointments:
    async def test_clinicians_see_only_their_own_appointments(
        self, scenario: BookingScenario, couple: PracticeAppointmentView
    ) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        other = await scenario.world.add_booking(
            green, scenario.appointment_type, new_york(5, 10), scenario.ann.client_id
        )
        query = ListClientAppointmentsQuery(scenario.ann.client_id)
        for actor, expected in (
            (scenario.world.front_desk, [couple.id, other.appointment.id]),
            (scenario.world.as_staff("administrator"), [couple.id, other.appointment.id]),
            (grey(scenario), [couple.id]),
            (scenario.world.as_staff("clinician", clinician_id=green), [other.appointment.id]),
        ):
            page = await scenario.use_cases.list_client_appointments(actor, query)
            assert [one.id for one in page.items] == expected
        first = await scenario.use_cases.list_client_appointments(
            scenario.world.front_desk, ListClientAppointmentsQuery(scenario.ann.client_id, page=PageRequest(size=1))
        )
        assert first.items == (couple,)
        assert first.next is not None

    async def test_list_is_audited_per_client(self, scenario: BookingScenario, couple: PracticeAppointmentView) -> None:
        ann, bob = scenario.ann.client_id, scenario.bob.client_id
        await scenario.use_cases.list_client_appointments(scenario.world.front_desk, ListClientAppointmentsQuery(ann))
        assert await read(scenario) == sorted([ann, bob])
        # An empty page reveals something about the record too.
        filters = AppointmentFilter("past")
        page = await scenario.use_cases.list_client_appointments(
            scenario.world.front_desk, ListClientAppointmentsQuery(ann, filters)
        )
        assert page.items == ()
        assert await read(scenario) == [*sorted([ann, bob]), ann]

    async def test_other_actors_are_refused(self, scenario: BookingScenario) -> None:
        query = ListClientAppointmentsQuery(scenario.ann.client_id)
        for actor, refusal in (
            (scenario.ann, NotFound),
            (scenario.world.as_staff("clinician"), NotFound),
            (scenario.world.as_staff("auditor"), Forbidden),
        ):
            with pytest.raises(refusal):
                await scenario.use_cases.list_client_appointments(actor, query)
        other = await scenario.world.other_practice()
        for stranger in (scenario.world.ids.new(), await other.add_client()):
            with pytest.raises(NotFound):
                await scenario.use_cases.list_client_appointments(
                    scenario.world.front_desk, ListClientAppointmentsQuery(stranger)
                )
        with pytest.raises(Invalid):
            ListClientAppointmentsQuery(scenario.ann.client_id, page=PageRequest(size=101))


class TestSingleAppointment:
    async def test_single_appointment_is_audited_per_client(
        self, scenario: BookingScenario, couple: PracticeAppointmentView
    ) -> None:
        for actor in (scenario.world.front_desk, scenario.world.as_staff("administrator"), grey(scenario)):
            assert await scenario.use_cases.get_practice_appointment(actor, couple.id) == couple
        assert await read(scenario) == sorted([scenario.ann.client_id, scenario.bob.client_id]) * 3

    async def test_other_actors_are_refused(self, scenario: BookingScenario, couple: PracticeAppointmentView) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        for actor, refusal in (
            (scenario.ann, NotFound),
            (scenario.world.as_staff("clinician"), NotFound),
            (scenario.world.as_staff("clinician", clinician_id=green), NotFound),
            (scenario.world.as_staff("auditor"), Forbidden),
        ):
            with pytest.raises(refusal):
                await scenario.use_cases.get_practice_appointment(actor, couple.id)
        with pytest.raises(NotFound):
            await scenario.use_cases.get_practice_appointment(scenario.world.front_desk, scenario.world.ids.new())
        assert await read(scenario) == []
