"""What an import leaves behind: booked appointments of clinicians who leave, and of clients who are discharged."""

from typing import Any, cast
from uuid import UUID

import pytest
from attrs import evolve

from adapters.memory.appointments.appointments import MemoryAppointments
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClientsCommand
from portal_core.kernel.uow import Begin
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand
from portal_core.people.views import ImportReport
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.practice_setup import booked


async def run_import(scenario: BookingScenario, *rows: ClientRow | ClinicianRow, **more: Any) -> ImportReport:
    world = scenario.world
    clinicians = [row for row in rows if isinstance(row, ClinicianRow)]
    clients = [row for row in rows if isinstance(row, ClientRow)]
    use_case = ImportPeople(cast(Begin[Any], world.begin), world.clock, world.ids)
    return await use_case(world.as_staff("administrator"), ImportPeopleCommand(clinicians, clients, **more))


def identify(scenario: BookingScenario) -> None:
    """Give Dr. Grey, Ann and Bob ids of the EHR."""
    for table, person, external_id in (
        ("clinicians", scenario.grey, "C-1"),
        ("clients", scenario.ann.client_id, "E-1"),
        ("clients", scenario.bob.client_id, "E-2"),
    ):
        rows = scenario.world.store.table(table)
        key = next(key for key in rows if person in key)
        rows[key] = evolve(rows[key], external_id=external_id)


async def cancel(scenario: BookingScenario, appointment_id: UUID) -> None:
    command = CancelAppointmentForClientsCommand(appointment_id=appointment_id)
    await scenario.use_cases.cancel_for(scenario.world.front_desk, command)


@pytest.fixture
async def busy(scenario: BookingScenario) -> BookingScenario:
    """Ann has three appointments, of which one has begun and one is with Bob, and a cancelled one."""
    identify(scenario)
    await booked(scenario, hour=9)
    await booked(scenario, hour=11)
    await booked(scenario, "ann", "bob", hour=14)
    await cancel(scenario, (await booked(scenario, hour=16)).id)
    scenario.world.clock.at = new_york(4, 9, 30)
    return scenario


async def test_clinician_who_leaves_leaves_booked_appointments(busy: BookingScenario) -> None:
    left, stays = ClinicianRow(2, "C-1", active="no"), ClinicianRow(3, "C-2", "Dr. Green")
    dry = await run_import(busy, left, stays, dry_run=True)
    assert [(row.outcome, row.appointments) for row in dry.rows] == [("changed", 2), ("added", 0)]
    assert evolve(dry, dry_run=False) == await run_import(busy, left, stays)
    again = await run_import(busy, left, stays)
    assert [(row.outcome, row.appointments) for row in again.rows] == [("unchanged", 2), ("unchanged", 0)]
    back = await run_import(busy, evolve(left, active="yes"))
    assert [row.appointments for row in back.rows] == [0]
    assert len(busy.world.store.table("appointments")) == 4


async def test_discharged_client_keeps_booked_appointments(busy: BookingScenario) -> None:
    rows = ClientRow(2, "E-1", status="discharged"), ClientRow(3, "E-2", status="discharged"), ClientRow(4, "E-3")
    dry = await run_import(busy, *rows, dry_run=True)
    assert [(row.outcome, row.appointments) for row in dry.rows] == [("changed", 2), ("changed", 1), ("rejected", 0)]
    assert evolve(dry, dry_run=False) == await run_import(busy, *rows)
    active = await run_import(busy, *(evolve(row, status="active") for row in rows[:2]))
    assert [row.appointments for row in active.rows] == [0, 0]


async def test_appointments_of_a_chunk_are_counted_at_once(
    busy: BookingScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    for name in ("count_with_clinicians", "count_of_clients"):
        count = getattr(MemoryAppointments, name)

        async def counting(repository: Any, ids: Any, after: Any, count: Any = count) -> Any:
            asked.append(len(ids))
            return await count(repository, ids, after)

        monkeypatch.setattr(MemoryAppointments, name, counting)
    await run_import(busy, ClinicianRow(2, "C-2", "Dr. Green"), ClinicianRow(3, "C-3", "Dr. Brown"))
    await run_import(busy, ClientRow(2, "E-1", family_name="Low"), ClientRow(3, "E-2", family_name="Low"))
    assert asked == [], "nobody leaves"
    leaving = [ClinicianRow(n, f"C-{n}", active="no") for n in (1, 2, 3)]
    await run_import(busy, *leaving, *(ClientRow(n, f"E-{n}", status="discharged") for n in (1, 2)))
    assert asked == [3, 2]
