"""Read models of the people feature."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.kernel.actor import ROLES, Role
from portal_core.kernel.contact import EmergencyContact
from portal_core.kernel.errors import FieldError
from portal_core.people.identifiers import License
from portal_core.people.model import (
    Client,
    ClientAccountStatus,
    ClientStatus,
    Clinician,
    Coverage,
    Practice,
    StaffMember,
)

PersonKind = Literal["client", "clinician"]
RowOutcome = Literal["added", "changed", "unchanged", "rejected"]


@frozen
class PracticeView:
    """A practice as its administrators see it. `tax_id` is an employer identification number."""

    id: UUID
    slug: str
    name: str
    time_zone: str
    state: str | None
    hosts: tuple[str, ...]
    npi: str | None
    tax_id: str | None
    phone: str | None
    address: str | None
    version: int

    @classmethod
    def of(cls, practice: Practice) -> "PracticeView":
        return cls(
            id=practice.id,
            slug=practice.slug,
            name=practice.name,
            time_zone=practice.time_zone,
            state=practice.state,
            hosts=practice.hosts,
            npi=practice.npi,
            tax_id=practice.tax_id,
            phone=practice.phone,
            address=practice.address,
            version=practice.version,
        )


@frozen
class PracticeContactView:
    """How everybody reaches the practice. `phone` is in E.164, perhaps with an extension; `address` has lines."""

    name: str
    phone: str | None
    address: str | None
    time_zone: str

    @classmethod
    def of(cls, practice: Practice) -> "PracticeContactView":
        return cls(name=practice.name, phone=practice.phone, address=practice.address, time_zone=practice.time_zone)


@frozen
class ChangedPracticeView(PracticeView):
    """The practice after a change. If its time zone changed, `affected` are the first 1,000 video visits to come."""

    affected: tuple[UUID, ...] = ()


@frozen
class ProfileView:
    """Demographics as the client sees them. `name` is the display name.

    `email` is the practice's email on file: invitations go there, and so do messages while there is no account.
    `sign_in_email` is the account's: the client signs in with it, receives messages there, and alone can change it,
    which also changes `email`. It is null without an account, and for proxies. Staff correct only `email`, so the two
    may differ. `coverage` is what the practice has on file; the client cannot change it here.
    """

    client_id: UUID
    name: str
    given_name: str
    family_name: str
    chosen_name: str | None
    pronouns: str | None
    date_of_birth: date
    email: str | None
    sign_in_email: str | None
    phone: str | None
    address: str | None
    time_zone: str | None
    language: str | None
    emergency_contact: EmergencyContact | None
    coverage: Coverage | None
    version: int

    @classmethod
    def of(cls, client: Client, sign_in_email: str | None = None) -> "ProfileView":
        return cls(
            client_id=client.id,
            name=client.display_name,
            given_name=client.given_name,
            family_name=client.family_name,
            chosen_name=client.chosen_name,
            pronouns=client.pronouns,
            date_of_birth=client.date_of_birth,
            email=client.email,
            sign_in_email=sign_in_email,
            phone=client.phone,
            address=client.address,
            time_zone=client.time_zone,
            language=client.language,
            emergency_contact=client.emergency_contact,
            coverage=client.coverage,
            version=client.version,
        )


@frozen
class ClientAccountView:
    """Whether a client has an account of their own; `invited_until` is when their open invitation expires."""

    status: ClientAccountStatus = "none"
    invited_until: datetime | None = None


NO_ACCOUNT = ClientAccountView()


@frozen
class ClientSummaryView:
    """A client in the practice's list."""

    id: UUID
    name: str
    date_of_birth: date
    status: ClientStatus
    external_id: str | None
    account: ClientAccountView

    @classmethod
    def of(cls, client: Client, account: ClientAccountView = NO_ACCOUNT) -> "ClientSummaryView":
        return cls(client.id, client.display_name, client.date_of_birth, client.status, client.external_id, account)


@frozen
class ClinicianView:
    """A clinician as staff see them."""

    id: UUID
    name: str
    credentials: str | None
    time_zone: str | None
    room_link: str | None
    npi: str | None
    licenses: tuple[License, ...]
    active: bool
    external_id: str | None
    version: int

    @classmethod
    def of(cls, clinician: Clinician) -> "ClinicianView":
        return cls(
            id=clinician.id,
            name=clinician.name,
            credentials=clinician.credentials,
            time_zone=clinician.time_zone,
            room_link=clinician.room_link,
            npi=clinician.npi,
            licenses=clinician.licenses,
            active=clinician.active,
            external_id=clinician.external_id,
            version=clinician.version,
        )

    def for_bills(self) -> "ClinicianView":
        """What bills need: not the room in which the clinician sees clients, which is null."""
        return evolve(self, room_link=None)


@frozen
class StaffView:
    """A member of staff as administrators see them."""

    id: UUID
    name: str
    email: str
    roles: tuple[Role, ...]
    clinician_id: UUID | None
    active: bool
    version: int

    @classmethod
    def of(cls, member: StaffMember) -> "StaffView":
        return cls(
            id=member.id,
            name=member.name,
            email=member.email,
            roles=tuple(role for role in ROLES if role in member.roles),
            clinician_id=member.clinician_id,
            active=member.active,
            version=member.version,
        )


@frozen
class ChangedClinicianView(ClinicianView):
    """A clinician whose details were changed.

    `conflicts` are the first 1,000 booked appointments to come of a clinician who left, by start. They remain. `staff`
    are the members of staff who are this clinician, as they are now; those who are `active` can sign in.
    `clients_without_clinician` are the first 1,000 active clients on whose care team nobody else works here.
    """

    conflicts: tuple[UUID, ...] = ()
    clients_without_clinician: tuple[UUID, ...] = ()
    staff: tuple[StaffView, ...] = ()


@frozen
class ClientView:
    """A client as staff see them. `care_team` holds clinicians' ids; it is null for those who see what bills need."""

    id: UUID
    profile: ProfileView
    account: ClientAccountView
    status: ClientStatus
    state: str | None
    external_id: str | None
    care_team: tuple[UUID, ...] | None
    created_at: datetime

    @classmethod
    def of(
        cls,
        client: Client,
        care_team: tuple[UUID, ...] = (),
        sign_in_email: str | None = None,
        account: ClientAccountView = NO_ACCOUNT,
    ) -> "ClientView":
        return cls(
            id=client.id,
            profile=ProfileView.of(client, sign_in_email),
            account=account,
            status=client.status,
            state=client.state,
            external_id=client.external_id,
            care_team=care_team,
            created_at=client.created_at,
        )

    def for_bills(self) -> "ClientView":
        """What bills need. The rest is null: who treats the client, pronouns, whom to call in an emergency, the email
        with which they sign in, and their time zone.
        """
        shown = evolve(self.profile, pronouns=None, emergency_contact=None, sign_in_email=None, time_zone=None)
        return evolve(self, profile=shown, care_team=None)


@frozen
class ImportedRow:
    """What an import did with one row, or would do. It names fields, and holds no value of the row but the external id.

    `fields` are those that a new person was given, or that changed for a known one. `kept` are those that the row would
    change, but that are managed in the portal, by the client or a proxy. A rejected row has `errors`, and no kind or
    external id if that is not valid; nothing of it is written. `guardians` are invited, and `not_invited` says why
    others are not: the client is imported all the same. `shares_email` is the number of other clients with the same
    email, of whom one at most can have an account with it. `appointments` are booked, still to come, and stay although
    the clinician is not active or the client is discharged: staff reassign or cancel them. `clients_without_clinician`
    are active clients on whose care team nobody else works here than this clinician, who is not active. Of the staff
    who are a clinician who leaves, `staff_ended` can no longer sign in, and `staff_kept` still can, because they have
    other roles. `suspends_account` if the client's account is closed to them until they are old enough for one, because
    the row corrects their date of birth or state.
    """

    line: int
    kind: PersonKind | None
    external_id: str | None
    outcome: RowOutcome
    fields: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    errors: tuple[FieldError, ...] = ()
    guardians: int = 0
    not_invited: tuple[FieldError, ...] = ()
    shares_email: int = 0
    appointments: int = 0
    clients_without_clinician: int = 0
    staff_ended: int = 0
    staff_kept: int = 0
    suspends_account: bool = False


@frozen
class ImportReport:
    """The result of an import, or of a dry run, which changed nobody: numbers of rows by outcome, and every row.

    Importing the same file again counts every row as `unchanged`.
    """

    dry_run: bool
    added: int
    changed: int
    unchanged: int
    rejected: int
    rows: tuple[ImportedRow, ...]

    @classmethod
    def of(cls, rows: Sequence[ImportedRow], *, dry_run: bool = False) -> "ImportReport":
        """The report on these rows."""
        found = Counter(row.outcome for row in rows)
        return cls(dry_run, found["added"], found["changed"], found["unchanged"], found["rejected"], tuple(rows))
