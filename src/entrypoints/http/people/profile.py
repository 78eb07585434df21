"""The client's profile, the records that an account may act on, and email changes."""

from typing import Annotated

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.accounts.operation_names import tags_for
from entrypoints.http.contract.fields import (
    UNSET,
    Code,
    Email,
    Password,
    Phone,
    Request,
    TimeZone,
    UnsetType,
    Version,
    or_keep,
)
from entrypoints.http.contract.routing import get, patch, post
from entrypoints.http.server.request import PortalRequest
from portal_core.access.views import RecordView
from portal_core.accounts.errors import AlreadyRegistered, CodeRefused, WrongPassword
from portal_core.accounts.invitation_errors import EmailUnchanged
from portal_core.accounts.invitation_views import EmailChangeView
from portal_core.accounts.use_cases.confirm_email_change import ConfirmEmailChange, ConfirmEmailChangeCommand
from portal_core.accounts.use_cases.list_records import ListRecords
from portal_core.accounts.use_cases.request_email_change import RequestEmailChange, RequestEmailChangeCommand
from portal_core.accounts.views import AccountView
from portal_core.kernel.contact import ContactChanges, EmergencyContact, InvalidEmail
from portal_core.kernel.errors import Forbidden, NotFound, RateLimited, RecordDestroyed, StaleVersion
from portal_core.kernel.page import Page
from portal_core.people.use_cases.change_profile import ChangeProfile, ChangeProfileCommand
from portal_core.people.use_cases.get_profile import GetProfile
from portal_core.people.views import ProfileView

Name = Annotated[str, Meta(min_length=1, max_length=80, examples=["Sam"])]
Pronouns = Annotated[str, Meta(min_length=1, max_length=40, examples=["they/them"])]
Address = Annotated[str, Meta(min_length=1, max_length=400, examples=["12 Elm Street\nAlbany, NY 12207"])]
Language = Annotated[str, Meta(min_length=2, max_length=35, pattern=r"^\s*[A-Za-z0-9\-]+\s*$", examples=["en"])]


class EmergencyContactRequest(Request, frozen=True):
    """Whom the practice calls in an emergency; `relationship` is theirs to the client."""

    name: Annotated[str, Meta(min_length=1, max_length=120, examples=["Grace Hopper"])]
    phone: Phone
    relationship: Annotated[str, Meta(min_length=1, max_length=80, examples=["sister"])] | None = None

    def emergency_contact(self) -> EmergencyContact:
        """Convert the request to the core's value."""
        return EmergencyContact(self.name, self.phone, self.relationship)


class ChangeProfileRequest(Request, frozen=True):
    """Omitted fields stay; null clears a field. `version` is the version that was read."""

    version: Version
    chosen_name: Name | UnsetType | None = UNSET
    pronouns: Pronouns | UnsetType | None = UNSET
    phone: Phone | UnsetType | None = UNSET
    address: Address | UnsetType | None = UNSET
    time_zone: TimeZone | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    emergency_contact: EmergencyContactRequest | UnsetType | None = UNSET

    def changes(self) -> ContactChanges:
        """Convert the request to the core's changes."""
        given = self.emergency_contact
        return ContactChanges(
            chosen_name=or_keep(self.chosen_name),
            pronouns=or_keep(self.pronouns),
            phone=or_keep(self.phone),
            address=or_keep(self.address),
            time_zone=or_keep(self.time_zone),
            language=or_keep(self.language),
            emergency_contact=or_keep(
                given.emergency_contact() if isinstance(given, EmergencyContactRequest) else given
            ),
        )


class EmailChangeRequest(Request, frozen=True):
    """The new email, and the account's password. `code` is required if a second factor is enrolled."""

    new_email: Email
    password: Password
    code: Code | None = None


class ConfirmEmailRequest(Request, frozen=True):
    """The code mailed to the new email."""

    code: Code


class ProfileController(Controller):
    """The demographics that a client may see, and the contact fields that they may change."""

    path = "/profile"
    tags = tags_for("portal", "Profile")

    @get("", raises=[NotFound])
    async def get_profile(self, request: PortalRequest, get_profile: NamedDependency[GetProfile]) -> ProfileView:
        """Returns the record's demographics."""
        return await get_profile(request.actor)

    @patch("", raises=[NotFound, Forbidden, RecordDestroyed, StaleVersion])
    async def change_profile(
        self,
        request: PortalRequest,
        data: JSONBody[ChangeProfileRequest],
        change_profile: NamedDependency[ChangeProfile],
    ) -> ProfileView:
        """Changes contact fields."""
        return await change_profile(request.actor, ChangeProfileCommand(data.changes(), data.version))


class EmailChangeController(Controller):
    """Change the email used to sign in."""

    path = "/profile/email"
    tags = tags_for("portal", "Profile")

    @post(
        "",
        idempotent=False,
        status_code=202,
        raises=[Forbidden, InvalidEmail, EmailUnchanged, WrongPassword, CodeRefused, RateLimited],
    )
    async def request_email_change(
        self,
        request: PortalRequest,
        data: JSONBody[EmailChangeRequest],
        request_email_change: NamedDependency[RequestEmailChange],
    ) -> EmailChangeView:
        """Has a code mailed to the new email. The email changes when the code is confirmed."""
        command = RequestEmailChangeCommand(data.new_email, data.password, data.code or "")
        return await request_email_change(request.actor, command)

    @post("/confirm", idempotent=False, status_code=200, raises=[CodeRefused, AlreadyRegistered, RateLimited])
    async def confirm_email_change(
        self,
        request: PortalRequest,
        data: JSONBody[ConfirmEmailRequest],
        confirm_email_change: NamedDependency[ConfirmEmailChange],
    ) -> AccountView:
        """Changes the email, and notifies the old address."""
        return await confirm_email_change(request.actor, ConfirmEmailChangeCommand(data.code))


class RecordsController(Controller):
    """The records that the account may act on."""

    path = "/auth/records"
    tags = tags_for("portal", "Profile")

    @get("")
    async def list_records(
        self, request: PortalRequest, list_records: NamedDependency[ListRecords]
    ) -> Page[RecordView]:
        """One's own record, or those that a proxy may act on: name one by the header Portal-Client."""
        return await list_records(request.actor)
