"""Booking options, and who can change them."""

from datetime import date, time, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.scheduling.availability import AvailabilityException, AvailabilityRule
from portal_core.appointments.scheduling.deadlines import CalendarDays
from portal_core.appointments.settings import AppointmentSettings, AppointmentType
from portal_core.appointments.use_cases.change_appointment_settings import (
    ChangeAppointmentSettings,
    ChangeAppointmentSettingsCommand,
)
from portal_core.appointments.use_cases.define_appointment_type import (
    DefineAppointmentType,
    DefineAppointmentTypeCommand,
)
from portal_core.appointments.use_cases.define_location import DefineLocation, DefineLocationCommand
from portal_core.appointments.use_cases.get_booking_options import GetBookingOptions
from portal_core.appointments.use_cases.publish_availability import (
    Opening,
    PublishAvailability,
    PublishAvailabilityCommand,
)
from portal_core.kernel.actor import ClientActor, StaffActor, VisitorActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from portal_core.kernel.money import Money
from tests.support.contracts.appointments.world import AUDIT_ENTRY, ZONE, new_york
from tests.unit.appointments.conftest import BookingScenario

HOUR = timedelta(hours=1)


def administrator(scenario: BookingScenario) -> StaffActor:
    return scenario.world.as_staff("administrator")


def _define_location(scenario: BookingScenario) -> DefineLocation:
    return DefineLocation(scenario.world.begin, scenario.world.clock, scenario.world.ids)


async def test_client_sees_active_options_and_care_team(scenario: BookingScenario) -> None:
    await scenario.world.add_clinician("Dr. Green")
    gone = await scenario.world.add_clinician("Dr. Gone", active=False)
    await scenario.world.join_care_team(scenario.ann.client_id, gone)
    await scenario.world.add_appointment_type("Closed", active=False)
    await scenario.world.add_appointment_type("By request", self_bookable=False)
    branch = await scenario.world.add_location("Branch")
    await scenario.world.add_location("Closed", active=False)
    await add_hours(scenario, scenario.grey, branch.id)
    view = await GetBookingOptions(scenario.world.begin, scenario.world.clock)(scenario.ann)
    assert [(one.name, one.duration_minutes, one.self_bookable) for one in view.appointment_types] == [
        ("By request", 50, False),
        ("Individual session", 60, True),
    ]
    assert [one.name for one in view.locations] == ["Branch"]
    assert [(one.name, one.credentials) for one in view.clinicians] == [("Dr. Grey", "PhD")]
    assert (view.settings.cancel_notice_minutes, view.settings.cancel_notice_days) == (24 * 60, None)
    assert (await scenario.world.audit())[-1].action == "booking_options.read"


async def add_hours(scenario: BookingScenario, clinician_id: UUID, location_id: UUID | None, *types: UUID) -> None:
    """Publish hours in addition to those that the clinician has."""
    world = scenario.world
    rule = AvailabilityRule(
        id=world.ids.new(),
        clinician_id=clinician_id,
        weekday=2,
        start_time=time(9),
        end_time=time(12),
        time_zone=ZONE,
        location_id=location_id,
        appointment_type_ids=frozenset(types),
        valid_from=date(2026, 4, 1),
    )
    async with world.begin(world.front_desk) as unit:
        await unit.availability.publish(
            clinician_id, [*await unit.availability.rules([clinician_id]), rule], AUDIT_ENTRY
        )
        await unit.commit(None)


async def offered(scenario: BookingScenario, client: ClientActor) -> tuple[list[str], list[str]]:
    """The appointment types and locations that the client is offered."""
    view = await GetBookingOptions(scenario.world.begin, scenario.world.clock)(client)
    return [one.name for one in view.appointment_types], [one.name for one in view.locations]


class TestOffered:
    """A client is offered what the published hours of their care team are for."""

    async def test_only_the_care_teams_types_and_locations(self, scenario: BookingScenario) -> None:
        world = scenario.world
        green = await world.add_clinician("Dr. Green")
        elm, oak = await world.add_location("Elm"), await world.add_location("Oak")
        intake, group = await world.add_appointment_type("Intake"), await world.add_appointment_type("Group", seats=8)
        eve = world.as_client(await world.add_client(given="Eve"))
        await world.join_care_team(eve.client_id, green)
        await add_hours(scenario, green, elm.id, intake.id)
        assert await offered(scenario, eve) == (["Intake"], ["Elm"])
        assert await offered(scenario, scenario.ann) == (["Group", "Individual session", "Intake"], [])
        await add_hours(scenario, green, oak.id, group.id)
        assert await offered(scenario, eve) == (["Group", "Intake"], ["Elm", "Oak"])
        await world.join_care_team(eve.client_id, scenario.grey)
        assert await offered(scenario, eve) == (["Group", "Individual session", "Intake"], ["Elm", "Oak"])

    async def test_nothing_without_a_care_team(self, scenario: BookingScenario) -> None:
        await scenario.world.add_location("Elm")
        eve = scenario.world.as_client(await scenario.world.add_client(given="Eve"))
        assert await offered(scenario, eve) == ([], [])
        gone = await scenario.world.add_clinician("Dr. Gone", active=False)
        await scenario.world.join_care_team(eve.client_id, gone)
        assert await offered(scenario, eve) == ([], [])

    async def test_everything_where_a_clinician_has_published_no_hours(self, scenario: BookingScenario) -> None:
        await scenario.world.add_location("Elm")
        green = await scenario.world.add_clinician("Dr. Green")
        await scenario.world.join_care_team(scenario.ann.client_id, green)
        assert await offered(scenario, scenario.ann) == (["Individual session"], ["Elm"])

    async def test_hours_at_a_closed_location_offer_nothing(self, scenario: BookingScenario) -> None:
        world = scenario.world
        green, closed = await world.add_clinician("Dr. Green"), await world.add_location("Oak", active=False)
        eve = world.as_client(await world.add_client(given="Eve"))
        await world.join_care_team(eve.client_id, green)
        await add_hours(scenario, green, closed.id)
        assert await offered(scenario, eve) == ([], [])

    async def test_an_extra_day_offers_all_types_until_it_has_passed(self, scenario: BookingScenario) -> None:
        world = scenario.world
        green, elm = await world.add_clinician("Dr. Green"), await world.add_location("Elm")
        intake = await world.add_appointment_type("Intake")
        eve = world.as_client(await world.add_client(given="Eve"))
        await world.join_care_team(eve.client_id, green)
        await add_hours(scenario, green, None, intake.id)
        extra = AvailabilityException(
            id=world.ids.new(),
            clinician_id=green,
            date=date(2026, 3, 7),
            available=True,
            time_zone=ZONE,
            location_id=elm.id,
        )
        async with world.begin(world.front_desk) as unit:
            await unit.availability.add_exception(extra, AUDIT_ENTRY)
            await unit.commit(None)
        assert await offered(scenario, eve) == (["Individual session", "Intake"], ["Elm"])
        world.clock.at = new_york(9, 9)
        assert await offered(scenario, eve) == (["Intake"], [])


async def test_staff_and_jobs_see_inactive_options_too(scenario: BookingScenario) -> None:
    await scenario.world.add_clinician("Dr. Gone", active=False)
    await scenario.world.add_appointment_type("Closed", active=False, step=30)
    view = await GetBookingOptions(scenario.world.begin, scenario.world.clock)(scenario.world.as_staff("auditor"))
    assert await GetBookingOptions(scenario.world.begin, scenario.world.clock)(scenario.world.system) == view
    assert [(one.name, one.active) for one in view.clinicians] == [("Dr. Gone", False), ("Dr. Grey", True)]
    assert [(one.name, one.active, one.slot_step_minutes) for one in view.appointment_types] == [
        ("Closed", False, 30),
        ("Individual session", True, None),
    ]


async def test_other_actors_see_no_options(scenario: BookingScenario) -> None:
    visitor = VisitorActor(scenario.world.practice_id)
    for actor in (visitor, scenario.world.as_proxy(scenario.ann.client_id, may_write=True, areas=["forms"])):
        with pytest.raises(NotFound):
            await GetBookingOptions(scenario.world.begin, scenario.world.clock)(actor)


async def test_appointment_type_is_added_and_changed(scenario: BookingScenario) -> None:
    define = DefineAppointmentType(scenario.world.begin, scenario.world.ids)
    appointment_type = await define(
        administrator(scenario), DefineAppointmentTypeCommand(name=" Group ", duration=HOUR, seats=8)
    )
    assert (
        appointment_type.name,
        appointment_type.duration_minutes,
        appointment_type.seats,
        appointment_type.active,
    ) == (
        "Group",
        60,
        8,
        True,
    )
    changed = await define(
        administrator(scenario),
        DefineAppointmentTypeCommand(
            appointment_type_id=appointment_type.id, name="Group", duration=2 * HOUR, active=False
        ),
    )
    assert (changed.id, changed.duration_minutes, changed.active) == (appointment_type.id, 120, False)
    entries = [one.target for one in await scenario.world.audit() if one.action == "appointment_type.defined"]
    assert entries == [appointment_type.id, appointment_type.id]
    with pytest.raises(NotFound):
        await define(
            administrator(scenario),
            DefineAppointmentTypeCommand(appointment_type_id=scenario.world.ids.new(), name="Group", duration=HOUR),
        )


async def test_location_is_added_and_changed(scenario: BookingScenario) -> None:
    define = _define_location(scenario)
    location = await define(administrator(scenario), DefineLocationCommand(name="Branch", time_zone="America/Chicago"))
    moved = await define(
        administrator(scenario),
        DefineLocationCommand(location_id=location.id, name="Branch", time_zone=ZONE, address="2 Oak Street"),
    )
    assert (moved.id, moved.time_zone, moved.address) == (location.id, ZONE, "2 Oak Street")
    with pytest.raises(NotFound):
        await define(
            administrator(scenario),
            DefineLocationCommand(location_id=scenario.world.ids.new(), name="Branch", time_zone=ZONE),
        )


async def test_stale_versions_are_refused(scenario: BookingScenario) -> None:
    admin = administrator(scenario)
    define_type = DefineAppointmentType(scenario.world.begin, scenario.world.ids)
    define_location = _define_location(scenario)
    appointment_type = DefineAppointmentTypeCommand(
        appointment_type_id=scenario.appointment_type.id, name="Group", duration=HOUR, version=1
    )
    added = await define_location(admin, DefineLocationCommand(name="Branch", time_zone=ZONE))
    location = DefineLocationCommand(location_id=added.id, name="Annex", time_zone=ZONE, version=1)
    assert added.version == 1
    assert [(await define_type(admin, appointment_type)).version, (await define_location(admin, location)).version] == [
        2,
        2,
    ]
    shown = await GetBookingOptions(scenario.world.begin, scenario.world.clock)(admin)
    for version in (1, 3):
        with pytest.raises(StaleVersion):
            await define_type(admin, evolve(appointment_type, name="Stale", version=version))
        with pytest.raises(StaleVersion):
            await define_location(admin, evolve(location, name="Stale", version=version))
    assert await GetBookingOptions(scenario.world.begin, scenario.world.clock)(admin) == shown
    assert [(one.name, one.version) for one in (*shown.appointment_types, *shown.locations)] == [
        ("Group", 2),
        ("Annex", 2),
    ]
    unnamed = (
        await define_type(admin, evolve(appointment_type, version=None)),
        await define_location(admin, evolve(location, version=None)),
    )
    assert [one.version for one in unnamed] == [3, 3]


async def test_settings_are_changed(scenario: BookingScenario) -> None:
    settings = AppointmentSettings(cancel_notice=CalendarDays(2), late_cancel="fee", late_cancel_fee=Money(60_00))
    view = await ChangeAppointmentSettings(scenario.world.begin)(
        administrator(scenario), ChangeAppointmentSettingsCommand(settings)
    )
    assert (view.cancel_notice_days, view.cancel_notice_minutes, view.late_cancel_fee) == (2, None, Money(60_00))
    assert (await GetBookingOptions(scenario.world.begin, scenario.world.clock)(scenario.ann)).settings == view


async def test_stale_settings_are_refused(scenario: BookingScenario) -> None:
    change, admin = ChangeAppointmentSettings(scenario.world.begin), administrator(scenario)
    first = await change(admin, ChangeAppointmentSettingsCommand(AppointmentSettings(max_holds_per_client=3), 0))
    assert first.version == 1
    for version in (0, 2):
        with pytest.raises(StaleVersion):
            await change(admin, ChangeAppointmentSettingsCommand(AppointmentSettings(), version))
    assert (await GetBookingOptions(scenario.world.begin, scenario.world.clock)(admin)).settings == first
    assert (await change(admin, ChangeAppointmentSettingsCommand(AppointmentSettings()))).version == 2


def field_errors(error: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(one.path, one.code) for one in error.value.fields]


@pytest.mark.parametrize(
    ("text", "code"), [("\u202eabc", "characters_invalid"), ("abc\x07", "characters_invalid"), (" \t", "empty")]
)
async def test_invalid_texts_are_refused(scenario: BookingScenario, text: str, code: str) -> None:
    define_type = DefineAppointmentType(scenario.world.begin, scenario.world.ids)
    define_location = _define_location(scenario)
    admin = administrator(scenario)
    with pytest.raises(Invalid) as refused:
        await define_type(admin, DefineAppointmentTypeCommand(name=text, duration=HOUR))
    assert field_errors(refused) == [("name", code)]
    with pytest.raises(Invalid) as refused:
        await define_location(admin, DefineLocationCommand(name=text, time_zone=ZONE))
    assert field_errors(refused) == [("name", code)]
    for name in ("calendar_title", "calendar_name"):
        settings = evolve(AppointmentSettings(), **{name: text})
        with pytest.raises(Invalid) as refused:
            await ChangeAppointmentSettings(scenario.world.begin)(admin, ChangeAppointmentSettingsCommand(settings))
        assert field_errors(refused) == [(name, code)]
    with pytest.raises(Invalid) as refused:
        await define_location(
            admin, DefineLocationCommand(name="Branch", time_zone=ZONE, address=f"2 Oak Street\n{text}\x07")
        )
    assert field_errors(refused) == [("address", "characters_invalid")]


async def test_texts_are_normalized(scenario: BookingScenario) -> None:
    admin, define_location = (
        administrator(scenario),
        _define_location(scenario),
    )
    normalized = await define_location(
        admin, DefineLocationCommand(name=" North   Branch", time_zone=ZONE, address="2 Oak  Street\r\n\r\nAlbany ")
    )
    assert (normalized.name, normalized.address) == ("North Branch", "2 Oak Street\nAlbany")
    assert (
        await define_location(admin, DefineLocationCommand(name="South", time_zone=ZONE, address=" \n"))
    ).address is None
    settings = AppointmentSettings(calendar_title=" Meeting ", calendar_name=" At  Elm ")
    view = await ChangeAppointmentSettings(scenario.world.begin)(admin, ChangeAppointmentSettingsCommand(settings))
    assert (view.calendar_title, view.calendar_name) == ("Meeting", "At Elm")


async def test_system_actor_can_set_up_practice(scenario: BookingScenario) -> None:
    begin, ids, job = scenario.world.begin, scenario.world.ids, scenario.world.system
    await ChangeAppointmentSettings(begin)(job, ChangeAppointmentSettingsCommand(AppointmentSettings()))
    appointment_type = await DefineAppointmentType(begin, ids)(
        job, DefineAppointmentTypeCommand(name="Group", duration=HOUR)
    )
    location = await _define_location(scenario)(job, DefineLocationCommand(name="Branch", time_zone=ZONE))
    opening = Opening(
        weekday=1,
        start_time=time(9),
        end_time=time(12),
        location_id=location.id,
        appointment_type_ids=frozenset({appointment_type.id}),
    )
    command = PublishAvailabilityCommand(clinician_id=scenario.grey, openings=(opening,))
    published = await PublishAvailability(begin, scenario.world.clock, ids)(job, command)
    assert [one.appointment_type_ids for one in published.rules] == [(appointment_type.id,)]
    assert [entry.action for entry in await scenario.world.audit()][-4:] == [
        "appointment_settings.changed",
        "appointment_type.defined",
        "location.defined",
        "availability.published",
    ]


async def test_only_administrators_change_options(scenario: BookingScenario) -> None:
    for actor, refusal in (
        (scenario.world.as_staff("front_desk", "clinician", "biller", "auditor"), Forbidden),
        (scenario.ann, NotFound),
    ):
        for operation in (
            ChangeAppointmentSettings(scenario.world.begin)(
                actor, ChangeAppointmentSettingsCommand(AppointmentSettings())
            ),
            DefineAppointmentType(scenario.world.begin, scenario.world.ids)(
                actor, DefineAppointmentTypeCommand(name="Group", duration=HOUR)
            ),
            _define_location(scenario)(actor, DefineLocationCommand(name="Branch", time_zone=ZONE)),
        ):
            with pytest.raises(refusal):
                await operation


@pytest.mark.parametrize("name", ["", "  ", "n" * 201])
async def test_name_length_limits(scenario: BookingScenario, name: str) -> None:
    for operation in (
        DefineAppointmentType(scenario.world.begin, scenario.world.ids)(
            administrator(scenario), DefineAppointmentTypeCommand(name=name, duration=HOUR)
        ),
        _define_location(scenario)(administrator(scenario), DefineLocationCommand(name=name, time_zone=ZONE)),
    ):
        with pytest.raises(Invalid):
            await operation


@pytest.mark.parametrize("code", ["90834", "0373T", "1220F"])
async def test_appointment_type_has_a_cpt_code(scenario: BookingScenario, code: str) -> None:
    define = DefineAppointmentType(scenario.world.begin, scenario.world.ids)
    command = DefineAppointmentTypeCommand(name="Session", duration=HOUR, cpt_code=code)
    added = await define(administrator(scenario), command)
    shown = await GetBookingOptions(scenario.world.begin, scenario.world.clock)(administrator(scenario))
    assert {one.id: one.cpt_code for one in shown.appointment_types} == {
        added.id: code,
        scenario.appointment_type.id: None,
    }


@pytest.mark.parametrize("code", ["", "9083", "908344", "9083a", "9083é", "T9083", "90834\n", "９０８３４", "908 4"])
async def test_other_cpt_codes_are_refused(scenario: BookingScenario, code: str) -> None:
    define = DefineAppointmentType(scenario.world.begin, scenario.world.ids)
    with pytest.raises(Invalid) as refused:
        command = DefineAppointmentTypeCommand(name="Session", duration=HOUR, cpt_code=code)
        await define(administrator(scenario), command)
    assert field_errors(refused) == [("cpt_code", "bad_format")]


@pytest.mark.parametrize("seats", [0, 101])
def test_seat_limits(scenario: BookingScenario, seats: int) -> None:
    with pytest.raises(Invalid):
        AppointmentType(
            id=scenario.appointment_type.id, name="Group", timing=scenario.appointment_type.timing, seats=seats
        )
