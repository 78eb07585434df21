"""Proxy access to a record: invitations of proxies, and grants."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import Email, FromPath, Request
from entrypoints.http.contract.routing import delete, get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.access.errors import GrantExists, GrantNotActive, GrantNotAllowed, NoPortalAccount
from portal_core.access.model import GrantTerms, Relationship
from portal_core.access.use_cases.grant_access import GrantAccess, GrantAccessCommand
from portal_core.access.use_cases.list_grants import ListGrants
from portal_core.access.use_cases.revoke_grant import RevokeGrant, RevokeGrantCommand
from portal_core.access.views import GrantView, ListedGrantView
from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.invitation_errors import Discharged, EmailInUse, EmailInvited
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.use_cases.invite_proxy import InviteProxy, InviteProxyCommand
from portal_core.kernel.actor import AREAS, Area
from portal_core.kernel.contact import InvalidEmail
from portal_core.kernel.errors import Forbidden, RecordDestroyed
from portal_core.kernel.page import Page

Areas = Annotated[tuple[Area, ...], Meta(min_length=1, max_length=len(AREAS))]


class GrantRequest(Request, frozen=True):
    """The terms of a proxy's access, chosen by a clinician or administrator.

    `areas` omitted: the defaults for the client's age. `until`: the first day without access; if omitted, as long as
    the rules allow. `authorized_by_minor`: the minor has authorized it, and the practice keeps the evidence.
    """

    email: Email
    relationship: Relationship
    areas: Areas | None = None
    may_write: bool = False
    until: date | None = None
    authorized_by_minor: bool = False

    def terms(self) -> GrantTerms:
        """Convert the request to the core's terms."""
        return GrantTerms(
            relationship=self.relationship,
            areas=None if self.areas is None else frozenset(self.areas),
            may_write=self.may_write,
            until=self.until,
            authorized_by_minor=self.authorized_by_minor,
        )


class ProxiesController(Controller):
    """A client's proxies."""

    path = "/clients/{client_id:uuid}"
    tags = ("Practice: clients",)

    @post(
        "/proxy-invitations",
        raises=[
            *(Forbidden, InvalidEmail, Discharged, RecordDestroyed, GrantNotAllowed),
            *(AlreadyRegistered, EmailInUse, EmailInvited),
        ],
    )
    async def invite_proxy(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        data: JSONBody[GrantRequest],
        invite_proxy: NamedDependency[InviteProxy],
    ) -> InvitationView:
        """Sets the terms of access to the record, and mails the proxy a code to open an account."""
        return await invite_proxy(request.actor, InviteProxyCommand(client_id, data.email, data.terms()))

    @get("/grants", raises=[Forbidden])
    async def list_grants(
        self, request: PortalRequest, client_id: FromPath[UUID], list_grants: NamedDependency[ListGrants]
    ) -> Page[ListedGrantView]:
        """Every grant over the record with its holder, the newest first, with those that are over."""
        return await list_grants(request.actor, client_id)

    @post("/grants", raises=[Forbidden, InvalidEmail, GrantNotAllowed, NoPortalAccount, GrantExists, RecordDestroyed])
    async def grant_access(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        data: JSONBody[GrantRequest],
        grant_access: NamedDependency[GrantAccess],
    ) -> GrantView:
        """Gives the holder of an account access to the record."""
        return await grant_access(request.actor, GrantAccessCommand(client_id, data.email, data.terms()))

    @delete("/grants/{grant_id:uuid}", status_code=200, raises=[Forbidden, GrantNotActive])
    async def revoke_grant(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        grant_id: FromPath[UUID],
        revoke_grant: NamedDependency[RevokeGrant],
    ) -> GrantView:
        """Revokes a proxy's access at once."""
        return await revoke_grant(request.actor, RevokeGrantCommand(client_id, grant_id))
