"""The practice's clinicians and staff, and invitations of staff."""

from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import Email, FromPath, Request, TimeZone, Version
from entrypoints.http.contract.routing import get, post, put
from entrypoints.http.people.practice.fields import ExternalId, FullName, Npi, State, Url
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.use_cases.invite_staff import InviteStaff
from portal_core.kernel.actor import ROLES, Role
from portal_core.kernel.contact import InvalidEmail
from portal_core.kernel.errors import Forbidden, StaleVersion
from portal_core.kernel.page import Page
from portal_core.people.details import ClinicianDetails
from portal_core.people.errors import DuplicateExternalId, DuplicateStaff, LastAdministrator
from portal_core.people.identifiers import MAX_LICENSES, License
from portal_core.people.use_cases.add_clinician import AddClinician, AddClinicianCommand
from portal_core.people.use_cases.add_staff import AddStaff, AddStaffCommand
from portal_core.people.use_cases.change_clinician import ChangeClinician, ChangeClinicianCommand
from portal_core.people.use_cases.change_staff import ChangeStaff, ChangeStaffCommand
from portal_core.people.use_cases.list_clinicians import ListClinicians
from portal_core.people.use_cases.list_staff import ListStaff
from portal_core.people.views import ChangedClinicianView, ClinicianView, StaffView

Credentials = Annotated[str, Meta(max_length=80, examples=["PhD, LCSW"])]
RoomLink = Annotated[str, Meta(min_length=1, max_length=2000, examples=["https://meet.example.org/ruth"])]
Subject = Annotated[str, Meta(min_length=1, max_length=255, examples=["248289761001"])]
Roles = Annotated[tuple[Role, ...], Meta(min_length=1, max_length=len(ROLES))]


class LicenseRequest(Request, frozen=True):
    """A license to practice in one state."""

    state: State
    number: Annotated[str, Meta(min_length=1, max_length=40, examples=["012345"])]


Licenses = Annotated[tuple[LicenseRequest, ...], Meta(max_length=MAX_LICENSES)]


class ClinicianRequest(Request, frozen=True):
    """All details of a clinician. `room_link` is their own video room, where the practice uses such rooms."""

    name: FullName
    credentials: Credentials | None = None
    external_id: ExternalId | None = None
    time_zone: TimeZone | None = None
    room_link: RoomLink | None = None
    npi: Npi | None = None
    licenses: Licenses = ()
    active: bool = True

    def details(self) -> ClinicianDetails:
        """Convert the request to the core's details."""
        return ClinicianDetails(
            name=self.name,
            credentials=self.credentials,
            external_id=self.external_id,
            time_zone=self.time_zone,
            room_link=self.room_link,
            npi=self.npi,
            licenses=tuple(License(one.state, one.number) for one in self.licenses),
            active=self.active,
        )


class ChangeClinicianRequest(ClinicianRequest, frozen=True, kw_only=True):
    """All details of a clinician, replacing the current ones; `version` is the version that was read."""

    licenses: Licenses
    active: bool
    version: Version


class AddStaffRequest(Request, frozen=True):
    """`issuer` and `subject`: both, for someone who signs in through the EHR's identity provider, or neither."""

    name: FullName
    email: Email
    roles: Roles
    clinician_id: UUID | None = None
    external_id: ExternalId | None = None
    issuer: Url | None = None
    subject: Subject | None = None


class ChangeStaffRequest(Request, frozen=True):
    """All details of a staff member, replacing the current ones; `active` false means that they no longer work here."""

    name: FullName
    roles: Roles
    clinician_id: UUID | None
    active: bool
    version: Version


class CliniciansController(Controller):
    """Clinicians of the practice."""

    path = "/clinicians"
    tags = ("Practice: people",)

    @get("", raises=[Forbidden])
    async def list_clinicians(
        self, request: PortalRequest, list_clinicians: NamedDependency[ListClinicians]
    ) -> Page[ClinicianView]:
        """All clinicians, also those who left."""
        return await list_clinicians(request.actor)

    @post("", raises=[Forbidden, DuplicateExternalId])
    async def add_clinician(
        self, request: PortalRequest, data: JSONBody[ClinicianRequest], add_clinician: NamedDependency[AddClinician]
    ) -> ClinicianView:
        """Adds a clinician."""
        return await add_clinician(request.actor, AddClinicianCommand(data.details()))

    @put("/{clinician_id:uuid}", raises=[Forbidden, DuplicateExternalId, StaleVersion])
    async def change_clinician(
        self,
        request: PortalRequest,
        clinician_id: FromPath[UUID],
        data: JSONBody[ChangeClinicianRequest],
        change_clinician: NamedDependency[ChangeClinician],
    ) -> ChangedClinicianView:
        """Replaces a clinician's details.

        With `active` false the clinician has left: nothing more is booked with them, and the appointments that they
        still have are listed in `conflicts`, the clients whom nobody else sees in `clients_without_clinician`. The
        staff who are this clinician can no longer sign in; those with other roles keep these and their account. `staff`
        lists both: `PUT /staff/{staff_id}` ends or reopens an account.
        """
        command = ChangeClinicianCommand(clinician_id, data.details(), data.version)
        return await change_clinician(request.actor, command)


class StaffController(Controller):
    """Staff of the practice, who sign in on the practice side."""

    path = "/staff"
    tags = ("Practice: people",)

    @get("", raises=[Forbidden])
    async def list_staff(self, request: PortalRequest, list_staff: NamedDependency[ListStaff]) -> Page[StaffView]:
        """All members of staff, also those who left."""
        return await list_staff(request.actor)

    @post("", raises=[Forbidden, InvalidEmail, DuplicateStaff])
    async def add_staff(
        self, request: PortalRequest, data: JSONBody[AddStaffRequest], add_staff: NamedDependency[AddStaff]
    ) -> StaffView:
        """Adds a staff member, who can sign in after they accept an invitation."""
        command = AddStaffCommand(
            name=data.name,
            email=data.email,
            roles=frozenset(data.roles),
            clinician_id=data.clinician_id,
            external_id=data.external_id,
            issuer=data.issuer,
            subject=data.subject,
        )
        return await add_staff(request.actor, command)

    @put("/{staff_id:uuid}", raises=[Forbidden, LastAdministrator, StaleVersion])
    async def change_staff(
        self,
        request: PortalRequest,
        staff_id: FromPath[UUID],
        data: JSONBody[ChangeStaffRequest],
        change_staff: NamedDependency[ChangeStaff],
    ) -> StaffView:
        """Changes a staff member's name and roles, or deactivates them, which signs them out everywhere at once."""
        command = ChangeStaffCommand(
            staff_id, data.name, frozenset(data.roles), data.clinician_id, data.active, data.version
        )
        return await change_staff(request.actor, command)

    @post("/{staff_id:uuid}/invitations", raises=[Forbidden, AlreadyRegistered])
    async def invite_staff(
        self, request: PortalRequest, staff_id: FromPath[UUID], invite_staff: NamedDependency[InviteStaff]
    ) -> InvitationView:
        """Mails the staff member a code to open an account, and withdraws an earlier invitation."""
        return await invite_staff(request.actor, staff_id)
