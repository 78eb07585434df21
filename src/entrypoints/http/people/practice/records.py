"""A client's contact preferences, and the destruction of a record's key."""

from typing import Literal
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody

from entrypoints.http.contract.fields import FromPath, Request
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.kernel.errors import Forbidden
from portal_core.notifications.use_cases.get_contact_preferences import GetContactPreferences
from portal_core.notifications.views import ContactPreferencesView
from portal_core.people.use_cases.destroy_record_key import DestroyRecordKey


class DestroyKeyRequest(Request, frozen=True):
    """Confirms the destruction in words, because the content cannot be restored. Decoding the body is the check."""

    confirm: Literal["destroy this record"]


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

    @post("/destroy-key", raises=[Forbidden])
    async def destroy_record_key(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        data: JSONBody[DestroyKeyRequest],
        destroy_record_key: NamedDependency[DestroyRecordKey],
    ) -> None:
        """Destroys the key of a record: the content it encrypts becomes unreadable for good. The audit log stays."""
        await destroy_record_key(request.actor, client_id)
