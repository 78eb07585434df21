"""TOTP enrollment: AssociateSoftwareToken, VerifySoftwareToken and the two MFA preferences."""

from .errors import Refusal, invalid_parameter, not_authorized, unsupported
from .records import Session, User
from .totp import Authenticator, Verdict, new_secret
from .world import Answer, Request, World, operation


@operation("AssociateSoftwareToken")
def associate_software_token(world: World, request: Request) -> Answer:
    """A new key. The old one keeps working until the new one is verified."""
    user, session = _person(world, request)
    user.candidate = Authenticator(new_secret())
    return {"SecretCode": user.candidate.secret} | _next(world, session, verified=False)


@operation("VerifySoftwareToken")
def verify_software_token(world: World, request: Request) -> Answer:
    user, session = _person(world, request)
    if user.candidate is None:
        raise Refusal("SoftwareTokenMFANotFoundException", "Software Token MFA does not exist for the user.")
    if user.candidate.spend(request["UserCode"], world.now()) is not Verdict.RIGHT:
        raise Refusal("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
    user.authenticator, user.candidate = user.candidate, None
    return {"Status": "SUCCESS"} | _next(world, session, verified=True)


def _person(world: World, request: Request) -> tuple[User, Session | None]:
    """The owner of the access token, or of the session of an MFA_SETUP challenge."""
    token, session_id = request.get("AccessToken"), request.get("Session")
    if (token is None) == (session_id is None):
        raise invalid_parameter("Exactly one of AccessToken and Session must be provided")
    if session_id is not None:
        session = world.session(session_id)
        if session.challenge != "MFA_SETUP":
            raise not_authorized("Invalid session for the user.")
        user, pool = session.user, session.client.pool
    else:
        session = None
        gone = not_authorized("Access Token has been revoked")
        grant = world.tokens.bearer(str(token), world.now(), missing=gone)
        user, pool = grant.user, grant.client.pool
    if not pool.totp_allowed:
        raise Refusal("SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool.")
    return user, session


def _next(world: World, session: Session | None, *, verified: bool) -> Answer:
    """Each step of a session returns a new one."""
    if session is None:
        return {}
    session.used = True
    successor = world.open_session(session.client, session.user, session.challenge)
    successor.totp_verified = verified
    return {"Session": successor.id}


@operation("AdminSetUserMFAPreference")
def admin_set_user_mfa_preference(world: World, request: Request) -> Answer:
    return _set_preference(world.user(request), request, world.pool(request).mfa)


@operation("SetUserMFAPreference")
def set_user_mfa_preference(world: World, request: Request) -> Answer:
    grant = world.tokens.bearer(request["AccessToken"], world.now())
    return _set_preference(grant.user, request, grant.client.pool.mfa)


def _set_preference(user: User, request: Request, pool_mfa: str) -> Answer:
    for name in ("SMSMfaSettings", "EmailMfaSettings", "WebAuthnMfaSettings"):
        if request.get(name, {}).get("Enabled"):
            raise unsupported(name)
    settings = request.get("SoftwareTokenMfaSettings")
    if settings is None:
        return {}
    enabled = settings.get("Enabled", False)
    if enabled and user.authenticator is None:
        state = "set up" if user.candidate is None else "verified"
        raise invalid_parameter(f"User has not {state} software token mfa")
    if not enabled and pool_mfa == "ON":
        raise invalid_parameter("MFA cannot be turned off for a user of a pool that requires it")
    if settings.get("PreferredMfa") and not enabled:
        raise invalid_parameter("A preferred MFA method must be enabled")
    user.mfa_enabled = enabled
    user.mfa_preferred = settings.get("PreferredMfa", False)
    return {}
