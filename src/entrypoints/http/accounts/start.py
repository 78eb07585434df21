"""What a page needs when it loads: before anybody has signed in, and about the account that has."""

from litestar import Controller
from litestar.di import NamedDependency
from msgspec import Struct

from entrypoints.http.accounts.operation_names import operation_name, tags_for
from entrypoints.http.accounts.session_responses import CurrentSession, current_session
from entrypoints.http.contract.routing import get
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.model import Side
from portal_core.accounts.use_cases.get_own_account import GetOwnAccount
from portal_core.accounts.use_cases.get_start import GetStart
from portal_core.accounts.views import OwnAccountView, PasswordRulesView
from portal_core.kernel.languages import Language
from portal_core.people.crisis_lines import CrisisLine
from portal_core.people.views import PracticeContactView


class StartResponse(Struct, kw_only=True):
    """What a page shows before anybody has signed in. `session` is the caller's, if they are signed in on this side."""

    practice: PracticeContactView
    languages: tuple[Language, ...]
    crisis_lines: tuple[CrisisLine, ...]
    password_rules: PasswordRulesView
    session: CurrentSession | None


def start_controller(side: Side) -> type[Controller]:
    """The first requests of a page on one side."""

    class StartController(Controller):
        path = ""
        tags = tags_for(side, "Signing in")

        @get("/start", auth="visitor", session_of=side, operation_id=operation_name(side, "get_start"))
        async def get_start(self, request: PortalRequest, get_start: NamedDependency[GetStart]) -> StartResponse:
            """Returns the practice, its rules for passwords, and the session if there is one. Never a 401.

            The request does not count as activity.
            """
            start = await get_start(request.visitor)
            found = request.found_session
            return StartResponse(
                practice=start.practice,
                languages=start.languages,
                crisis_lines=start.crisis_lines,
                password_rules=start.password_rules,
                session=None if found is None else current_session(*found),
            )

        @get("/auth/me", active=False, enrollment_exempt=True, operation_id=operation_name(side, "get_own_account"))
        async def get_own_account(
            self, request: PortalRequest, get_own_account: NamedDependency[GetOwnAccount]
        ) -> OwnAccountView:
            """Returns the account of the caller, whichever record the request names. It does not count as activity."""
            return await get_own_account(request.actor)

    return StartController
