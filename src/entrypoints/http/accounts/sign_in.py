"""Signing in and out, and renewing a session."""

from typing import Annotated, Literal

from litestar import Controller, Response
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.accounts.answers import SignInAnswer, asked, refresh_token_of, signed_in, signed_out
from entrypoints.http.accounts.sides import named, tag
from entrypoints.http.contract.fields import Code, Email, Password, Request, Token
from entrypoints.http.contract.routing import post
from entrypoints.http.server.cookies import SessionCookies
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.errors import (
    ChallengeOver,
    RefreshRefused,
    SecondFactorRefused,
    SignInLocked,
    SignInRefused,
    WeakSignIn,
)
from portal_core.accounts.model import Side
from portal_core.accounts.use_cases.answer_second_factor import AnswerSecondFactor, AnswerSecondFactorCommand
from portal_core.accounts.use_cases.log_in import LogIn, LogInCommand
from portal_core.accounts.use_cases.log_in_with_oidc import LogInWithOidc, LogInWithOidcCommand
from portal_core.accounts.use_cases.log_out import LogOut
from portal_core.accounts.use_cases.refresh_session import RefreshSession, RefreshSessionCommand
from portal_core.accounts.views import SecondFactorAsked
from portal_core.kernel.contact import EmailUnfit
from portal_core.kernel.errors import RateLimited

Carried = Literal["bearer", "cookie"]
OidcToken = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=16384,
        pattern=r"^[A-Za-z0-9_\-.]+$",
        examples=["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIyNDgyIn0.c2lnbmF0dXJl"],
    ),
]


class LogInRequest(Request, frozen=True):
    """`session` says how the session is carried: `bearer` for programs, `cookie` for browsers."""

    email: Email
    password: Password
    session: Carried = "bearer"


class SecondFactorRequest(Request, frozen=True):
    """`code` is the authenticator app's, or a recovery code."""

    challenge: Token
    code: Code


class RefreshRequest(Request, frozen=True):
    """`refresh_token` is left out by browsers, who have it in a cookie."""

    refresh_token: Token | None = None


class OidcRequest(Request, frozen=True):
    """`token` is an ID token of the practice's identity provider."""

    token: OidcToken
    session: Carried = "bearer"


def sign_in_controller(side: Side) -> type[Controller]:
    """Signing in at one side."""

    class SignInController(Controller):
        path = "/auth"
        tags = tag(side, "Signing in")

        @post(
            "/login",
            auth="none",
            idempotent=False,
            status_code=200,
            operation_id=named(side, "log_in"),
            raises=[EmailUnfit, SignInRefused, SignInLocked, RateLimited],
        )
        async def log_in(
            self,
            request: PortalRequest,
            data: JSONBody[LogInRequest],
            log_in: NamedDependency[LogIn],
            session_cookies: NamedDependency[SessionCookies],
        ) -> Response[SignInAnswer]:
            """Signs in with email and password."""
            answer = await log_in(request.visitor, LogInCommand(data.email, data.password, data.session, side))
            return asked(answer) if isinstance(answer, SecondFactorAsked) else signed_in(session_cookies, answer)

        @post(
            "/mfa",
            auth="none",
            idempotent=False,
            status_code=200,
            operation_id=named(side, "answer_second_factor"),
            raises=[ChallengeOver, SecondFactorRefused, SignInLocked, RateLimited],
        )
        async def answer_second_factor(
            self,
            request: PortalRequest,
            data: JSONBody[SecondFactorRequest],
            answer_second_factor: NamedDependency[AnswerSecondFactor],
            session_cookies: NamedDependency[SessionCookies],
        ) -> Response[SignInAnswer]:
            """Answers the question for the second factor."""
            command = AnswerSecondFactorCommand(data.challenge, data.code, side)
            return signed_in(session_cookies, await answer_second_factor(request.visitor, command))

        @post(
            "/refresh-token",
            auth="none",
            idempotent=False,
            status_code=200,
            operation_id=named(side, "refresh_session"),
            raises=[RefreshRefused],
        )
        async def refresh_session(
            self,
            request: PortalRequest,
            data: JSONBody[RefreshRequest],
            refresh_session: NamedDependency[RefreshSession],
            session_cookies: NamedDependency[SessionCookies],
        ) -> Response[SignInAnswer]:
            """Exchanges a refresh token, once, for new tokens. One that was used before ends its session."""
            token = refresh_token_of(request, session_cookies, data.refresh_token)
            command = RefreshSessionCommand(token, side)
            return signed_in(session_cookies, await refresh_session(request.visitor, command))

        @post("/logout", enrolling=True, idempotent=False, operation_id=named(side, "log_out"), status_code=204)
        async def log_out(
            self,
            request: PortalRequest,
            log_out: NamedDependency[LogOut],
            session_cookies: NamedDependency[SessionCookies],
        ) -> Response[None]:
            """Ends this session."""
            await log_out(request.actor)
            return signed_out(session_cookies)

    return SignInController


class OidcController(Controller):
    """Staff who sign in at their own identity provider."""

    path = "/auth/oidc"
    tags = tag("practice", "Signing in")

    @post("", auth="none", idempotent=False, status_code=200, raises=[SignInRefused, WeakSignIn, RateLimited])
    async def log_in_with_oidc(
        self,
        request: PortalRequest,
        data: JSONBody[OidcRequest],
        log_in_with_oidc: NamedDependency[LogInWithOidc],
        session_cookies: NamedDependency[SessionCookies],
    ) -> Response[SignInAnswer]:
        """Signs a member of staff in with an ID token of the practice's identity provider."""
        answer = await log_in_with_oidc(request.visitor, LogInWithOidcCommand(data.token, data.session))
        return signed_in(session_cookies, answer)
