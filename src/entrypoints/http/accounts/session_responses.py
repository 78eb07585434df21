"""Responses that carry a session: tokens in the body for programs, cookies for browsers."""

from datetime import datetime

from litestar import Response
from msgspec import Struct

from entrypoints.http.server.cookies import SessionCookies, csrf_token
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.errors import RefreshRefused
from portal_core.accounts.views import SecondFactorChallenge, SessionTokens, SessionView


class SignInResponse(Struct, kw_only=True, omit_defaults=True):
    """A session, or a challenge for the second factor.

    With `session: bearer` the tokens are in this body; with `session: cookie` they are in cookies, and `csrf_token`
    must be sent in the header X-CSRF-Token with every change. `challenge` is set when a second factor is required:
    send it with the code to `/auth/mfa` before `expires_at`. `must_enroll`: the session may only be used to set up a
    second factor.
    """

    session: SessionView | None = None
    access_token: str | None = None
    refresh_token: str | None = None
    csrf_token: str | None = None
    must_enroll: bool = False
    challenge: str | None = None
    expires_at: datetime | None = None


def challenge_response(question: SecondFactorChallenge) -> Response[SignInResponse]:
    """The response that asks for the second factor."""
    return Response(SignInResponse(challenge=question.challenge, expires_at=question.expires_at))


def signed_in_response(cookies: SessionCookies, tokens: SessionTokens) -> Response[SignInResponse]:
    """The response for a new or renewed session, in the form that was requested."""
    session = tokens.session
    if session.kind == "bearer":
        answer = SignInResponse(
            session=session,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            must_enroll=tokens.must_enroll,
        )
        return Response(answer)
    answer = SignInResponse(session=session, csrf_token=csrf_token(tokens.access_token), must_enroll=tokens.must_enroll)
    lifetime = session.ends_at - session.last_active_at
    return Response(answer, cookies=cookies.set_cookies(tokens.access_token, tokens.refresh_token, lifetime))


def signed_out_response(cookies: SessionCookies) -> Response[None]:
    """An empty response that clears a browser's session cookies."""
    return Response(None, status_code=204, cookies=cookies.clear_cookies())


def refresh_token_of(request: PortalRequest, cookies: SessionCookies, given: str | None) -> str:
    """The refresh token from the body, or from the browser's cookie.

    The cookie is SameSite=strict, and only renews the session that it belongs to.

    Raises:
        RefreshRefused: there is neither.
    """
    token = given or request.cookies.get(cookies.refresh_name)
    if not token:
        raise RefreshRefused
    return token


def replaced_token(request: PortalRequest, cookies: SessionCookies) -> str:
    """The access token of the browser's cookie, which a sign-in replaces; empty when there is none."""
    return request.inbound.cookie(cookies.access_name)
