"""A batch job of the EHR: imports changed people and ends expired grants in every practice.

The composition root creates all use cases from the portal's settings (`PORTAL_…`, docs/reference/settings.md).
"""

import asyncio

from entrypoints.container import Portal, open_portal
from entrypoints.settings import load
from portal_core import PortalError, SystemActor
from portal_core.access.use_cases.expire_grants import ExpireGrants
from portal_core.people.import_rows import ClientRow
from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand

CHANGED = {
    "elm-street": [
        ClientRow(1, "K-1", "Mira", "Okafor-Reyes", "1990-05-17", email="mira@client.example", clinicians="C-1"),
        ClientRow(2, "K-2", "Theo", "Lindqvist", "the second of November"),
    ]
}
"""Replace this with the EHR's own query. Rows are text, by the practice's slug."""


async def nightly(portal: Portal) -> int:
    """Returns how many practices failed. Every use case can be run again, so the next run catches up."""
    failed = 0
    for practice in await portal.parts.directory().all():
        actor = SystemActor(practice.id, "ehr nightly")
        try:
            people = ImportPeopleCommand(clients=CHANGED.get(practice.slug, []))
            report = await portal.use_case(ImportPeople)(actor, people)
            ended = await portal.use_case(ExpireGrants)(actor)
        except PortalError as error:  # one practice failed; continue with the others
            print(f"{practice.slug}: {error.code}")
            failed += 1
            continue
        print(f"{practice.slug}: {report.changed} changed, {ended} grants ended")
        for row in report.rejected:
            print(f"  row {row.line}, {row.field}: {row.reason}")
    return failed


async def main() -> int:
    settings = load()
    async with open_portal(settings, settings.database_url) as portal:
        return await nightly(portal)


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
