"""Concurrent edits of the same version: one succeeds, the others get StaleVersion."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from datetime import time, timedelta
from typing import TypeVar, cast

import pytest_asyncio

from portal_core.appointments.settings import AppointmentSettings
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
from portal_core.appointments.use_cases.publish_availability import Opening, PublishAvailabilityCommand
from portal_core.kernel.actor import StaffActor
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.uow import Begin
from portal_core.people.ports import PeopleUnit
from portal_core.people.use_cases.assign_care_team import AssignCareTeam, AssignCareTeamCommand
from tests.support.appointments.postgres_world import PostgresAppointmentsWorld
from tests.support.appointments.use_cases import AppointmentUseCases
from tests.support.contracts.appointments.world import ZONE
from tests.support.engine.clusters import Cluster
from tests.support.engine.postgres import open_database

AT_ONCE = 8
T = TypeVar("T")


@pytest_asyncio.fixture
async def world(cluster: Cluster, database_name: str) -> AsyncIterator[PostgresAppointmentsWorld]:
    async with open_database(cluster, database_name, min_size=AT_ONCE, max_size=AT_ONCE) as database:
        yield await PostgresAppointmentsWorld.create(database)


async def _single_winner(tries: Iterable[Awaitable[T]]) -> T:
    """The result of the only call that did not raise StaleVersion."""
    answers = await asyncio.gather(*tries, return_exceptions=True)
    (heard,) = [one for one in answers if not isinstance(one, StaleVersion)]
    if isinstance(heard, BaseException):
        raise heard
    return heard


def _administrator(world: PostgresAppointmentsWorld) -> StaffActor:
    return world.as_staff("administrator")


async def test_one_concurrent_edit_of_appointment_type_and_location_succeeds(world: PostgresAppointmentsWorld) -> None:
    who, appointment_type, location = (
        _administrator(world),
        await world.add_appointment_type(),
        await world.add_location(),
    )
    define_appointment_type, define_location = (
        DefineAppointmentType(world.begin, world.ids),
        DefineLocation(world.begin, world.clock, world.ids),
    )
    hour = timedelta(hours=1)
    appointment_types = [
        DefineAppointmentTypeCommand(
            appointment_type_id=appointment_type.id, name=f"Kind {number}", duration=hour, version=1
        )
        for number in range(AT_ONCE)
    ]
    locations = [
        DefineLocationCommand(location_id=location.id, name=f"Place {number}", time_zone=ZONE, version=1)
        for number in range(AT_ONCE)
    ]
    changed_type = await _single_winner([define_appointment_type(who, one) for one in appointment_types])
    changed_location = await _single_winner([define_location(who, one) for one in locations])
    shown = await GetBookingOptions(world.begin, world.clock)(who)
    assert shown.appointment_types == (changed_type,)
    assert [one.name for one in shown.locations] == [changed_location.name]
    assert (changed_type.version, changed_location.version) == (2, 2)


async def test_the_settings(world: PostgresAppointmentsWorld) -> None:
    who, version = (
        _administrator(world),
        (await GetBookingOptions(world.begin, world.clock)(_administrator(world))).settings.version,
    )
    settings = [AppointmentSettings(max_holds_per_client=number) for number in range(1, AT_ONCE + 1)]
    heard = await _single_winner(
        [
            ChangeAppointmentSettings(world.begin)(who, ChangeAppointmentSettingsCommand(one, version))
            for one in settings
        ]
    )
    assert (await GetBookingOptions(world.begin, world.clock)(who)).settings == heard
    assert heard.version == version + 1
    await asyncio.gather(
        *(ChangeAppointmentSettings(world.begin)(who, ChangeAppointmentSettingsCommand(one)) for one in settings)
    )
    assert (await GetBookingOptions(world.begin, world.clock)(who)).settings.version == heard.version + AT_ONCE


async def test_one_concurrent_edit_of_care_team_succeeds(world: PostgresAppointmentsWorld) -> None:
    client, begin = await world.add_client(), cast(Begin[PeopleUnit], world.begin)
    clinicians = [await world.add_clinician() for _ in range(AT_ONCE)]
    assign = AssignCareTeam(begin, world.clock)
    winner = await _single_winner(
        [assign(world.front_desk, AssignCareTeamCommand(client, (one,), 1)) for one in clinicians]
    )
    assert winner.profile.version == 2
    async with begin(world.front_desk) as unit:
        assert await unit.care_teams.of(client) == winner.care_team


async def test_one_concurrent_publishing_of_availability_succeeds(world: PostgresAppointmentsWorld) -> None:
    use_cases, clinician = AppointmentUseCases(world), await world.add_clinician()
    for _ in range(2):  # without a published week, and with one
        shown = await use_cases.get_availability(world.front_desk, clinician)
        weeks = [
            PublishAvailabilityCommand(
                clinician_id=clinician,
                openings=(Opening(weekday=1, start_time=time(8 + number), end_time=time(20)),),
                expected_rule_ids=[one.id for one in shown.rules],
            )
            for number in range(AT_ONCE)
        ]
        winner = await _single_winner([use_cases.publish(world.front_desk, one) for one in weeks])
        assert await use_cases.get_availability(world.front_desk, clinician) == winner
