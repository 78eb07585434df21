"""What stays behind when an import makes a clinician inactive or discharges a client."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from attrs import evolve

from portal_core.people.import_merge import ClientPlan, ClinicianPlan
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import ImportedRow


async def clinician_rows(unit: PeopleUnit, plans: Sequence[ClinicianPlan], now: datetime) -> list[ImportedRow]:
    """The rows, each with the booked appointments and clients that a clinician who is not active leaves behind."""
    left = {plan.before.id for plan in plans if plan.before and plan.after and not plan.after.active}
    counted = await unit.appointments.count_with_clinicians(left, now) if left else {}
    alone = await unit.care_teams.only_with(left)
    return [
        evolve(
            _told(plan, counted), clients_without_clinician=len(alone.get(plan.before.id, ()) if plan.before else ())
        )
        for plan in plans
    ]


async def client_rows(unit: PeopleUnit, plans: Sequence[ClientPlan], now: datetime) -> list[ImportedRow]:
    """The rows, each with the booked appointments to come of a client who is discharged."""
    left = {plan.before.id for plan in plans if plan.before and plan.after and plan.after.status == "discharged"}
    counted = await unit.appointments.count_of_clients(left, now) if left else {}
    return [_told(plan, counted) for plan in plans]


def _told(plan: ClinicianPlan | ClientPlan, counted: Mapping[UUID, int]) -> ImportedRow:
    return evolve(plan.row, appointments=counted.get(plan.before.id, 0)) if plan.before else plan.row
