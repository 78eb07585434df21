"""Sign-in and its challenges: (Admin)InitiateAuth and (Admin)RespondToAuthChallenge."""

from collections.abc import Mapping

from .administration import set_password
from .errors import (
    Refusal,
    invalid_parameter,
    not_authorized,
    unknown_user,
    unsupported,
    user_disabled,
    wrong_password,
)
from .passwords import check_policy
from .records import FORCE_CHANGE_PASSWORD, SOFTWARE_TOKEN_MFA, UNCONFIRMED, AppClient, Session, User
from .totp import Verdict
from .world import Answer, Request, World, operation, required

_REFRESH = ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN")


@operation("AdminInitiateAuth")
def admin_initiate_auth(world: World, request: Request) -> Answer:
    flow, client = request["AuthFlow"], world.client(request)
    if flow in ("ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"):
        if not (client.allows("ADMIN_USER_PASSWORD_AUTH") or client.allows("ADMIN_NO_SRP_AUTH")):
            raise invalid_parameter("Auth flow not enabled for this client")
        return _password_sign_in(world, client, request.get("AuthParameters", {}))
    return _refresh(world, client, request)


@operation("InitiateAuth")
def initiate_auth(world: World, request: Request) -> Answer:
    flow, client = request["AuthFlow"], world.client(request)
    if flow == "USER_PASSWORD_AUTH":
        if not client.allows(flow):
            raise invalid_parameter("USER_PASSWORD_AUTH flow not enabled for this client")
        return _password_sign_in(world, client, request.get("AuthParameters", {}))
    return _refresh(world, client, request)


def _refresh(world: World, client: AppClient, request: Request) -> Answer:
    if request["AuthFlow"] not in _REFRESH:
        raise unsupported(f"the flow {request['AuthFlow']}")
    if not client.allows("REFRESH_TOKEN_AUTH"):
        raise invalid_parameter("Auth flow not enabled for this client")
    parameters = request.get("AuthParameters", {})
    token = required(parameters, "REFRESH_TOKEN")
    grant = world.tokens.grant_of(token)
    if grant is None:
        raise not_authorized("Invalid Refresh Token")
    world.check_secret_hash(client, grant.user.username, parameters.get("SECRET_HASH"))
    return {"ChallengeParameters": {}, "AuthenticationResult": world.tokens.refresh(client, token, world.now())}


def _password_sign_in(world: World, client: AppClient, parameters: Mapping[str, str]) -> Answer:
    username, password = required(parameters, "USERNAME"), required(parameters, "PASSWORD")
    world.check_secret_hash(client, username, parameters.get("SECRET_HASH"))
    user = client.pool.find(username)
    if user is None:
        raise wrong_password() if client.hides_existence else unknown_user()
    if not client.hides_existence:
        _check_standing(user)
    user.password_lockout.admit(world.now())
    if password != user.password:
        user.password_lockout.failed(world.now())
        raise wrong_password()
    user.password_lockout.clear()
    _check_standing(user)
    if user.status == FORCE_CHANGE_PASSWORD:
        if user.temporary_until is not None and world.now() >= user.temporary_until:
            raise not_authorized("Temporary password has expired and must be reset by an administrator.")
        return _challenge(world, client, user, "NEW_PASSWORD_REQUIRED")
    return _second_step(world, client, user)


def _check_standing(user: User) -> None:
    """Checked after the password if the client hides user existence, and before it otherwise."""
    if not user.enabled:
        raise user_disabled()
    if user.status == UNCONFIRMED:
        raise Refusal("UserNotConfirmedException", "User is not confirmed.")


def _second_step(world: World, client: AppClient, user: User) -> Answer:
    required_by_pool = client.pool.mfa == "ON"
    if user.authenticator is not None and (user.mfa_enabled or required_by_pool):
        return _challenge(world, client, user, SOFTWARE_TOKEN_MFA)
    if required_by_pool:
        return _challenge(world, client, user, "MFA_SETUP")
    return _signed_in(world, client, user)


def _challenge(world: World, client: AppClient, user: User, name: str) -> Answer:
    parameters = {"USER_ID_FOR_SRP": user.username}
    if name == "MFA_SETUP":
        parameters["MFAS_CAN_SETUP"] = '["SOFTWARE_TOKEN_MFA"]'
    if name == "NEW_PASSWORD_REQUIRED":
        parameters |= {"requiredAttributes": "[]", "userAttributes": "{}"}
    session = world.open_session(client, user, name)
    return {"ChallengeName": name, "Session": session.id, "ChallengeParameters": parameters}


def _signed_in(world: World, client: AppClient, user: User) -> Answer:
    user.mfa_lockout.clear()
    return {"ChallengeParameters": {}, "AuthenticationResult": world.tokens.sign_in(client, user, world.now())}


@operation("AdminRespondToAuthChallenge")
def admin_respond_to_auth_challenge(world: World, request: Request) -> Answer:
    return respond_to_auth_challenge(world, request)


@operation("RespondToAuthChallenge")
def respond_to_auth_challenge(world: World, request: Request) -> Answer:
    client, name = world.client(request), request["ChallengeName"]
    responses = request.get("ChallengeResponses", {})
    username = required(responses, "USERNAME")
    world.check_secret_hash(client, username, responses.get("SECRET_HASH"))
    session = world.session(required(request, "Session"))
    if session.client is not client or session.challenge != name or client.pool.find(username) is not session.user:
        raise not_authorized("Invalid session for the user.")
    if not session.user.enabled:
        raise user_disabled()
    answers = {
        SOFTWARE_TOKEN_MFA: _answer_totp,
        "NEW_PASSWORD_REQUIRED": _answer_new_password,
        "MFA_SETUP": _answer_mfa_setup,
    }
    return answers[name](world, session, responses)


def _answer_totp(world: World, session: Session, responses: Mapping[str, str]) -> Answer:
    """A wrong or used code leaves the session open for another attempt; a correct one closes it."""
    code, user = required(responses, "SOFTWARE_TOKEN_MFA_CODE"), session.user
    user.mfa_lockout.admit(world.now())
    if user.authenticator is None:
        raise Refusal("SoftwareTokenMFANotFoundException", "Software Token MFA does not exist for the user.")
    verdict = user.authenticator.spend(code, world.now())
    if verdict is Verdict.USED:
        raise Refusal("ExpiredCodeException", "Your software token has already been used once.")
    if verdict is Verdict.WRONG:
        user.mfa_lockout.failed(world.now())
        raise Refusal("CodeMismatchException", "Invalid code received for user")
    session.used = True
    return _signed_in(world, session.client, user)


def _answer_new_password(world: World, session: Session, responses: Mapping[str, str]) -> Answer:
    password, user = required(responses, "NEW_PASSWORD"), session.user
    check_policy(session.client.pool.policy, password, user.earlier_passwords, "did not conform with policy")
    session.used = True
    set_password(world, user, password)
    return _second_step(world, session.client, user)


def _answer_mfa_setup(world: World, session: Session, responses: Mapping[str, str]) -> Answer:
    if not session.totp_verified:
        raise invalid_parameter("User has not verified software token mfa")
    session.used = True
    session.user.mfa_enabled = True
    return _signed_in(world, session.client, session.user)
