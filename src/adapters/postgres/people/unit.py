"""The repositories of practices and their people in PostgreSQL."""

from adapters.postgres.engine.base_unit import PostgresUnit, repository
from adapters.postgres.people.care_teams import PostgresCareTeams
from adapters.postgres.people.client_accounts import PostgresClientAccounts
from adapters.postgres.people.clients import PostgresClientRecords
from adapters.postgres.people.erasure import PostgresLegalHolds, PostgresRecordErasures
from adapters.postgres.people.practices import PostgresPracticeRecord
from adapters.postgres.people.staff import PostgresClinicianRecords, PostgresStaffRecords


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


UNIT = PostgresPeopleUnit
