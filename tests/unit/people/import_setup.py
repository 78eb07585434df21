"""Rows of imports, and how the tests of imports run them."""

from typing import Any

from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand
from portal_core.people.views import ImportReport
from tests.unit.people.memory_world import MemoryPeopleUseCases

PLAIN = ClientRow(2, "E-1", "Ann", "Lee", "1990-05-17")
FULL = ClientRow(
    3,
    " E-2 ",
    "Zoë",
    "O'Brien",
    "2001-02-28",
    chosen_name="Zed",
    pronouns="they/them",
    email="ZOE@Example.org",
    phone="212 555 0123",
    address="1 Elm Street",
    time_zone="Europe/Vienna",
    language="es",
    state="ny",
    status="Discharged",
    clinicians="C-2; C-1;;C-1",
)
CLINICIANS = (
    ClinicianRow(2, "C-1", "Dr. Grey", "PhD", "America/New_York", "https://rooms.example/grey", "yes"),
    ClinicianRow(3, "C-2", "Dr. Owen"),
)


async def run_import(
    use_cases: MemoryPeopleUseCases, *clients: ClientRow, clinicians: tuple[ClinicianRow, ...] = (), **more: Any
) -> ImportReport:
    import_people = ImportPeople(use_cases.world.begin, use_cases.world.clock, use_cases.world.ids)
    return await import_people(use_cases.world.system, ImportPeopleCommand(clinicians, clients, **more))


def stored(use_cases: MemoryPeopleUseCases) -> dict[str, Any]:
    """Everything but the audit log."""
    tables = use_cases.world.store.tables
    return {name: dict(rows) for name, rows in tables.items() if rows and name != "audit"}


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    """The numbers of rows that were added, changed, unchanged and rejected."""
    return report.added, report.changed, report.unchanged, report.rejected


def faults(report: ImportReport) -> list[tuple[int, str, str]]:
    """The line, field and code of every error."""
    return [(row.line, error.path, error.code) for row in report.rows for error in row.errors]


async def client_of(use_cases: MemoryPeopleUseCases, external_id: str) -> Any:
    async with use_cases.world.begin(use_cases.world.system) as unit:
        return await unit.client_records.find_by_external_id(external_id)
