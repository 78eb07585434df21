"""Staff look up a client's appointments and a single one."""

import pytest

from portal_core.appointments.use_cases.book_for_client import BookForClientCommand
from portal_core.appointments.use_cases.list_client_appointments import ListClientAppointmentsQuery
from portal_core.appointments.views import AppointmentFilter
from portal_core.appointments.views_practice import PracticeAppointmentView
from portal_core.kernel.actor import StaffActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from portal_core.kernel.page import PageRequest
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import Scene


@pytest.fixture
async def couple(scene: Scene) -> PracticeAppointmentView:
    """Ann and Bob come to Dr. Grey together."""
    kind = await scene.world.add_kind("Couple", minutes=60, seats=2)
    choice = scene.world.choice(scene.grey, kind, new_york(4, 10))
    clients = (scene.ann.client_id, scene.bob.client_id)
    return await scene.desk.book_for(scene.world.desk, BookForClientCommand(choice=choice, client_ids=clients))


async def read(scene: Scene) -> list[object]:
    return [one.record for one in await scene.world.audit() if one.action == "appointments.read"]


def grey(scene: Scene) -> StaffActor:
    return scene.world.as_staff("clinician", clinician_id=scene.grey)


class TestAClientsList:
    async def test_the_desk_sees_all_and_a_clinician_their_own(
        self, scene: Scene, couple: PracticeAppointmentView
    ) -> None:
        green = await scene.world.add_clinician("Dr. Green")
        other = await scene.world.add_booking(green, scene.kind, new_york(5, 10), scene.ann.client_id)
        query = ListClientAppointmentsQuery(scene.ann.client_id)
        for actor, expected in (
            (scene.world.desk, [couple.id, other.appointment.id]),
            (scene.world.as_staff("administrator"), [couple.id, other.appointment.id]),
            (grey(scene), [couple.id]),
            (scene.world.as_staff("clinician", clinician_id=green), [other.appointment.id]),
        ):
            page = await scene.desk.list_client_appointments(actor, query)
            assert [one.id for one in page.items] == expected
        first = await scene.desk.list_client_appointments(
            scene.world.desk, ListClientAppointmentsQuery(scene.ann.client_id, page=PageRequest(size=1))
        )
        assert first.items == (couple,)
        assert first.next != ""

    async def test_it_is_read_of_the_record_and_of_all_who_are_seen(
        self, scene: Scene, couple: PracticeAppointmentView
    ) -> None:
        ann, bob = scene.ann.client_id, scene.bob.client_id
        await scene.desk.list_client_appointments(scene.world.desk, ListClientAppointmentsQuery(ann))
        assert await read(scene) == sorted([ann, bob])
        # An empty page too says something of the record.
        which = AppointmentFilter("past")
        page = await scene.desk.list_client_appointments(scene.world.desk, ListClientAppointmentsQuery(ann, which))
        assert page.items == ()
        assert await read(scene) == [*sorted([ann, bob]), ann]

    async def test_who_may_not(self, scene: Scene) -> None:
        query = ListClientAppointmentsQuery(scene.ann.client_id)
        for actor, refusal in (
            (scene.ann, NotFound),
            (scene.world.as_staff("clinician"), NotFound),
            (scene.world.as_staff("biller", "auditor"), Forbidden),
        ):
            with pytest.raises(refusal):
                await scene.desk.list_client_appointments(actor, query)
        other = await scene.world.beside()
        for stranger in (scene.world.ids.new(), await other.add_client()):
            with pytest.raises(NotFound):
                await scene.desk.list_client_appointments(scene.world.desk, ListClientAppointmentsQuery(stranger))
        with pytest.raises(Invalid):
            ListClientAppointmentsQuery(scene.ann.client_id, page=PageRequest(size=101))


class TestOne:
    async def test_as_it_was_booked_and_audited_for_each(self, scene: Scene, couple: PracticeAppointmentView) -> None:
        for actor in (scene.world.desk, scene.world.as_staff("administrator"), grey(scene)):
            assert await scene.desk.show_practice_appointment(actor, couple.id) == couple
        assert await read(scene) == sorted([scene.ann.client_id, scene.bob.client_id]) * 3

    async def test_who_may_not(self, scene: Scene, couple: PracticeAppointmentView) -> None:
        green = await scene.world.add_clinician("Dr. Green")
        for actor, refusal in (
            (scene.ann, NotFound),
            (scene.world.as_staff("clinician"), NotFound),
            (scene.world.as_staff("clinician", clinician_id=green), NotFound),
            (scene.world.as_staff("biller", "auditor"), Forbidden),
        ):
            with pytest.raises(refusal):
                await scene.desk.show_practice_appointment(actor, couple.id)
        with pytest.raises(NotFound):
            await scene.desk.show_practice_appointment(scene.world.desk, scene.world.ids.new())
        assert await read(scene) == []
