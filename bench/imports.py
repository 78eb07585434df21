"""Prints ratios for an import of people: the first one, the same rows again, and with a change of every row.

    python -m bench.imports [--rows 50000] [--profile]

Each import is compared with plain INSERT statements, sent together by the driver, that write again what the first one
wrote: clients with their keys, care teams and audit entries, into tables with the same columns and indexes. Times are
not printed unless asked for, because they depend on the machine.
"""

import argparse
import asyncio
import cProfile
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import asyncpg
from attrs import evolve, frozen
from rich.console import Console
from rich.table import Table

from bench.scene import Size, cluster, filled
from entrypoints.container import open_portal
from portal_core.kernel.actor import SystemActor
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand
from portal_core.people.views import ImportReport

CLINICIANS = 50
BATCH = 200
"""Rows in one transaction of the plain statements, as in one of the import."""
WRITTEN = ("clients", "client_keys", "care_team", "audit_entries")


@frozen
class Measured:
    """What was measured, and its seconds."""

    what: str
    seconds: float


def people(count: int) -> ImportPeopleCommand:
    """Clinicians, and clients with every column."""
    clinicians = [ClinicianRow(n + 2, f"C-{n}", f"Dr. Number {n}", "PhD") for n in range(CLINICIANS)]
    clients = [
        ClientRow(
            n + 2,
            f"K-{n}",
            f"Given{n}",
            f"Family{n % 997}",
            f"{1950 + n % 60}-0{n % 9 + 1}-1{n % 10}",
            email=f"client{n}@bench.example",
            phone=f"+1518555{n % 10000:04}",
            address=f"{n} Elm Street\nAlbany, NY 12207",
            time_zone="America/New_York",
            language="en",
            state="NY",
            clinicians=f"C-{n % CLINICIANS};C-{(n + 1) % CLINICIANS}",
        )
        for n in range(count)
    ]
    return ImportPeopleCommand(clinicians, clients)


async def measured(
    database_url: str, owner_url: str, practice_id: UUID, settings: object, rows: int, profile: bool
) -> Sequence[Measured]:
    """Run the imports and the plain statements."""
    found = []
    command = people(rows)
    changed = [evolve(row, family_name="Other", email=f"other.{row.email}") for row in command.clients]
    imports = {
        "first import": (command, "added"),
        "again, unchanged": (command, "unchanged"),
        "dry run of a change": (evolve(command, clients=changed, dry_run=True), "changed"),
        "name and email of every client": (evolve(command, clients=changed), "changed"),
    }
    async with open_portal(settings, database_url) as portal:  # type: ignore[arg-type]
        actor = SystemActor(practice_id, "bench")
        import_people = portal.use_case(ImportPeople)
        for what, (one, outcome) in imports.items():
            profiler = cProfile.Profile() if profile else None
            began = time.perf_counter()
            if profiler:
                profiler.enable()
            report: ImportReport = await import_people(actor, one)
            if profiler:
                profiler.disable()
                profiler.dump_stats(f"{what.replace(' ', '-').replace(',', '')}.prof")
            found.append(Measured(what, time.perf_counter() - began))
            assert getattr(report, outcome) >= rows, report.rows[:3]
            if what == "first import":
                found.insert(0, Measured("plain statements", await plain(owner_url)))
    return found


async def plain(owner_url: str) -> float:
    """Write again what is stored, into tables of the same form; the seconds that it took."""
    connection = await asyncpg.connect(owner_url)
    seconds = 0.0
    try:
        await connection.execute("CREATE SCHEMA again")
        for table in WRITTEN:
            rows = await connection.fetch(f"SELECT * FROM portal.{table}")
            await connection.execute(f"CREATE TABLE again.{table} (LIKE portal.{table} INCLUDING ALL)")
            places = ", ".join(f"${number}" for number in range(1, len(rows[0]) + 1))
            began = time.perf_counter()
            for first in range(0, len(rows), BATCH):
                async with connection.transaction():
                    await connection.executemany(
                        f"INSERT INTO again.{table} VALUES ({places})", rows[first : first + BATCH]
                    )
            seconds += time.perf_counter() - began
    finally:
        await connection.close()
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000, help="clients in the file")
    parser.add_argument("--seconds", action="store_true", help="print the seconds of this machine too")
    parser.add_argument("--profile", action="store_true", help="write a profile of each import into this folder")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-"))
    try:
        with cluster(folder) as server:
            scene = filled(server, folder, Size("imports", 20, 1, 1))
            owner_url = server.dsn(database=scene.size.name)
            found = asyncio.run(
                measured(
                    scene.settings.database_url,
                    owner_url,
                    scene.practice_id,
                    scene.settings,
                    chosen.rows,
                    chosen.profile,
                )
            )
    finally:
        shutil.rmtree(folder)
    table = Table("import", "to plain statements", *(["seconds"] if chosen.seconds else []))
    for one in found:
        ratio = f"{one.seconds / found[0].seconds:.2f}"
        table.add_row(one.what, ratio, *([f"{one.seconds:.1f}"] if chosen.seconds else []))
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
