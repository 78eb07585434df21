"""How sessions are answered: tokens in the body for programs, cookies for browsers."""

from datetime import datetime

from litestar import Response
from msgspec import Struct

from entrypoints.http.server.cookies import SessionCookies, csrf_token
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.errors import RefreshRefused
from portal_core.accounts.views import SecondFactorChallenge, SessionTokens, SessionView


class SignInResponse(Struct, kw_only=True, omit_defaults=True):
    """Signed in, or asked for the second factor.

    With `session: bearer` the tokens stand here; with `session: cookie` they are in cookies, and `csrf_token` goes into
    the header X-CSRF-Token of every change. `challenge` is set when the second factor is asked for: answer it at
    `/auth/mfa` before `expires_at`. `must_enroll`: the session is good for setting up a second factor only.
    """

    session: SessionView | None = None
    access_token: str | None = None
    refresh_token: str | None = None
    csrf_token: str | None = None
    must_enroll: bool = False
    challenge: str | None = None
    expires_at: datetime | None = None


def challenge_response(question: SecondFactorChallenge) -> Response[SignInResponse]:
    """The question for the second factor."""
    return Response(SignInResponse(challenge=question.challenge, expires_at=question.expires_at))


def signed_in_response(cookies: SessionCookies, tokens: SessionTokens) -> Response[SignInResponse]:
    """The session that was opened or renewed, carried as it was asked for."""
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
    """Nothing more; a browser forgets its cookies."""
    return Response(None, status_code=204, cookies=cookies.clear_cookies())


def refresh_token_of(request: PortalRequest, cookies: SessionCookies, given: str | None) -> str:
    """The refresh token of the body, or the browser's cookie.

    The cookie is SameSite=strict, and what it opens only renews the session that it belongs to.

    Raises:
        RefreshRefused: there is neither.
    """
    token = given or request.cookies.get(cookies.refresh_name)
    if not token:
        raise RefreshRefused
    return token
