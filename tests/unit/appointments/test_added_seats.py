"""Seats that are added to a time of one's own."""

from datetime import timedelta

import pytest

from portal_core.appointments.use_cases.define_appointment_type import (
    DefineAppointmentType,
    DefineAppointmentTypeCommand,
)
from portal_core.kernel.errors import Invalid
from tests.unit.appointments.conftest import BookingScenario


async def test_strangers_join_only_what_the_practice_said_twice(scenario: BookingScenario) -> None:
    world, define = scenario.world, DefineAppointmentType(scenario.world.begin, scenario.world.ids)
    single = await world.add_appointment_type("Couples")

    def with_seats(*, self_bookable: bool | None) -> DefineAppointmentTypeCommand:
        return DefineAppointmentTypeCommand(
            name="Couples",
            duration=timedelta(hours=1),
            appointment_type_id=single.id,
            seats=2,
            self_bookable=self_bookable,
        )

    admin = world.as_staff("administrator")
    with pytest.raises(Invalid) as refused:
        await define(admin, with_seats(self_bookable=True))
    assert refused.value.fields[0].code == "seats_added"
    assert not (await define(admin, with_seats(self_bookable=None))).self_bookable
    assert (await define(admin, with_seats(self_bookable=True))).self_bookable
