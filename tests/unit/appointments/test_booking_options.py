"""What a practice offers, and who says so."""

from datetime import time, timedelta

import pytest
from attrs import evolve

from portal_core.appointments.scheduling.deadlines import CalendarDays
from portal_core.appointments.settings import AppointmentRules, Kind
from portal_core.appointments.use_cases.define_kind import DefineKind, DefineKindCommand
from portal_core.appointments.use_cases.define_place import DefinePlace, DefinePlaceCommand
from portal_core.appointments.use_cases.publish_availability import (
    Opening,
    PublishAvailability,
    PublishAvailabilityCommand,
)
from portal_core.appointments.use_cases.set_appointment_rules import SetAppointmentRules
from portal_core.appointments.use_cases.show_offering import ShowOffering
from portal_core.kernel.actor import StaffActor, VisitorActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from portal_core.kernel.money import Money
from tests.support.contracts.appointments.world import ZONE
from tests.unit.appointments.conftest import Scene

HOUR = timedelta(hours=1)


def administrator(scene: Scene) -> StaffActor:
    return scene.world.as_staff("administrator")


async def test_a_client_sees_what_is_active_and_their_care_team(scene: Scene) -> None:
    await scene.world.add_clinician("Dr. Green")
    gone = await scene.world.add_clinician("Dr. Gone", active=False)
    await scene.world.join_care_team(scene.ann.client_id, gone)
    await scene.world.add_kind("Closed", active=False)
    await scene.world.add_kind("By request", online=False)
    await scene.world.add_place("Branch")
    await scene.world.add_place("Closed", active=False)
    view = await ShowOffering(scene.world.begin)(scene.ann)
    assert [(one.name, one.minutes, one.online) for one in view.kinds] == [
        ("By request", 50, False),
        ("Individual session", 60, True),
    ]
    assert [one.name for one in view.places] == ["Branch"]
    assert [(one.name, one.credentials) for one in view.clinicians] == [("Dr. Grey", "PhD")]
    assert (view.rules.cancel_notice_minutes, view.rules.cancel_notice_days) == (24 * 60, None)
    assert (await scene.world.audit())[-1].action == "offering.read"


async def test_staff_and_jobs_see_all(scene: Scene) -> None:
    await scene.world.add_clinician("Dr. Gone", active=False)
    await scene.world.add_kind("Closed", active=False, step=30)
    view = await ShowOffering(scene.world.begin)(scene.world.as_staff("auditor"))
    assert await ShowOffering(scene.world.begin)(scene.world.system) == view
    assert [(one.name, one.active) for one in view.clinicians] == [("Dr. Gone", False), ("Dr. Grey", True)]
    assert [(one.name, one.active, one.slot_step) for one in view.kinds] == [
        ("Closed", False, 30),
        ("Individual session", True, None),
    ]


async def test_others_see_nothing(scene: Scene) -> None:
    visitor = VisitorActor(scene.world.practice_id)
    for actor in (visitor, scene.world.as_proxy(scene.ann.client_id, may_write=True, areas=["forms"])):
        with pytest.raises(NotFound):
            await ShowOffering(scene.world.begin)(actor)


async def test_a_kind_is_added_and_changed(scene: Scene) -> None:
    define = DefineKind(scene.world.begin, scene.world.ids)
    kind = await define(administrator(scene), DefineKindCommand(name=" Group ", duration=HOUR, seats=8))
    assert (kind.name, kind.minutes, kind.seats, kind.active) == ("Group", 60, 8, True)
    changed = await define(
        administrator(scene), DefineKindCommand(kind_id=kind.id, name="Group", duration=2 * HOUR, active=False)
    )
    assert (changed.id, changed.minutes, changed.active) == (kind.id, 120, False)
    entries = [one.target for one in await scene.world.audit() if one.action == "appointment_kind.defined"]
    assert entries == [kind.id, kind.id]
    with pytest.raises(NotFound):
        await define(
            administrator(scene), DefineKindCommand(kind_id=scene.world.ids.new(), name="Group", duration=HOUR)
        )


async def test_a_place_is_added_and_changed(scene: Scene) -> None:
    define = DefinePlace(scene.world.begin, scene.world.ids)
    place = await define(administrator(scene), DefinePlaceCommand(name="Branch", zone="America/Chicago"))
    moved = await define(
        administrator(scene), DefinePlaceCommand(place_id=place.id, name="Branch", zone=ZONE, address="2 Oak Street")
    )
    assert (moved.id, moved.zone, moved.address) == (place.id, ZONE, "2 Oak Street")
    with pytest.raises(NotFound):
        await define(administrator(scene), DefinePlaceCommand(place_id=scene.world.ids.new(), name="Branch", zone=ZONE))


async def test_what_changed_after_it_was_shown_is_not_changed(scene: Scene) -> None:
    who = administrator(scene)
    kinds, places = DefineKind(scene.world.begin, scene.world.ids), DefinePlace(scene.world.begin, scene.world.ids)
    kind = DefineKindCommand(kind_id=scene.kind.id, name="Group", duration=HOUR, version=1)
    added = await places(who, DefinePlaceCommand(name="Branch", zone=ZONE))
    place = DefinePlaceCommand(place_id=added.id, name="Annex", zone=ZONE, version=1)
    assert added.version == 1
    assert [(await kinds(who, kind)).version, (await places(who, place)).version] == [2, 2]
    shown = await ShowOffering(scene.world.begin)(who)
    for version in (1, 3):
        with pytest.raises(StaleVersion):
            await kinds(who, evolve(kind, name="Stale", version=version))
        with pytest.raises(StaleVersion):
            await places(who, evolve(place, name="Stale", version=version))
    assert await ShowOffering(scene.world.begin)(who) == shown
    assert [(one.name, one.version) for one in (*shown.kinds, *shown.places)] == [("Group", 2), ("Annex", 2)]
    unnamed = await kinds(who, evolve(kind, version=None)), await places(who, evolve(place, version=None))
    assert [one.version for one in unnamed] == [3, 3]


async def test_rules_are_set(scene: Scene) -> None:
    rules = AppointmentRules(cancel_notice=CalendarDays(2), late_cancel="fee", late_fee=Money(60_00))
    view = await SetAppointmentRules(scene.world.begin)(administrator(scene), rules)
    assert (view.cancel_notice_days, view.cancel_notice_minutes, view.late_fee) == (2, None, Money(60_00))
    assert (await ShowOffering(scene.world.begin)(scene.ann)).rules == view


async def test_rules_that_changed_after_they_were_shown_are_not_replaced(scene: Scene) -> None:
    set_rules, who = SetAppointmentRules(scene.world.begin), administrator(scene)
    first = await set_rules(who, AppointmentRules(holds_per_client=3), 1)
    assert first.version == 2
    for version in (1, 3):
        with pytest.raises(StaleVersion):
            await set_rules(who, AppointmentRules(), version)
    assert (await ShowOffering(scene.world.begin)(who)).rules == first
    assert (await set_rules(who, AppointmentRules())).version == 3


def names_of(error: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(one.path, one.code) for one in error.value.fields]


@pytest.mark.parametrize(
    ("text", "code"), [("\u202eabc", "bad_characters"), ("abc\x07", "bad_characters"), (" \t", "empty")]
)
async def test_what_others_read_is_plain_text(scene: Scene, text: str, code: str) -> None:
    kinds, places = DefineKind(scene.world.begin, scene.world.ids), DefinePlace(scene.world.begin, scene.world.ids)
    who = administrator(scene)
    with pytest.raises(Invalid) as refused:
        await kinds(who, DefineKindCommand(name=text, duration=HOUR))
    assert names_of(refused) == [("name", code)]
    with pytest.raises(Invalid) as refused:
        await places(who, DefinePlaceCommand(name=text, zone=ZONE))
    assert names_of(refused) == [("name", code)]
    with pytest.raises(Invalid) as refused:
        await SetAppointmentRules(scene.world.begin)(who, AppointmentRules(calendar_title=text))
    assert names_of(refused) == [("calendar_title", code)]
    with pytest.raises(Invalid) as refused:
        await places(who, DefinePlaceCommand(name="Branch", zone=ZONE, address=f"2 Oak Street\n{text}\x07"))
    assert names_of(refused) == [("address", "bad_characters")]


async def test_texts_are_kept_in_one_form(scene: Scene) -> None:
    who, place = administrator(scene), DefinePlace(scene.world.begin, scene.world.ids)
    made = await place(
        who, DefinePlaceCommand(name=" North   Branch", zone=ZONE, address="2 Oak  Street\r\n\r\nAlbany ")
    )
    assert (made.name, made.address) == ("North Branch", "2 Oak Street\nAlbany")
    assert (await place(who, DefinePlaceCommand(name="South", zone=ZONE, address=" \n"))).address == ""
    rules = AppointmentRules(calendar_title=" Meeting ")
    assert (await SetAppointmentRules(scene.world.begin)(who, rules)).calendar_title == "Meeting"


async def test_an_ehrs_job_sets_the_practice_up(scene: Scene) -> None:
    begin, ids, job = scene.world.begin, scene.world.ids, scene.world.system
    await SetAppointmentRules(begin)(job, AppointmentRules())
    kind = await DefineKind(begin, ids)(job, DefineKindCommand(name="Group", duration=HOUR))
    place = await DefinePlace(begin, ids)(job, DefinePlaceCommand(name="Branch", zone=ZONE))
    opening = Opening(weekday=1, starts=time(9), ends=time(12), place_id=place.id, kind_ids=frozenset({kind.id}))
    command = PublishAvailabilityCommand(clinician_id=scene.grey, openings=(opening,))
    published = await PublishAvailability(begin, scene.world.clock, ids)(job, command)
    assert [one.kind_ids for one in published.rules] == [(kind.id,)]
    assert [entry.action for entry in await scene.world.audit()][-4:] == [
        "appointment_rules.set",
        "appointment_kind.defined",
        "place.defined",
        "availability.published",
    ]


async def test_only_administrators_decide(scene: Scene) -> None:
    for actor, refusal in (
        (scene.world.as_staff("front_desk", "clinician", "biller", "auditor"), Forbidden),
        (scene.ann, NotFound),
    ):
        for doing in (
            SetAppointmentRules(scene.world.begin)(actor, AppointmentRules()),
            DefineKind(scene.world.begin, scene.world.ids)(actor, DefineKindCommand(name="Group", duration=HOUR)),
            DefinePlace(scene.world.begin, scene.world.ids)(actor, DefinePlaceCommand(name="Branch", zone=ZONE)),
        ):
            with pytest.raises(refusal):
                await doing


@pytest.mark.parametrize("name", ["", "  ", "n" * 201])
async def test_names_are_there_and_not_endless(scene: Scene, name: str) -> None:
    for doing in (
        DefineKind(scene.world.begin, scene.world.ids)(
            administrator(scene), DefineKindCommand(name=name, duration=HOUR)
        ),
        DefinePlace(scene.world.begin, scene.world.ids)(administrator(scene), DefinePlaceCommand(name=name, zone=ZONE)),
    ):
        with pytest.raises(Invalid):
            await doing


@pytest.mark.parametrize("seats", [0, 101])
def test_somebody_comes(scene: Scene, seats: int) -> None:
    with pytest.raises(Invalid):
        Kind(id=scene.kind.id, name="Group", timing=scene.kind.timing, seats=seats)
