"""The measured databases: a durable cluster in its own folder, with one practice in each database.

Every clinician has twenty clients. Each client has a weekly appointment on a working day at a fixed hour, so that the
hours in between are free to book. The signed-in people are spread evenly over the clients.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from attrs import frozen
from psycopg import sql

from adapters.local.postgres_server import EmbeddedPostgres
from adapters.postgres.engine.migrate import migrate
from adapters.postgres.engine.roles import APP_ROLE, WORKER_ROLE
from bench.seed import CLIENTS_EACH, seed
from entrypoints.container import open_portal
from entrypoints.settings import Settings
from portal_core.appointments.use_cases.define_appointment_type import (
    DefineAppointmentType,
    DefineAppointmentTypeCommand,
)
from portal_core.appointments.use_cases.define_location import DefineLocation, DefineLocationCommand
from portal_core.kernel.actor import Origin, StaffActor
from portal_core.kernel.time_zones import zone_info
from portal_core.people.use_cases.add_practice import AddPractice, AddPracticeCommand

ZONE = "America/New_York"
FREE_HOURS = (10, 12, 14, 16)
FREE_WEEKS = 11
"""How many weeks ahead the benchmark books, within the appointment type's 90 days."""


@frozen
class Size:
    """How many clients there are, how many of them are signed in, and how often the others come."""

    name: str
    clients: int
    people: int
    weeks_of_others: int


@frozen
class Person:
    """A signed-in client: their token and their clinician."""

    token: str
    clinician_id: UUID


@frozen
class Slot:
    """A free time, and who books it."""

    person: Person
    starts_at: datetime


@frozen
class Scene:
    """One filled database."""

    size: Size
    server: EmbeddedPostgres
    settings: Settings
    practice_id: UUID
    appointment_type_id: UUID
    location_id: UUID
    people: tuple[Person, ...]

    def dsn(self, role: str = APP_ROLE) -> str:
        return self.server.dsn(role, self.size.name)

    @contextmanager
    def owner(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            yield connection

    def slots(self) -> Iterator[Slot]:
        """Free times, one clinician after the other, so that neighbours in this order do not wait for each other."""
        by_clinician: dict[UUID, list[Person]] = {}
        for person in self.people:
            by_clinician.setdefault(person.clinician_id, []).append(person)
        for number, starts_at in enumerate(_free_times()):
            for seen_by_one in by_clinician.values():
                yield Slot(seen_by_one[number % len(seen_by_one)], starts_at)

    def forget(self) -> None:
        """Undo bookings and empty the tables that every request adds to, so that all rounds are comparable."""
        with self.owner() as owner:
            owner.execute(_FORGET_BOOKED)
            owner.execute("TRUNCATE portal.audit_entries, portal.idempotent_responses, portal.notices")
            owner.execute("TRUNCATE jobs.procrastinate_jobs CASCADE")
            owner.execute(_BE_ACTIVE)
            owner.execute("VACUUM portal.appointments, portal.attendances, portal.calendar, portal.sessions")


# Whatever was booked now is not of the seeds, which were booked in 2025.
_FORGET_BOOKED = """
WITH booked AS (DELETE FROM portal.appointments WHERE booked_at > '2026-01-01' RETURNING id, calendar_entry_id),
  attended AS (DELETE FROM portal.attendances WHERE appointment_id = ANY (SELECT id FROM booked))
DELETE FROM portal.calendar WHERE id = ANY (SELECT calendar_entry_id FROM booked)"""

# Activity is written once a minute, by one request in very many; a round is to meet none of those.
_BE_ACTIVE = "UPDATE portal.sessions SET last_active_at = now() + interval '15 minutes' WHERE device = 'bench'"


def _free_times() -> Iterator[datetime]:
    today = datetime.now(zone_info(ZONE)).date()
    monday = today - timedelta(days=today.weekday())
    for week in range(1, FREE_WEEKS + 1):
        for day in range(5):
            for hour in FREE_HOURS:
                local = datetime.combine(monday + timedelta(weeks=week, days=day), time(hour), zone_info(ZONE))
                yield local.astimezone(UTC)


@contextmanager
def cluster(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server with the settings and the durability of `portal serve`."""
    with EmbeddedPostgres(folder) as server:
        yield server


def filled(server: EmbeddedPostgres, folder: Path, size: Size) -> Scene:
    """A new database of this size."""
    with psycopg.connect(server.dsn(), autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(size.name)))
    owner_url = server.dsn(database=size.name)
    migrate(owner_url, date.today())
    settings = Settings(
        data_dir=folder / size.name,
        database_url=server.dsn(APP_ROLE, size.name),
        owner_database_url=owner_url,
        worker_database_url=server.dsn(WORKER_ROLE, size.name),
        throttle_rate=0,
    )
    settings.data_dir.mkdir()
    return asyncio.run(_fill(server, settings, size, owner_url))


async def _fill(server: EmbeddedPostgres, settings: Settings, size: Size, owner_url: str) -> Scene:
    async with open_portal(settings, settings.database_url) as portal:
        command = AddPracticeCommand("bench", "Bench", ZONE, "NY")
        practice_id = UUID(str((await portal.use_case(AddPractice)(Origin(), command)).id))
        administrator = StaffActor(practice_id, uuid4(), frozenset({"administrator"}))
        appointment_type = DefineAppointmentTypeCommand(
            name="Individual session",
            duration=timedelta(minutes=50),
            buffer_after=timedelta(minutes=10),
            slot_step=timedelta(minutes=60),
        )
        appointment_type_id = (await portal.use_case(DefineAppointmentType)(administrator, appointment_type)).id
        office = DefineLocationCommand(name="Office", time_zone=ZONE, address="12 Elm Street, Albany, NY 12207")
        location_id = (await portal.use_case(DefineLocation)(administrator, office)).id
        cipher = portal.parts.keys().cached_practice(practice_id)
    with psycopg.connect(owner_url, autocommit=True) as owner:
        tokens = seed(
            owner,
            practice_id,
            appointment_type_id,
            location_id,
            cipher,
            size.clients,
            size.people,
            size.weeks_of_others,
        )
        owner.execute("VACUUM (ANALYZE)")
        owner.execute("CHECKPOINT")
    people = tuple(Person(token, clinician) for token, clinician in tokens)
    assert size.people * CLIENTS_EACH >= len(people)
    return Scene(size, server, settings, practice_id, appointment_type_id, location_id, people)
