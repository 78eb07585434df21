"""A batch job of the EHR: imports changed people and ends expired grants in every practice.

The composition root creates all use cases from the portal's settings (`PORTAL_…`, docs/reference/settings.md). Without
`PORTAL_DATABASE_URL` they lead to the embedded database in the data folder, whether a portal runs there or not.
"""

from entrypoints.commands import report_errors
from entrypoints.commands.context import with_portal
from entrypoints.container import Portal
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
        for row in report.rows:
            for fault in row.errors:
                print(f"  row {row.line}, {fault.path}: {fault.message}")
    return failed


if __name__ == "__main__":
    with report_errors():  # what an operator can mend is one line
        raise SystemExit(with_portal(nightly))
