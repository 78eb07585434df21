"""What an EHR imports before anyone books: a practice, its people, an appointment type and availability."""

from collections.abc import Sequence
from datetime import time, timedelta
from typing import Any
from uuid import UUID

from attrs import frozen

from portal_core import Begin, ClientActor, Clock, IdSource, Origin, PageRequest, SystemActor
from portal_core.appointments.use_cases.define_appointment_type import (
    DefineAppointmentType,
    DefineAppointmentTypeCommand,
)
from portal_core.appointments.use_cases.publish_availability import (
    Opening,
    PublishAvailability,
    PublishAvailabilityCommand,
)
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.use_cases.add_practice import AddPractice, AddPracticeCommand
from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand
from portal_core.people.use_cases.list_clients import ListClients, ListClientsQuery
from portal_core.people.use_cases.list_clinicians import ListClinicians

CLINICIANS: Sequence[ClinicianRow] = (ClinicianRow(1, "C-1", "Elena Rivera", "PhD"),)
CLIENTS: Sequence[ClientRow] = (
    ClientRow(1, "K-1", "Mira", "Okafor", "1990-05-17", email="mira@client.example", clinicians="C-1"),
    ClientRow(2, "K-2", "Theo", "Lindqvist", "1984-11-02", clinicians="C-1"),
)


@frozen
class ElmStreet:
    """The imported practice. `clients` maps the EHR's ids to the portal's."""

    practice_id: UUID
    appointment_type_id: UUID
    clients: dict[str, UUID]

    def actor_for(self, external_id: str, account_id: UUID) -> ClientActor:
        """The actor for a client whom the EHR has signed in. `account_id` identifies them in the audit log."""
        return ClientActor(self.practice_id, account_id, self.clients[external_id], origin=Origin(device="EHR"))


async def import_practice(add_practice: AddPractice, begin: Begin[Any], clock: Clock, ids: IdSource) -> ElmStreet:
    """Adds the practice and its data. Works the same with units in memory and on PostgreSQL."""
    command = AddPracticeCommand("elm-street", "Elm Street Practice", "America/New_York", "NY")
    practice = await add_practice(Origin(), command)

    job = SystemActor(practice.id, "ehr import")
    people = ImportPeopleCommand(clinicians=CLINICIANS, clients=CLIENTS)
    report = await ImportPeople(begin, clock, ids)(job, people)
    assert not report.rejected, report

    individual = DefineAppointmentTypeCommand(name="Individual session", duration=timedelta(minutes=50))
    appointment_type = await DefineAppointmentType(begin, ids)(job, individual)
    week = tuple(Opening(weekday=day, start_time=time(9), end_time=time(17)) for day in range(5))
    for clinician in (await ListClinicians(begin)(job)).items:
        hours = PublishAvailabilityCommand(clinician_id=clinician.id, openings=week)
        await PublishAvailability(begin, clock, ids)(job, hours)

    listed = await ListClients(begin, clock)(job, ListClientsQuery(PageRequest(size=100)))
    return ElmStreet(practice.id, appointment_type.id, {one.external_id or "": one.id for one in listed.items})
