"""The repositories of practices and their people in PostgreSQL."""

from uuid import UUID

from adapters.postgres.engine.base_unit import PostgresUnit, repository
from adapters.postgres.people.care_teams import PostgresCareTeams
from adapters.postgres.people.client_accounts import PostgresClientAccounts
from adapters.postgres.people.clients import PostgresClientRecords
from adapters.postgres.people.erasure import PostgresLegalHolds, PostgresRecordErasures
from adapters.postgres.people.practices import PostgresPracticeRecord
from adapters.postgres.people.staff import PostgresClinicianRecords, PostgresStaffRecords
from portal_core.kernel.errors import NotFound


class PostgresPeopleUnit(PostgresUnit):
    """Repositories over one transaction."""

    practice_record = repository(PostgresPracticeRecord)
    client_records = repository(PostgresClientRecords)
    client_accounts = repository(PostgresClientAccounts)
    clinician_records = repository(PostgresClinicianRecords)
    staff_records = repository(PostgresStaffRecords)
    care_teams = repository(PostgresCareTeams)
    record_erasures = repository(PostgresRecordErasures)
    legal_holds = repository(PostgresLegalHolds)

    async def require_visible(self, client_id: UUID) -> None:
        if await self.client_records.get(client_id) is None:
            raise NotFound("client", client_id)


UNIT = PostgresPeopleUnit
