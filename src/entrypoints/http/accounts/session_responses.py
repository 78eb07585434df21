"""Responses that carry a session: tokens in the body for programs, cookies for browsers."""

from litestar import Response
from msgspec import Struct

from entrypoints.http.server.cookies import SessionCookies, csrf_token
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.errors import RefreshRefused
from portal_core.accounts.use_cases.authenticate import Authenticated
from portal_core.accounts.views import SessionTokens, SessionView


class BearerSession(Struct, kw_only=True):
    """A session of a program. `must_enroll`: it may only be used to set up a second factor."""

    session: SessionView
    access_token: str
    refresh_token: str
    must_enroll: bool


class CookieSession(Struct, kw_only=True):
    """A session of a browser, whose tokens are in cookies.

    `csrf_token` must be sent in the header X-CSRF-Token with every change; `/auth/sessions/current` returns it again.
    `must_enroll`: the session may only be used to set up a second factor.
    """

    session: SessionView
    csrf_token: str
    must_enroll: bool


class CurrentSession(Struct, kw_only=True):
    """The session of the request. `csrf_token` is the one of a browser's session, and null for a program's.

    `must_enroll`: the session may only be used to set up a second factor.
    """

    session: SessionView
    csrf_token: str | None
    must_enroll: bool


SignedIn = BearerSession | CookieSession
"""`session: bearer` in the request gets the one, `session: cookie` the other."""


def signed_in_response(cookies: SessionCookies, tokens: SessionTokens) -> Response[SignedIn]:
    """The response for a new or renewed session, in the form that was requested."""
    session = tokens.session
    if session.kind == "bearer":
        answer = BearerSession(
            session=session,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            must_enroll=tokens.must_enroll,
        )
        return Response(answer)
    lifetime = None if session.kind == "shared_cookie" else session.ends_at - session.last_active_at
    return Response(
        CookieSession(session=session, csrf_token=csrf_token(tokens.access_token), must_enroll=tokens.must_enroll),
        cookies=cookies.set_cookies(tokens.access_token, tokens.refresh_token, lifetime),
    )


def current_session(access_token: str, authenticated: Authenticated) -> CurrentSession:
    """A session, with what a page needs that was just loaded."""
    session = authenticated.session
    token = csrf_token(access_token) if session.kind != "bearer" else None
    return CurrentSession(session=session, csrf_token=token, must_enroll=authenticated.must_enroll)


def signed_out_response(cookies: SessionCookies) -> Response[None]:
    """An empty response that clears a browser's session cookies and its cache of this site.

    Not `"cookies"`, which would clear those of the whole registered domain, nor `"storage"`, which would remove the web
    app's service worker.
    """
    headers = {"clear-site-data": '"cache"'}
    return Response(None, status_code=204, cookies=cookies.clear_cookies(), headers=headers)


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
