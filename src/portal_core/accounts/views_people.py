"""What is shown of practices and their people. None of it holds a code or its hash."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from attrs import field, frozen

from portal_core.accounts.grants import Grant, Relation, ordered
from portal_core.accounts.invitations import EmailChange, Invitation, InvitationKind, InvitationState
from portal_core.accounts.people import Client, ClientStatus, Clinician, Practice, StaffMember
from portal_core.kernel.actor import AREAS, ROLES, Area, Role


@frozen
class PracticeView:
    """A practice as its staff see it."""

    id: UUID
    slug: str
    name: str
    zone: str
    state: str | None
    hosts: tuple[str, ...]
    settings: Mapping[str, Mapping[str, object]]
    version: int

    @classmethod
    def of(cls, practice: Practice) -> "PracticeView":
        return cls(
            id=practice.id,
            slug=practice.slug,
            name=practice.name,
            zone=practice.zone,
            state=practice.state,
            hosts=practice.hosts,
            settings=practice.settings,
            version=practice.version,
        )


@frozen
class ProfileView:
    """Demographics as the client sees them. `name` is what they are called everywhere.

    `email` is what the practice has on file: the client is invited there, and written to while they have no account.
    `sign_in_email` is the account's: the client signs in with it, is written to there, and alone changes it, which
    changes the other too; null where there is no account yet, and for proxies. Staff correct `email` only, so the two
    may differ.
    """

    client_id: UUID
    name: str
    given_name: str
    family_name: str
    chosen_name: str | None
    pronouns: str | None
    born: date
    email: str | None
    sign_in_email: str | None
    phone: str | None
    address: str | None
    zone: str | None
    language: str | None
    version: int

    @classmethod
    def of(cls, client: Client, sign_in_email: str | None = None) -> "ProfileView":
        return cls(
            client_id=client.id,
            name=client.shown_name,
            given_name=client.given_name,
            family_name=client.family_name,
            chosen_name=client.chosen_name,
            pronouns=client.pronouns,
            born=client.born,
            email=client.email,
            sign_in_email=sign_in_email,
            phone=client.phone,
            address=client.address,
            zone=client.zone,
            language=client.language,
            version=client.version,
        )


@frozen
class ClientLineView:
    """A client in the practice's list."""

    id: UUID
    name: str
    born: date
    status: ClientStatus
    external_id: str | None

    @classmethod
    def of(cls, client: Client) -> "ClientLineView":
        return cls(client.id, client.shown_name, client.born, client.status, client.external_id)


@frozen
class ClinicianView:
    """A clinician as staff see them."""

    id: UUID
    name: str
    credentials: str
    zone: str | None
    room_link: str | None
    active: bool
    external_id: str | None
    version: int

    @classmethod
    def of(cls, clinician: Clinician) -> "ClinicianView":
        return cls(
            id=clinician.id,
            name=clinician.name,
            credentials=clinician.credentials,
            zone=clinician.zone,
            room_link=clinician.room_link,
            active=clinician.active,
            external_id=clinician.external_id,
            version=clinician.version,
        )


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
class GrantView:
    """A proxy's access. `areas` is what it opens today, nothing when it is not in force; `until` the first day without.

    `granted_areas` is what was granted, also where the child's age has closed some of it.
    """

    id: UUID
    client_id: UUID
    account_id: UUID
    relation: Relation
    areas: tuple[Area, ...]
    granted_areas: tuple[Area, ...]
    may_write: bool
    starts: date
    until: date | None
    narrows_on: date | None
    authorised_by_minor: bool
    in_force: bool
    decided_at: datetime
    revoked_at: datetime | None
    ended_at: datetime | None
    version: int

    @classmethod
    def of(cls, grant: Grant, today: date) -> "GrantView":
        return cls(
            id=grant.id,
            client_id=grant.client_id,
            account_id=grant.account_id,
            relation=grant.relation,
            areas=ordered(grant.areas_today(today)),
            granted_areas=ordered(grant.areas),
            may_write=grant.may_write,
            starts=grant.starts,
            until=grant.until,
            narrows_on=grant.narrows_on,
            authorised_by_minor=grant.authorised_by_minor,
            in_force=grant.in_force(today),
            decided_at=grant.decided_at,
            revoked_at=grant.revoked_at,
            ended_at=grant.ended_at,
            version=grant.version,
        )


@frozen
class ClientView:
    """A client as staff see them. `care_team` are clinicians' ids."""

    id: UUID
    profile: ProfileView
    status: ClientStatus
    state: str | None
    external_id: str | None
    care_team: tuple[UUID, ...]
    created_at: datetime

    @classmethod
    def of(cls, client: Client, care_team: tuple[UUID, ...] = (), sign_in_email: str | None = None) -> "ClientView":
        return cls(
            id=client.id,
            profile=ProfileView.of(client, sign_in_email),
            status=client.status,
            state=client.state,
            external_id=client.external_id,
            care_team=care_team,
            created_at=client.created_at,
        )


@frozen
class RecordView:
    """A record that the account may act on, as the `Portal-Client` header names it (`client_id`).

    `relation` is None for one's own, which has every area and no last day.
    """

    client_id: UUID
    name: str
    relation: Relation | None
    areas: tuple[Area, ...]
    may_write: bool
    until: date | None

    @classmethod
    def own(cls, client: Client) -> "RecordView":
        return cls(client.id, client.shown_name, None, AREAS, True, None)

    @classmethod
    def granted(cls, grant: Grant, name: str, today: date) -> "RecordView":
        areas = ordered(grant.areas_today(today))
        return cls(grant.client_id, name, grant.relation, areas, grant.may_write, grant.until)


@frozen
class InvitationView:
    """An invitation as staff see it. It is over when `expires_at` has passed, too."""

    id: UUID
    kind: InvitationKind
    email: str
    client_id: UUID | None
    staff_id: UUID | None
    state: InvitationState
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationView":
        return cls(
            id=invitation.id,
            kind=invitation.kind,
            email=invitation.email,
            client_id=invitation.client_id,
            staff_id=invitation.staff_id,
            state=invitation.state,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )


@frozen
class EmailChangeView:
    """A change of email that waits for the code mailed to `new_email`."""

    id: UUID
    new_email: str
    expires_at: datetime

    @classmethod
    def of(cls, change: EmailChange) -> "EmailChangeView":
        return cls(change.id, change.new_email, change.expires_at)


@frozen
class IssuedCode:
    """A code in plain, for the mail that is being written and for nothing else. `email` is the address it proves."""

    email: str
    code: str = field(repr=False)
    expires_at: datetime


@frozen
class RefusedRow:
    """A row of an import that was not taken: its line in the file, and why. It says no value of the row."""

    line: int
    field: str
    code: str
    reason: str


@frozen
class ImportReport:
    """What an import did. A second run of the same file finds everything `unchanged`."""

    added: int
    changed: int
    unchanged: int
    refused: tuple[RefusedRow, ...]
