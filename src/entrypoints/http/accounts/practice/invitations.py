"""List and withdraw the practice's invitations."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency

from entrypoints.http.contract.fields import Cursor, FromPath, FromQuery, PageSize, page
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.invitation_errors import InvitationNotOpen
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.use_cases.list_invitations import ListInvitations, ListInvitationsQuery
from portal_core.accounts.use_cases.withdraw_invitation import WithdrawInvitation
from portal_core.kernel.errors import Forbidden, StaleVersion
from portal_core.kernel.page import Page


class InvitationsController(Controller):
    """Invitations of clients, proxies and staff."""

    path = "/invitations"
    tags = ("Practice: people",)

    @get("", raises=[Forbidden])
    async def list_invitations(
        self,
        request: PortalRequest,
        list_invitations: NamedDependency[ListInvitations],
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[InvitationView]:
        """Newest first, with those that are over."""
        return await list_invitations(request.actor, ListInvitationsQuery(page(after, size)))

    @post("/{invitation_id:uuid}/withdraw", status_code=200, raises=[Forbidden, InvitationNotOpen, StaleVersion])
    async def withdraw_invitation(
        self,
        request: PortalRequest,
        invitation_id: FromPath[UUID],
        withdraw_invitation: NamedDependency[WithdrawInvitation],
    ) -> InvitationView:
        """Withdraws an open invitation."""
        return await withdraw_invitation(request.actor, invitation_id)
