"""Clients hold and book slots."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import msgspec
import pytest
from attrs import evolve

from portal_core.appointments.booking import SlotChoice
from portal_core.appointments.errors import (
    HoldExpired,
    NotBookable,
    OutsideAvailability,
    OverlappingAppointment,
    SlotTaken,
    TooFar,
    TooManyHolds,
    TooSoon,
)
from portal_core.appointments.settings import AppointmentSettings
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.hold_slot import HoldSlotCommand
from portal_core.appointments.views import AppointmentView
from portal_core.kernel.actor import Actor, Origin
from portal_core.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from portal_core.kernel.idempotency import IdempotentRequest, Replayed
from tests.support.contracts.appointments.world import ZONE, new_york
from tests.unit.appointments.conftest import BookingScenario


def slot(scenario: BookingScenario, at: datetime) -> BookAppointmentCommand:
    return BookAppointmentCommand(choice=scenario.world.choice(scenario.grey, scenario.appointment_type, at))


class TestBooking:
    async def test_booking_returns_the_appointment_view(self, scenario: BookingScenario) -> None:
        view = await scenario.use_cases.book(scenario.ann, slot(scenario, new_york(4, 10)))
        assert (view.status, view.starts_at, view.ends_at) == ("booked", new_york(4, 10), new_york(4, 11))
        assert (view.clinician_name, view.appointment_type_name, view.time_zone) == (
            "Dr. Grey",
            "Individual session",
            ZONE,
        )
        assert (view.telehealth, view.can_cancel, view.can_reschedule) == (True, True, True)
        assert view.cancel_deadline == new_york(3, 10)
        assert (view.can_join, view.join_opens_at) == (False, new_york(4, 9, 45))
        assert await scenario.use_cases.get_appointment(scenario.ann, view.id) == view

    async def test_client_and_clinician_are_notified_and_change_is_audited(self, scenario: BookingScenario) -> None:
        view = await scenario.use_cases.book(scenario.ann, slot(scenario, new_york(4, 10)))
        notified = [(one.kind, one.to_client, one.to_account, one.subject_id) for one in await scenario.world.notices()]
        assert notified == [
            ("appointment_booked", scenario.ann.client_id, None, view.id),
            ("appointment_booked", None, scenario.grey_account_id, view.id),
        ]
        entries = [one for one in await scenario.world.audit() if one.target == view.id]
        assert [(one.action, one.record) for one in entries] == [("appointment.booked", scenario.ann.client_id)]

    async def test_every_appointment_has_a_room_of_its_own(self, scenario: BookingScenario) -> None:
        location = await scenario.world.add_location(time_zone="America/Chicago")
        telehealth = await scenario.use_cases.book(scenario.ann, slot(scenario, new_york(4, 10)))
        await scenario.world.open_week(scenario.grey, location_id=location.id)
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 12), location.id)
        in_person = await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
        rooms = {one.id: one.room for one in scenario.world.store.table("appointments").values()}
        assert rooms == {telehealth.id: "token-1", in_person.id: "token-2"}
        assert (in_person.time_zone, in_person.location_address, in_person.telehealth) == (
            "America/Chicago",
            "1 Elm Street",
            False,
        )
        assert in_person.join_opens_at is None

    @pytest.mark.parametrize(
        ("at", "refusal"),
        [
            (new_york(4, 8), OutsideAvailability),
            (new_york(4, 16, 30), OutsideAvailability),
            (new_york(7, 10), OutsideAvailability),
            (new_york(4, 10, 7), OutsideAvailability),
            (new_york(2, 9), TooSoon),
            (new_york(2, 12), TooSoon),
            (new_york(1, 10, month=7), TooFar),
        ],
    )
    async def test_unavailable_times_are_refused(
        self, scenario: BookingScenario, at: datetime, refusal: type[Conflict]
    ) -> None:
        appointment_type = await scenario.world.add_appointment_type(minutes=60, notice_hours=4)
        with pytest.raises(refusal):
            await scenario.use_cases.book(
                scenario.ann, BookAppointmentCommand(choice=scenario.world.choice(scenario.grey, appointment_type, at))
            )
        assert not scenario.world.store.table("calendar")

    async def test_taken_slot_is_refused(self, scenario: BookingScenario) -> None:
        await scenario.use_cases.book(scenario.ann, slot(scenario, new_york(4, 10)))
        with pytest.raises(SlotTaken):
            await scenario.use_cases.book(scenario.bob, slot(scenario, new_york(4, 10)))
        await scenario.use_cases.book(scenario.bob, slot(scenario, new_york(4, 11)))

    async def test_gap_is_larger_of_two_buffers(self, scenario: BookingScenario) -> None:
        appointment_type = await scenario.world.add_appointment_type(minutes=60, before=30, after=15, step=15)

        def at(hour: int, minute: int) -> BookAppointmentCommand:
            return BookAppointmentCommand(
                choice=scenario.world.choice(scenario.grey, appointment_type, new_york(4, hour, minute))
            )

        await scenario.use_cases.book(scenario.ann, at(10, 0))
        with pytest.raises(SlotTaken):
            await scenario.use_cases.book(scenario.bob, at(11, 15))
        await scenario.use_cases.book(scenario.bob, at(11, 30))

    async def test_client_cannot_be_double_booked(self, scenario: BookingScenario) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        await scenario.world.join_care_team(scenario.ann.client_id, green)
        await scenario.world.open_week(green)
        await scenario.use_cases.book(scenario.ann, slot(scenario, new_york(4, 10)))
        appointment_type = await scenario.world.add_appointment_type(minutes=60, step=30)
        for choice in (
            scenario.world.choice(green, appointment_type, new_york(4, 10, 30)),
            scenario.world.choice(green, appointment_type, new_york(4, 9, 30)),
        ):
            with pytest.raises(OverlappingAppointment):
                await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
        await scenario.use_cases.book(
            scenario.ann, BookAppointmentCommand(choice=scenario.world.choice(green, appointment_type, new_york(4, 11)))
        )

    async def test_options_outside_the_care_team_are_refused(self, scenario: BookingScenario) -> None:
        world, at = scenario.world, new_york(4, 10)
        green = await world.add_clinician("Dr. Green")
        gone = await world.add_clinician("Dr. Gone", active=False)
        for one in (green, gone):
            await world.open_week(one)
        await world.join_care_team(scenario.ann.client_id, gone)
        closed = await world.add_location(active=False)
        for choice in (
            world.choice(green, scenario.appointment_type, at),
            world.choice(gone, scenario.appointment_type, at),
            world.choice(world.ids.new(), scenario.appointment_type, at),
            world.choice(scenario.grey, await world.add_appointment_type(self_bookable=False), at),
            world.choice(scenario.grey, await world.add_appointment_type(active=False), at),
            world.choice(scenario.grey, await world.add_appointment_type(seats=2), at),
            world.choice(scenario.grey, scenario.appointment_type, at, closed.id),
            world.choice(scenario.grey, scenario.appointment_type, at, world.ids.new()),
            SlotChoice(clinician_id=scenario.grey, appointment_type_id=world.ids.new(), starts_at=at),
        ):
            with pytest.raises(NotBookable):
                await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
        await world.save_appointment_settings(AppointmentSettings(self_booking=False))
        with pytest.raises(NotBookable):
            await scenario.use_cases.book(scenario.ann, slot(scenario, at))

    async def test_only_client_or_writing_proxy_can_book(self, scenario: BookingScenario) -> None:
        command = slot(scenario, new_york(4, 10))
        client = scenario.ann.client_id
        for actor in (scenario.world.front_desk, scenario.world.as_proxy(client, may_write=True, areas=["messages"])):
            with pytest.raises(NotFound):
                await scenario.use_cases.book(actor, command)
        with pytest.raises(Forbidden):
            await scenario.use_cases.book(scenario.world.as_proxy(client, may_write=False), command)
        view = await scenario.use_cases.book(scenario.world.as_proxy(client, may_write=True), command)
        assert await scenario.use_cases.get_appointment(scenario.ann, view.id) == view

    async def test_booking_takes_either_slot_or_hold(self, scenario: BookingScenario) -> None:
        with pytest.raises(Invalid):
            BookAppointmentCommand()
        with pytest.raises(Invalid):
            BookAppointmentCommand(
                choice=scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10)),
                hold_id=scenario.grey,
            )

    @pytest.mark.parametrize("at", [datetime(2026, 3, 4, 10), datetime(9999, 12, 31, tzinfo=UTC)])  # noqa: DTZ001
    async def test_invalid_start_time_is_refused(self, scenario: BookingScenario, at: datetime) -> None:
        with pytest.raises(Invalid):
            scenario.world.choice(scenario.grey, scenario.appointment_type, at)

    async def test_idempotency_key_replays_response(self, scenario: BookingScenario) -> None:
        def retried() -> Actor:
            return evolve(scenario.ann, origin=Origin(idempotent_request=IdempotentRequest("book", "key-1", b"digest")))

        view = await scenario.use_cases.book(retried(), slot(scenario, new_york(4, 10)))
        with pytest.raises(Replayed) as replayed:
            await scenario.use_cases.book(retried(), slot(scenario, new_york(4, 10)))
        assert msgspec.json.decode(replayed.value.response, type=AppointmentView) == view


class TestHoldSlot:
    async def test_hold_blocks_others_for_ten_minutes(self, scenario: BookingScenario) -> None:
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
        hold = await scenario.use_cases.hold(scenario.ann, HoldSlotCommand(choice))
        assert hold.expires_at == scenario.world.clock.now() + timedelta(minutes=10)
        scenario.world.clock.advance(timedelta(minutes=10) - timedelta.resolution)
        with pytest.raises(SlotTaken):
            await scenario.use_cases.book(scenario.bob, slot(scenario, new_york(4, 10)))
        scenario.world.clock.advance(timedelta.resolution)
        await scenario.use_cases.book(scenario.bob, slot(scenario, new_york(4, 10)))
        with pytest.raises(HoldExpired):
            await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(hold_id=hold.id))

    async def test_hold_is_booked_once(self, scenario: BookingScenario) -> None:
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
        hold = await scenario.use_cases.hold(scenario.ann, HoldSlotCommand(choice))
        with pytest.raises(NotFound):
            await scenario.use_cases.book(scenario.bob, BookAppointmentCommand(hold_id=hold.id))
        view = await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(hold_id=hold.id))
        assert view.starts_at == new_york(4, 10)
        with pytest.raises(NotFound):
            await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(hold_id=hold.id))
        with pytest.raises(NotFound):
            await scenario.use_cases.release(scenario.ann, hold.id)
        scenario.world.clock.advance(timedelta(hours=1))
        with pytest.raises(SlotTaken):
            await scenario.use_cases.book(scenario.bob, slot(scenario, new_york(4, 10)))

    async def test_booking_held_slot_uses_own_hold(self, scenario: BookingScenario) -> None:
        hold = await scenario.use_cases.hold(
            scenario.ann,
            HoldSlotCommand(scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))),
        )
        view = await scenario.use_cases.book(scenario.ann, slot(scenario, new_york(4, 10)))
        assert view.starts_at == new_york(4, 10)
        assert not scenario.world.store.table("holds")
        [entry] = scenario.world.store.table("calendar").values()
        assert (entry.purpose, entry.expires_at) == ("appointment", None)
        used = [one.action for one in await scenario.world.audit() if one.target == hold.id]
        assert used == ["hold.created", "hold.booked"]

    async def test_hold_is_limited_to_one_appointment_type(self, scenario: BookingScenario) -> None:
        await scenario.use_cases.hold(
            scenario.ann,
            HoldSlotCommand(scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))),
        )
        other = scenario.world.choice(
            scenario.grey, await scenario.world.add_appointment_type(minutes=60), new_york(4, 10)
        )
        with pytest.raises(SlotTaken):
            await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=other))

    async def test_booking_a_hold_rechecks_availability(self, scenario: BookingScenario) -> None:
        hold = await scenario.use_cases.hold(
            scenario.ann,
            HoldSlotCommand(scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))),
        )
        await scenario.world.open_week(scenario.grey, start_time=time(12))
        with pytest.raises(OutsideAvailability):
            await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(hold_id=hold.id))

    async def test_released_slot_is_available(self, scenario: BookingScenario) -> None:
        hold = await scenario.use_cases.hold(
            scenario.ann,
            HoldSlotCommand(scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))),
        )
        with pytest.raises(NotFound):
            await scenario.use_cases.release(scenario.bob, hold.id)
        await scenario.use_cases.release(scenario.ann, hold.id)
        await scenario.use_cases.book(scenario.bob, slot(scenario, new_york(4, 10)))

    async def test_hold_limit_per_client(self, scenario: BookingScenario) -> None:
        def choice(hour: int) -> SlotChoice:
            return scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, hour))

        await scenario.use_cases.hold(scenario.ann, HoldSlotCommand(choice(10)))
        await scenario.use_cases.hold(scenario.ann, HoldSlotCommand(choice(11)))
        with pytest.raises(TooManyHolds):
            await scenario.use_cases.hold(scenario.ann, HoldSlotCommand(choice(12)))
        await scenario.use_cases.hold(scenario.bob, HoldSlotCommand(choice(12)))
        scenario.world.clock.advance(timedelta(minutes=10))
        await scenario.use_cases.hold(scenario.ann, HoldSlotCommand(choice(13)))

    async def test_list_holds_until_expiry(self, scenario: BookingScenario) -> None:
        async def held(actor: Actor) -> list[UUID]:
            return [one.id for one in (await scenario.use_cases.list_holds(actor)).items]

        hours = [
            scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, hour)) for hour in (11, 10)
        ]
        first = await scenario.use_cases.hold(scenario.ann, HoldSlotCommand(hours[0]))
        scenario.world.clock.advance(timedelta(minutes=5))
        second = await scenario.use_cases.hold(scenario.ann, HoldSlotCommand(hours[1]))
        proxy = scenario.world.as_proxy(scenario.ann.client_id, may_write=False)
        assert (await scenario.use_cases.list_holds(proxy)).items == (first, second)
        entry = (await scenario.world.audit())[-1]
        assert (entry.action, entry.record) == ("holds.read", scenario.ann.client_id)
        assert await held(scenario.bob) == []
        for actor in (
            scenario.world.front_desk,
            scenario.world.as_proxy(scenario.ann.client_id, may_write=True, areas=["profile"]),
        ):
            with pytest.raises(NotFound):
                await held(actor)
        scenario.world.clock.at = first.expires_at
        assert await held(scenario.ann) == [second.id]
        await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(hold_id=second.id))
        assert await held(scenario.ann) == []

    async def test_hold_expires_at_slot_start(self, scenario: BookingScenario) -> None:
        scenario.world.clock.at = new_york(4, 9, 55)
        hold = await scenario.use_cases.hold(
            scenario.ann,
            HoldSlotCommand(scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))),
        )
        assert hold.expires_at == new_york(4, 10)
