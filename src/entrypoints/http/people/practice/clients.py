"""The practice's clients: list, add and change them, set the care team, and invite them to the portal."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import (
    Cursor,
    Email,
    FromPath,
    FromQuery,
    PageSize,
    Phone,
    Request,
    TimeZone,
    Version,
    page,
)
from entrypoints.http.contract.routing import get, post, put
from entrypoints.http.people.practice.fields import Address, ExternalId, FamilyName, Language, Name, Pronouns, State
from entrypoints.http.people.profile import EmergencyContactRequest
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.invitation_errors import AccountNotAllowed, Discharged, EmailInUse, EmailInvited, NoEmail
from portal_core.accounts.invitation_views import ClientInvitationView, InvitationView
from portal_core.accounts.use_cases.invite_client import InviteClient, InviteClientCommand
from portal_core.accounts.use_cases.invite_clients import InviteClients, InviteClientsCommand
from portal_core.kernel.contact import InvalidEmail
from portal_core.kernel.errors import Forbidden, RecordDestroyed, StaleVersion
from portal_core.kernel.page import MAX_PAGE, Page
from portal_core.people.details import ClientDetails
from portal_core.people.errors import DuplicateExternalId
from portal_core.people.model import ClientAccountStatus, ClientFilter, ClientStatus, ClientTeam, Coverage
from portal_core.people.use_cases.add_client import AddClient, AddClientCommand
from portal_core.people.use_cases.assign_care_team import AssignCareTeam, AssignCareTeamCommand
from portal_core.people.use_cases.change_client import ChangeClient, ChangeClientCommand
from portal_core.people.use_cases.get_client import GetClient
from portal_core.people.use_cases.list_clients import ListClients, ListClientsQuery
from portal_core.people.use_cases.search_clients import SearchClients, SearchClientsQuery
from portal_core.people.views import ClientSummaryView, ClientView


class ClientRequest(Request, frozen=True):
    """All details of a client; omitted fields are empty."""

    given_name: Name
    family_name: FamilyName
    date_of_birth: Annotated[date, Meta(examples=["1985-12-10"])]
    external_id: ExternalId | None = None
    chosen_name: Name | None = None
    pronouns: Pronouns | None = None
    email: Email | None = None
    phone: Phone | None = None
    address: Address | None = None
    time_zone: TimeZone | None = None
    language: Language | None = None
    state: State | None = None
    emergency_contact: EmergencyContactRequest | None = None
    coverage: Coverage | None = None
    status: ClientStatus = "active"

    def details(self) -> ClientDetails:
        """Convert the request to the core's details."""
        return ClientDetails(
            given_name=self.given_name,
            family_name=self.family_name,
            date_of_birth=self.date_of_birth,
            external_id=self.external_id,
            chosen_name=self.chosen_name,
            pronouns=self.pronouns,
            email=self.email,
            phone=self.phone,
            address=self.address,
            time_zone=self.time_zone,
            language=self.language,
            state=self.state,
            emergency_contact=self.emergency_contact.emergency_contact() if self.emergency_contact else None,
            coverage=self.coverage,
            status=self.status,
        )


class ChangeClientRequest(ClientRequest, frozen=True, kw_only=True):
    """All details of a client, replacing the current ones; `version` is the version that was read."""

    status: ClientStatus
    version: Version


class SearchClientsRequest(Request, frozen=True):
    """What is known of the client. In a body, because URLs are logged.

    `text` has beginnings of words of any of their names, at least four digits with which their telephone number begins
    or ends, their date of birth (`1985-12-10`, `12/10/1985`), their `external_id` or its beginning of at least four
    letters and digits, or their email or its beginning with the `@`; or several of these, which must all be true.
    """

    text: Annotated[str, Meta(min_length=1, max_length=160, examples=["lovel ada"])]
    account: Annotated[ClientAccountStatus | None, Meta(examples=[None])] = None
    care_team: Annotated[ClientTeam | None, Meta(examples=[None])] = None
    after: Annotated[Cursor | None, Meta(examples=[None])] = None
    size: Annotated[PageSize, Meta(examples=[20])] = 20


class CareTeamRequest(Request, frozen=True):
    """The complete care team; `version` is the client's version that was read."""

    clinician_ids: Annotated[tuple[UUID, ...], Meta(max_length=50)]
    version: Version | None = None


class InviteClientRequest(Request, frozen=True):
    """The address to invite by, with which the client will sign in. Omitted: the one on file, which does not change."""

    email: Annotated[Email | None, Meta(examples=[None])] = None


class InviteClientsRequest(Request, frozen=True):
    """The clients to invite; if omitted, those of a page of all clients."""

    client_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=MAX_PAGE)] | None = None
    after: Annotated[Cursor | None, Meta(examples=[None])] = None
    size: Annotated[PageSize, Meta(examples=[100])] = MAX_PAGE


class ClientsController(Controller):
    """Clients of the practice."""

    path = "/clients"
    tags = ("Practice: clients",)

    @get("", raises=[Forbidden])
    async def list_clients(
        self,
        request: PortalRequest,
        list_clients: NamedDependency[ListClients],
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
        external_id: FromQuery[ExternalId | None] = None,
        account: FromQuery[ClientAccountStatus | None] = None,
        care_team: FromQuery[ClientTeam | None] = None,
    ) -> Page[ClientSummaryView]:
        """All clients, by family name; with `external_id`, the one whom the EHR calls that, or nobody.

        With `account`, those whose account has that status. With `care_team=none`, the active clients on whose care
        team is nobody, or only clinicians who have left.
        """
        query = ListClientsQuery(page(after, size), external_id, ClientFilter(account, care_team))
        return await list_clients(request.actor, query)

    @post("/search", status_code=200, idempotent=False, raises=[Forbidden])
    async def search_clients(
        self,
        request: PortalRequest,
        data: JSONBody[SearchClientsRequest],
        search_clients: NamedDependency[SearchClients],
    ) -> Page[ClientSummaryView]:
        """Clients found by name, telephone number or date of birth, by family name.

        Letter case, accents, apostrophes and hyphens do not matter: `dangelo` and `d'ang` find D’Angelo. With
        `account` and `care_team`, those of whom that is true.
        """
        query = SearchClientsQuery(data.text, page(data.after, data.size), ClientFilter(data.account, data.care_team))
        return await search_clients(request.actor, query)

    @post("", raises=[Forbidden, InvalidEmail, DuplicateExternalId])
    async def add_client(
        self, request: PortalRequest, data: JSONBody[ClientRequest], add_client: NamedDependency[AddClient]
    ) -> ClientView:
        """Adds a client. It does not invite them."""
        return await add_client(request.actor, AddClientCommand(data.details()))

    @get("/{client_id:uuid}", raises=[Forbidden])
    async def get_client(
        self, request: PortalRequest, client_id: FromPath[UUID], get_client: NamedDependency[GetClient]
    ) -> ClientView:
        """Returns a client and their care team."""
        return await get_client(request.actor, client_id)

    @put("/{client_id:uuid}", raises=[Forbidden, InvalidEmail, DuplicateExternalId, RecordDestroyed, StaleVersion])
    async def change_client(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        data: JSONBody[ChangeClientRequest],
        change_client: NamedDependency[ChangeClient],
    ) -> ClientView:
        """Replaces a client's details. `sign_in_email` does not change: only the client can change it."""
        return await change_client(request.actor, ChangeClientCommand(client_id, data.details(), data.version))

    @put("/{client_id:uuid}/care-team", raises=[Forbidden, RecordDestroyed, StaleVersion])
    async def assign_care_team(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        data: JSONBody[CareTeamRequest],
        assign_care_team: NamedDependency[AssignCareTeam],
    ) -> ClientView:
        """Replaces a client's care team: the clinicians with whom they can book."""
        command = AssignCareTeamCommand(client_id, data.clinician_ids, data.version)
        return await assign_care_team(request.actor, command)

    @post("/invitations", status_code=200, raises=[Forbidden, StaleVersion])
    async def invite_clients(
        self,
        request: PortalRequest,
        data: JSONBody[InviteClientsRequest],
        invite_clients: NamedDependency[InviteClients],
    ) -> Page[ClientInvitationView]:
        """Invites many clients at once, each by the email on file, and says of each what was done and why.

        Asking again invites nobody twice. Without `client_ids`, all clients are gone through page by page, also those
        who are not invited: pass `next` as `after` until it is null.
        """
        return await invite_clients(request.actor, InviteClientsCommand(data.client_ids, page(data.after, data.size)))

    @post(
        "/{client_id:uuid}/invitations",
        raises=[
            *(Forbidden, InvalidEmail, Discharged, RecordDestroyed, AccountNotAllowed),
            *(NoEmail, AlreadyRegistered, EmailInUse, EmailInvited),
        ],
    )
    async def invite_client(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        invite_client: NamedDependency[InviteClient],
        data: JSONBody[InviteClientRequest | None] = None,
    ) -> InvitationView:
        """Mails the client a code to open an account, and withdraws an earlier invitation.

        A body is needed only to invite by another address than the one on file.
        """
        return await invite_client(request.actor, InviteClientCommand(client_id, None if data is None else data.email))
