"""Sign in, renew a session, and sign out."""

from typing import Annotated, Literal

from litestar import Controller, Response
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.accounts.operation_names import operation_name, tags_for
from entrypoints.http.accounts.session_responses import (
    SignedIn,
    refresh_token_of,
    replaced_token,
    signed_in_response,
    signed_out_response,
)
from entrypoints.http.contract.fields import Code, Email, Password, Request, Token
from entrypoints.http.contract.routing import post
from entrypoints.http.server.cookies import SessionCookies
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.errors import (
    ChallengeNotOpen,
    CodeRefused,
    IdentityLinked,
    LinkNeeded,
    RefreshRefused,
    SecondFactorRefused,
    SignInLocked,
    SignInRefused,
    SingleFactorSignIn,
    StaffTokenRefused,
    WrongPassword,
)
from portal_core.accounts.model import SessionKind, Side
from portal_core.accounts.use_cases.link_oidc_identity import LinkOidcIdentity, LinkOidcIdentityCommand
from portal_core.accounts.use_cases.refresh_session import RefreshSession, RefreshSessionCommand
from portal_core.accounts.use_cases.sign_in import SignIn, SignInCommand
from portal_core.accounts.use_cases.sign_in_with_oidc import SignInWithOidc, SignInWithOidcCommand
from portal_core.accounts.use_cases.sign_out import SignOut
from portal_core.accounts.use_cases.verify_second_factor import VerifySecondFactor, VerifySecondFactorCommand
from portal_core.accounts.views import SecondFactorChallenge
from portal_core.kernel.contact import InvalidEmail
from portal_core.kernel.errors import Forbidden, RateLimited, Unavailable

SessionForm = Literal["bearer", "cookie"]
SharedComputer = Annotated[
    bool, Meta(description="Others use this computer: its browser forgets the session's cookies when it is closed")
]
OidcToken = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=16384,
        pattern=r"^[A-Za-z0-9_\-.]+$",
        examples=["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIyNDgyIn0.c2lnbmF0dXJl"],
    ),
]


class SignInRequest(Request, frozen=True):
    """`session` is how the session is carried: `bearer` for programs, `cookie` for browsers."""

    email: Email
    password: Password
    session: SessionForm = "bearer"
    shared_computer: SharedComputer = False


class VerifySecondFactorRequest(Request, frozen=True):
    """`code` is the authenticator app's code, or a recovery code."""

    challenge: Token
    code: Code


class RefreshSessionRequest(Request, frozen=True):
    """`refresh_token` is omitted by browsers, which send it in a cookie."""

    refresh_token: Token | None = None


class OidcSignInRequest(Request, frozen=True):
    """`token` is an ID token of the practice's identity provider."""

    token: OidcToken
    session: SessionForm = "bearer"
    shared_computer: SharedComputer = False


class OidcLinkRequest(Request, frozen=True):
    """`token` is an ID token of the practice's identity provider; `code` is required if a second factor is enrolled."""

    token: OidcToken
    password: Password
    code: Code | None = None


def _kind(data: SignInRequest | OidcSignInRequest) -> SessionKind:
    return "shared_cookie" if data.session == "cookie" and data.shared_computer else data.session


def sign_in_controller(side: Side) -> type[Controller]:
    """Sign-in on one side."""

    class SignInController(Controller):
        path = "/auth"
        tags = tags_for(side, "Signing in")

        @post(
            "/login",
            auth="visitor",
            idempotent=False,
            status_code=200,
            operation_id=operation_name(side, "sign_in"),
            raises=[InvalidEmail, SignInRefused, SignInLocked, RateLimited, Unavailable],
        )
        async def sign_in(
            self,
            request: PortalRequest,
            data: JSONBody[SignInRequest],
            sign_in: NamedDependency[SignIn],
            session_cookies: NamedDependency[SessionCookies],
        ) -> Response[SecondFactorChallenge] | Response[SignedIn]:
            """Signs in with email and password.

            Where a second factor is enrolled, the answer is a challenge: send it with the code to `/auth/mfa` before
            `expires_at`.
            """
            replaced = replaced_token(request, session_cookies)
            answer = await sign_in(
                request.visitor, SignInCommand(data.email, data.password, _kind(data), side, replaced)
            )
            if isinstance(answer, SecondFactorChallenge):
                return Response(answer)
            return signed_in_response(session_cookies, answer)

        @post(
            "/mfa",
            auth="visitor",
            idempotent=False,
            status_code=200,
            operation_id=operation_name(side, "verify_second_factor"),
            raises=[ChallengeNotOpen, SecondFactorRefused, SignInLocked, RateLimited],
        )
        async def verify_second_factor(
            self,
            request: PortalRequest,
            data: JSONBody[VerifySecondFactorRequest],
            verify_second_factor: NamedDependency[VerifySecondFactor],
            session_cookies: NamedDependency[SessionCookies],
        ) -> Response[SignedIn]:
            """Completes a sign-in with the second factor."""
            replaced = replaced_token(request, session_cookies)
            command = VerifySecondFactorCommand(data.challenge, data.code, side, replaced)
            return signed_in_response(session_cookies, await verify_second_factor(request.visitor, command))

        @post(
            "/refresh-token",
            auth="visitor",
            idempotent=False,
            status_code=200,
            operation_id=operation_name(side, "refresh_session"),
            raises=[RefreshRefused, RateLimited],
        )
        async def refresh_session(
            self,
            request: PortalRequest,
            data: JSONBody[RefreshSessionRequest],
            refresh_session: NamedDependency[RefreshSession],
            session_cookies: NamedDependency[SessionCookies],
        ) -> Response[SignedIn]:
            """Exchanges a refresh token for new tokens. A token works once; using it again ends its session."""
            token = refresh_token_of(request, session_cookies, data.refresh_token)
            command = RefreshSessionCommand(token, side)
            return signed_in_response(session_cookies, await refresh_session(request.visitor, command))

        @post(
            "/logout",
            enrollment_exempt=True,
            idempotent=False,
            operation_id=operation_name(side, "sign_out"),
            status_code=204,
        )
        async def sign_out(
            self,
            request: PortalRequest,
            sign_out: NamedDependency[SignOut],
            session_cookies: NamedDependency[SessionCookies],
        ) -> Response[None]:
            """Ends the current session."""
            await sign_out(request.actor)
            return signed_out_response(session_cookies)

    return SignInController


class OidcController(Controller):
    """Sign-in of staff through the practice's identity provider."""

    path = "/auth/oidc"
    tags = tags_for("practice", "Signing in")

    @post(
        "",
        auth="visitor",
        idempotent=False,
        status_code=200,
        raises=[SignInRefused, LinkNeeded, SingleFactorSignIn, RateLimited],
    )
    async def sign_in_with_oidc(
        self,
        request: PortalRequest,
        data: JSONBody[OidcSignInRequest],
        sign_in_with_oidc: NamedDependency[SignInWithOidc],
        session_cookies: NamedDependency[SessionCookies],
    ) -> Response[SignedIn]:
        """Signs a staff member in with an ID token of the practice's identity provider."""
        command = SignInWithOidcCommand(data.token, _kind(data), replaced_token(request, session_cookies))
        answer = await sign_in_with_oidc(request.visitor, command)
        return signed_in_response(session_cookies, answer)

    @post(
        "/link",
        idempotent=False,
        raises=[Forbidden, WrongPassword, CodeRefused, StaffTokenRefused, IdentityLinked, RateLimited],
    )
    async def link_oidc_identity(
        self,
        request: PortalRequest,
        data: JSONBody[OidcLinkRequest],
        link_oidc_identity: NamedDependency[LinkOidcIdentity],
    ) -> None:
        """Links the caller's account to their identity at the practice's identity provider."""
        await link_oidc_identity(request.actor, LinkOidcIdentityCommand(data.token, data.password, data.code or ""))
