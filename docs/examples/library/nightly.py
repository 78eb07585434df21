"""A batch job of the EHR: people who changed go to the portal, and grants that are over end, in every practice.

The composition root makes all use cases at once from the portal's settings (`PORTAL_…`, docs/operating.md).
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
"""The EHR's own query would stand here: rows as text, by the practice's short name."""


async def nightly(portal: Portal) -> int:
    """How many practices failed. Every use case may be run again, so that a failed night is made good by the next."""
    failed = 0
    for practice in await portal.parts.directory().all():
        actor = SystemActor(practice.id, "ehr nightly")
        try:
            people = ImportPeopleCommand(clients=CHANGED.get(practice.slug, []))
            report = await portal.use_case(ImportPeople)(actor, people)
            ended = await portal.use_case(ExpireGrants)(actor)
        except PortalError as error:  # of one practice: the others go on
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
