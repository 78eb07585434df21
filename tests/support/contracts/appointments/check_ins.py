"""Contract of check-ins. Subclasses provide a `world`."""

from datetime import timedelta
from uuid import UUID

from portal_core.appointments.check_in import CheckIn
from portal_core.kernel.audit import AuditEntry
from tests.support.contracts.appointments.world import AppointmentsWorld, new_york

HOUR = timedelta(hours=1)


class CheckInsContract:
    """The contract of `CheckIns`."""

    def _check_in(self, world: AppointmentsWorld, appointment_id: UUID, client: UUID, after: timedelta) -> CheckIn:
        return CheckIn(
            id=world.ids.new(),
            practice_id=world.practice_id,
            appointment_id=appointment_id,
            client_id=client,
            client_location="Café Größe, 12 Rue d'Été",
            callback="+1 518 555 0100",
            joined_at=world.clock.now() + after,
        )

    async def test_list_is_latest_first_and_own_only_for_client(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client(given="Bob")
        clinician, appointment_type = await world.add_clinician(), await world.add_appointment_type(seats=2)
        booking = (await world.add_booking(clinician, appointment_type, new_york(3, 10), ann, bob)).appointment.id
        first, second, again = (
            self._check_in(world, booking, client, HOUR * hours) for client, hours in ((ann, 0), (bob, 1), (ann, 2))
        )
        for one in (second, again, first):
            async with world.begin(world.as_client(one.client_id)) as unit:
                await unit.check_ins.add(one, AuditEntry("video_visit.joined", booking, record=one.client_id))
                await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            assert await unit.check_ins.of_appointment(booking) == [again, second, first]
            assert await unit.check_ins.of_appointment(world.ids.new()) == []
        async with world.begin(world.as_client(bob)) as unit:
            assert await unit.check_ins.of_appointment(booking) == [second]
        assert [one.action for one in await world.audit() if one.target == booking] == ["video_visit.joined"] * 3
