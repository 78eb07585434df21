"""Rows of an import as JSON: the columns of the CSV files as text, each validated by the core.

A field that is absent, null or blank stays as it is, and `(empty)` empties it.
"""

from typing import Annotated

from msgspec import Meta

from entrypoints.http.contract.fields import Request
from portal_core.accounts.guardians import GuardianColumns
from portal_core.accounts.use_cases.import_with_guardians import ImportWithGuardiansCommand
from portal_core.kernel.errors import Invalid
from portal_core.people.import_cells import DateOrder
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.use_cases.import_people import ImportPeopleCommand

MAX_IMPORT_ROWS = 1000
LineNumber = Annotated[int, Meta(ge=1, le=2**31 - 1, examples=[2])]
RequiredText = Annotated[str, Meta(max_length=200, examples=["ehr-1001"])]
Text = Annotated[str, Meta(max_length=500)]
LongText = Annotated[str, Meta(max_length=2000)]


class ClinicianRowRequest(Request, frozen=True):
    """One clinician. `line` is the caller's row number, for the report; `active` is yes or no.

    `licenses` are a state and a number each, separated by `;`: `NY 012345; NJ 44SC0`.

    A new clinician needs `name`. A field that is absent, null or blank stays as it is, and `(empty)` empties it.
    """

    line: LineNumber
    external_id: RequiredText
    name: Annotated[str, Meta(max_length=200, examples=["Dr. Ruth Byrne"])] | None = None
    credentials: Text | None = None
    time_zone: Text | None = None
    room_link: LongText | None = None
    active: Text | None = None
    npi: Text | None = None
    licenses: LongText | None = None

    def row(self) -> ClinicianRow:
        """Convert the request to the core's row."""
        return ClinicianRow(
            line=self.line,
            external_id=self.external_id,
            name=self.name,
            credentials=self.credentials,
            time_zone=self.time_zone,
            room_link=self.room_link,
            active=self.active,
            npi=self.npi,
            licenses=self.licenses,
        )


class ClientRowRequest(Request, frozen=True):
    """One client. `line` is the caller's row number, for the report; `date_of_birth` is written as `dates` says;
    `clinicians` are external ids separated by `;`.

    A new client needs `given_name`, `family_name` and `date_of_birth`. A field that is absent, null or blank stays as
    it is, and `(empty)` empties it. The proxies in `guardian_email` (several separated by `;`) are invited once.
    `guardian_relationship` is `parent` where it is absent; `guardian_until` is their first day without access.
    `guardian_may_write` is yes or no, and no where it is absent.
    """

    line: LineNumber
    external_id: RequiredText
    given_name: Annotated[str, Meta(max_length=200, examples=["Ada"])] | None = None
    family_name: Annotated[str, Meta(max_length=200, examples=["Lovelace"])] | None = None
    date_of_birth: Annotated[str, Meta(max_length=40, examples=["1985-12-10"])] | None = None
    chosen_name: Text | None = None
    pronouns: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    address: LongText | None = None
    time_zone: Text | None = None
    language: Text | None = None
    state: Text | None = None
    status: Text | None = None
    clinicians: LongText | None = None
    emergency_contact_name: Text | None = None
    emergency_contact_relationship: Text | None = None
    emergency_contact_phone: Text | None = None
    coverage: Text | None = None
    guardian_email: LongText | None = None
    guardian_relationship: Text | None = None
    guardian_until: Text | None = None
    guardian_may_write: Text | None = None

    def guardians(self) -> GuardianColumns:
        """Convert the columns about guardians."""
        return GuardianColumns(
            self.guardian_email, self.guardian_relationship, self.guardian_until, self.guardian_may_write
        )

    def row(self) -> ClientRow:
        """Convert the request to the core's row."""
        return ClientRow(
            line=self.line,
            external_id=self.external_id,
            given_name=self.given_name,
            family_name=self.family_name,
            date_of_birth=self.date_of_birth,
            chosen_name=self.chosen_name,
            pronouns=self.pronouns,
            email=self.email,
            phone=self.phone,
            address=self.address,
            time_zone=self.time_zone,
            language=self.language,
            state=self.state,
            status=self.status,
            clinicians=self.clinicians,
            emergency_contact_name=self.emergency_contact_name,
            emergency_contact_relationship=self.emergency_contact_relationship,
            emergency_contact_phone=self.emergency_contact_phone,
            coverage=self.coverage,
        )


class ImportRequest(Request, frozen=True):
    """At most a thousand rows of both types together; clinicians are imported first.

    A `dry_run` answers with the same report and changes nobody. `dates` is how the rows write dates: `iso`
    (year-month-day, understood in any case), `us` (month/day/year) or `eu` (day.month.year or day/month/year).
    """

    clinicians: Annotated[tuple[ClinicianRowRequest, ...], Meta(max_length=MAX_IMPORT_ROWS)] = ()
    clients: Annotated[tuple[ClientRowRequest, ...], Meta(max_length=MAX_IMPORT_ROWS)] = ()
    dry_run: bool = False
    dates: DateOrder = "iso"

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.clinicians) + len(self.clients) > MAX_IMPORT_ROWS:
            raise Invalid.at("clients", "too_many", f"Must be at most {MAX_IMPORT_ROWS} rows in total.")

    def command(self) -> ImportWithGuardiansCommand:
        """Convert the request to the core's command."""
        people = ImportPeopleCommand(
            clinicians=[one.row() for one in self.clinicians],
            clients=[one.row() for one in self.clients],
            dry_run=self.dry_run,
            dates=self.dates,
        )
        return ImportWithGuardiansCommand(people, [one.guardians() for one in self.clients])
