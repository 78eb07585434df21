"""Contract of corrections. Subclasses provide a `world`."""

from datetime import timedelta
from uuid import UUID

from attrs import evolve

from portal_core.appointments.correction import Correction
from portal_core.kernel.audit import AuditEntry
from tests.support.contracts.appointments.world import AUDIT_ENTRY, AppointmentsWorld, new_york

HOUR = timedelta(hours=1)


class CorrectionsContract:
    """The contract of `Corrections`."""

    async def _corrections(self, world: AppointmentsWorld) -> tuple[UUID, UUID, UUID, list[Correction]]:
        """A booking of Ann and Bob, and what was put right in it: of Ann's part, of Bob's, and again of Ann's."""
        ann, bob = await world.add_client(), await world.add_client(given="Bob")
        clinician, appointment_type = await world.add_clinician(), await world.add_appointment_type(seats=2)
        booking = (await world.add_booking(clinician, appointment_type, new_york(3, 10), ann, bob)).appointment.id
        first = Correction(
            id=world.ids.new(),
            practice_id=world.practice_id,
            client_id=ann,
            appointment_id=booking,
            before="no_show",
            after="attending",
            fee="waive",
            reason="Größe: wrong row",
            corrected_by=world.ids.new(),
            corrected_at=world.clock.now(),
        )
        second = evolve(first, id=world.ids.new(), client_id=bob, fee="charge", corrected_at=first.corrected_at + HOUR)
        third = evolve(
            first, id=world.ids.new(), fee="keep", corrected_by=None, corrected_at=first.corrected_at + 2 * HOUR
        )
        return ann, bob, booking, [first, second, third]

    async def test_list_is_latest_first_with_every_field(self, world: AppointmentsWorld) -> None:
        _, _, booking, made = await self._corrections(world)
        async with world.begin(world.front_desk) as unit:
            for one in (made[1], made[2], made[0]):
                await unit.corrections.add(one, AuditEntry("test.corrected", booking, record=one.client_id))
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            assert await unit.corrections.of_appointment(booking) == made[::-1]
            assert await unit.corrections.of_appointment(world.ids.new()) == []
        assert [one.action for one in await world.audit() if one.target == booking] == ["test.corrected"] * 3
        other = await world.other_practice()
        async with other.begin(other.front_desk) as unit:
            assert await unit.corrections.of_appointment(booking) == []

    async def test_reasons_are_lost_with_the_key_and_new_ones_left_out(self, world: AppointmentsWorld) -> None:
        ann, _, booking, [first, second, third] = await self._corrections(world)
        async with world.begin(world.front_desk) as unit:
            await unit.corrections.add(first, AUDIT_ENTRY)
            await unit.corrections.add(second, AUDIT_ENTRY)
            await unit.commit(None)
        await world.destroy_key(ann)
        async with world.begin(world.front_desk) as unit:
            await unit.corrections.add(third, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            found = await unit.corrections.of_appointment(booking)
        assert found == [evolve(third, reason=None), second, evolve(first, reason=None)]
