"""List, extend and end sessions."""

from uuid import UUID

from attrs import evolve
from litestar import Controller
from litestar.di import NamedDependency

from entrypoints.http.accounts.operation_names import operation_name, tags_for
from entrypoints.http.accounts.session_responses import CurrentSession, current_session
from entrypoints.http.contract.fields import FromPath
from entrypoints.http.contract.routing import delete, get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.model import Side
from portal_core.accounts.use_cases.end_session import EndSession
from portal_core.accounts.use_cases.extend_session import ExtendSession
from portal_core.accounts.use_cases.list_sessions import ListSessions
from portal_core.accounts.views import SessionView
from portal_core.kernel.errors import NotFound
from portal_core.kernel.page import Page


def sessions_controller(side: Side) -> type[Controller]:
    """Sessions on one side."""

    class SessionsController(Controller):
        path = "/auth/sessions"
        tags = tags_for(side, "Sessions")

        @get("", operation_id=operation_name(side, "list_sessions"))
        async def list_sessions(
            self, request: PortalRequest, list_sessions: NamedDependency[ListSessions]
        ) -> Page[SessionView]:
            """Where one is signed in."""
            return await list_sessions(request.actor)

        @get("/current", active=False, enrollment_exempt=True, operation_id=operation_name(side, "get_session"))
        async def get_session(self, request: PortalRequest) -> CurrentSession:
            """Returns the current session and when it ends. The request does not count as activity."""
            return current_session(request.authentication.access_token, request.authenticated)

        @post(
            "/current/extend",
            enrollment_exempt=True,
            idempotent=False,
            status_code=200,
            operation_id=operation_name(side, "extend_session"),
        )
        async def extend_session(
            self, request: PortalRequest, extend_session: NamedDependency[ExtendSession]
        ) -> CurrentSession:
            """Restarts the idle time of the current session."""
            extended = evolve(request.authenticated, session=await extend_session(request.actor))
            return current_session(request.authentication.access_token, extended)

        @delete("/{session_id:uuid}", operation_id=operation_name(side, "end_session"), raises=[NotFound])
        async def end_session(
            self, request: PortalRequest, session_id: FromPath[UUID], end_session: NamedDependency[EndSession]
        ) -> None:
            """Ends one of the caller's own sessions, which signs that device out."""
            await end_session(request.actor, session_id)

    return SessionsController
