"""Several who change one thing at once, each as it was shown to them: one is heard, the others are told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from datetime import time, timedelta
from typing import TypeVar, cast

import pytest_asyncio

from portal_core.appointments.settings import AppointmentRules
from portal_core.appointments.use_cases.define_kind import DefineKind, DefineKindCommand
from portal_core.appointments.use_cases.define_place import DefinePlace, DefinePlaceCommand
from portal_core.appointments.use_cases.publish_availability import Opening, PublishAvailabilityCommand
from portal_core.appointments.use_cases.set_appointment_rules import SetAppointmentRules
from portal_core.appointments.use_cases.show_offering import ShowOffering
from portal_core.kernel.actor import StaffActor
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.uow import Begin
from portal_core.people.ports import PeopleUnit
from portal_core.people.use_cases.assign_care_team import AssignCareTeam, AssignCareTeamCommand
from tests.support.appointments.postgres_world import PostgresAppointmentsWorld
from tests.support.appointments.use_cases import Desk
from tests.support.contracts.appointments.world import ZONE
from tests.support.engine.clusters import Cluster
from tests.support.engine.postgres import opened

AT_ONCE = 8
T = TypeVar("T")


@pytest_asyncio.fixture
async def world(cluster: Cluster, database_name: str) -> AsyncIterator[PostgresAppointmentsWorld]:
    async with opened(cluster, database_name, smallest=AT_ONCE, largest=AT_ONCE) as database:
        yield await PostgresAppointmentsWorld.open(database)


async def _one_heard(tries: Iterable[Awaitable[T]]) -> T:
    """What the only one answered who was not told that it had changed meanwhile."""
    answers = await asyncio.gather(*tries, return_exceptions=True)
    (heard,) = [one for one in answers if not isinstance(one, StaleVersion)]
    if isinstance(heard, BaseException):
        raise heard
    return heard


def _administrator(world: PostgresAppointmentsWorld) -> StaffActor:
    return world.as_staff("administrator")


async def test_one_kind_and_one_place(world: PostgresAppointmentsWorld) -> None:
    who, kind, place = _administrator(world), await world.add_kind(), await world.add_place()
    define_kind, define_place = DefineKind(world.begin, world.ids), DefinePlace(world.begin, world.ids)
    hour = timedelta(hours=1)
    kinds = [
        DefineKindCommand(kind_id=kind.id, name=f"Kind {number}", duration=hour, version=1) for number in range(AT_ONCE)
    ]
    places = [
        DefinePlaceCommand(place_id=place.id, name=f"Place {number}", zone=ZONE, version=1) for number in range(AT_ONCE)
    ]
    changed_kind = await _one_heard([define_kind(who, one) for one in kinds])
    changed_place = await _one_heard([define_place(who, one) for one in places])
    shown = await ShowOffering(world.begin)(who)
    assert (shown.kinds, shown.places) == ((changed_kind,), (changed_place,))
    assert (changed_kind.version, changed_place.version) == (2, 2)


async def test_the_rules(world: PostgresAppointmentsWorld) -> None:
    who, version = _administrator(world), (await ShowOffering(world.begin)(_administrator(world))).rules.version
    rules = [AppointmentRules(holds_per_client=number) for number in range(1, AT_ONCE + 1)]
    heard = await _one_heard([SetAppointmentRules(world.begin)(who, one, version) for one in rules])
    assert (await ShowOffering(world.begin)(who)).rules == heard
    assert heard.version == version + 1
    await asyncio.gather(*(SetAppointmentRules(world.begin)(who, one) for one in rules))
    assert (await ShowOffering(world.begin)(who)).rules.version == heard.version + AT_ONCE


async def test_a_care_team(world: PostgresAppointmentsWorld) -> None:
    client, begin = await world.add_client(), cast(Begin[PeopleUnit], world.begin)
    clinicians = [await world.add_clinician() for _ in range(AT_ONCE)]
    assign = AssignCareTeam(begin)
    heard = await _one_heard([assign(world.desk, AssignCareTeamCommand(client, (one,), 1)) for one in clinicians])
    assert heard.profile.version == 2
    async with begin(world.desk) as unit:
        assert await unit.care_teams.of(client) == heard.care_team


async def test_a_week(world: PostgresAppointmentsWorld) -> None:
    desk, clinician = Desk(world), await world.add_clinician()
    for _ in range(2):  # over no week at all, and over one
        shown = await desk.show_availability(world.desk, clinician)
        weeks = [
            PublishAvailabilityCommand(
                clinician_id=clinician,
                openings=(Opening(weekday=1, starts=time(8 + number), ends=time(20)),),
                replaces=[one.id for one in shown.rules],
            )
            for number in range(AT_ONCE)
        ]
        heard = await _one_heard([desk.publish(world.desk, one) for one in weeks])
        assert await desk.show_availability(world.desk, clinician) == heard
