"""How to reach the practice, for everybody."""

from litestar import Controller
from litestar.di import NamedDependency

from entrypoints.http.accounts.operation_names import tags_for
from entrypoints.http.contract.routing import get
from entrypoints.http.server.request import PortalRequest
from portal_core.people.use_cases.get_practice_contact import GetPracticeContact
from portal_core.people.views import PracticeContactView


class PracticeContactController(Controller):
    """The practice as everybody may see it."""

    path = "/practice"
    tags = tags_for("portal", "Practice")

    @get("", auth="visitor")
    async def get_practice_contact(
        self, request: PortalRequest, get_practice_contact: NamedDependency[GetPracticeContact]
    ) -> PracticeContactView:
        """Returns the practice's name, phone and address. Needs no sign-in."""
        return await get_practice_contact(request.visitor)
