"""A clinician who leaves: the staff who are this clinician, and the clients for whom nobody is left."""

from typing import Any

import pytest
import pytest_asyncio
from attrs import evolve

from portal_core.people.details import ClinicianDetails
from portal_core.people.import_rows import ClinicianRow
from portal_core.people.use_cases.assign_care_team import AssignCareTeam, AssignCareTeamCommand
from portal_core.people.use_cases.change_clinician import ChangeClinician, ChangeClinicianCommand
from tests.unit.people.import_setup import run_import
from tests.unit.people.memory_world import MemoryPeopleUseCases


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


async def test_clients_whom_nobody_else_sees_are_named_when_a_clinician_leaves(use_cases: MemoryPeopleUseCases) -> None:
    world, assign = use_cases.world, AssignCareTeam(use_cases.world.begin, use_cases.world.clock)
    grey, owen = await world.add_clinician(external_id="C-1"), await world.add_clinician("Dr. Owen")
    alone, shared = await world.add_client(), await world.add_client()
    await assign(world.staff(), AssignCareTeamCommand(alone.id, (grey.id,)))
    await assign(world.staff(), AssignCareTeamCommand(shared.id, (grey.id, owen.id)))
    rows = (ClinicianRow(2, "C-1", active="no"), ClinicianRow(3, "C-2", "Dr. New"))
    (row, _) = (await run_import(use_cases, clinicians=rows, dry_run=True)).rows
    assert row.clients_without_clinician == 1
    change, details = ChangeClinician(world.begin, world.clock), ClinicianDetails(grey.name, external_id="C-1")
    left = await change(world.staff(), ChangeClinicianCommand(grey.id, evolve(details, active=False), 1))
    assert left.clients_without_clinician == (alone.id,)
    back = await change(world.staff(), ChangeClinicianCommand(grey.id, details, 2))
    assert back.clients_without_clinician == ()


@pytest.mark.parametrize("by_import", [False, True])
async def test_staff_who_are_a_clinician_who_leaves_keep_only_other_roles(
    use_cases: MemoryPeopleUseCases, by_import: bool
) -> None:
    world = use_cases.world
    grey = await world.add_clinician(external_id="C-1")
    owen = await world.add_clinician("Dr. Owen")
    of_grey: tuple[dict[str, Any], ...] = (
        {"roles": frozenset({"clinician"})},
        {"roles": frozenset({"clinician", "administrator"})},
        {"roles": frozenset({"biller"})},
        {"roles": frozenset({"clinician"}), "active": False},
    )
    only, owner, biller, gone = [
        await world.add_staff(f"{number}@elm.example", f"Staff {number}", clinician_id=grey.id, **more)
        for number, more in enumerate(of_grey)
    ]
    await world.add_staff("owen@elm.example", roles=frozenset({"clinician"}), clinician_id=owen.id)
    change = ChangeClinician(world.begin, world.clock)
    left = ChangeClinicianCommand(grey.id, ClinicianDetails(grey.name, external_id="C-1", active=False), 1)
    for expected in ((1, 2), (0, 2)):
        if by_import:
            rows = (ClinicianRow(2, "C-1", active="no"),)
            for dry_run in (True, False):
                (row,) = (await run_import(use_cases, clinicians=rows, dry_run=dry_run)).rows
                assert (row.staff_ended, row.staff_kept) == expected
            view = await change(world.staff(), evolve(left, version=2))
        else:
            view = await change(world.staff(), left)
            left = evolve(left, version=view.version)
        assert [(one.id, one.active, one.roles, one.version) for one in view.staff] == [
            (only.id, False, ("clinician",), 2),
            (owner.id, True, ("administrator",), 2),
            (biller.id, True, ("biller",), 1),
            (gone.id, False, ("clinician",), 1),
        ]
    assert [(one.target, one.facts) for one in await use_cases.audit_entries("staff.changed")] == [
        (only.id, {"fields": "active", "roles": "clinician", "by": "clinician_left"}),
        (owner.id, {"fields": "roles", "roles": "administrator", "by": "clinician_left"}),
    ]
    back = await change(world.staff(), ChangeClinicianCommand(grey.id, ClinicianDetails(grey.name), 2))
    assert [one.active for one in back.staff] == [False, True, True, False], "back as staff only by ChangeStaff"
