"""A client's contact preferences."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency

from entrypoints.http.contract.fields import FromPath
from entrypoints.http.contract.routing import get
from entrypoints.http.server.request import PortalRequest
from portal_core.kernel.errors import Forbidden
from portal_core.notifications.use_cases.get_contact_preferences import GetContactPreferences
from portal_core.notifications.views import ContactPreferencesView


class RecordController(Controller):
    """One client's record."""

    path = "/clients/{client_id:uuid}"
    tags = ("Practice: clients",)

    @get("/contact-preferences", raises=[Forbidden])
    async def get_contact_preferences(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        get_contact_preferences: NamedDependency[GetContactPreferences],
    ) -> ContactPreferencesView:
        """Returns how a client wants to be reached. Read it before calling or writing to them."""
        return await get_contact_preferences(request.actor, client_id)
