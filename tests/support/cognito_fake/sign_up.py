"""Self-registration: SignUp, ResendConfirmationCode, ConfirmSignUp, AdminConfirmSignUp."""

import uuid
from datetime import timedelta

from .attributes import given_attributes
from .errors import (
    Refusal,
    expired_code,
    invalid_parameter,
    not_authorized,
    unknown_to_client,
    unsupported,
    user_disabled,
)
from .passwords import check_policy
from .records import CONFIRMED, UNCONFIRMED, User
from .world import Answer, Request, World, check_code, operation, simulated_delivery

_CODE_LIFETIME = timedelta(hours=24)  # "User pools code validity resource quotas" in the developer guide


@operation("SignUp")
def sign_up(world: World, request: Request) -> Answer:
    client, username = world.client(request), request["Username"]
    pool = client.pool
    world.check_secret_hash(client, username, request.get("SecretHash"))
    if pool.settings.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly"):
        raise not_authorized("SignUp is not permitted for this user pool")
    if "Password" not in request:
        raise unsupported("users without a password")
    check_policy(pool.policy, request["Password"], [], "did not conform with policy")
    attributes = given_attributes(request, by_administrator=False)
    if pool.find(username) is not None:
        raise Refusal("UsernameExistsException", "User already exists")
    now = world.now()
    user = User(username, str(uuid.uuid4()), {}, UNCONFIRMED, now, now, password=request["Password"])
    user.earlier_passwords.append(request["Password"])
    user.attributes = {name: value for name, value in attributes.items() if value}
    for kind in ("email", "phone_number"):
        if kind in user.attributes:
            user.attributes[f"{kind}_verified"] = "false"
    pool.users[pool.key(username)] = user
    answer: Answer = {"UserConfirmed": False, "UserSub": user.sub}
    if pool.verifies_email and "email" in user.attributes:
        answer["CodeDeliveryDetails"] = world.send_code(user, "sign_up", _CODE_LIFETIME)
    return answer


@operation("ResendConfirmationCode")
def resend_confirmation_code(world: World, request: Request) -> Answer:
    client, username = world.client(request), request["Username"]
    world.check_secret_hash(client, username, request.get("SecretHash"))
    user = client.pool.find(username)
    if user is None or not user.enabled:
        if client.hides_existence:
            return {"CodeDeliveryDetails": simulated_delivery(username)}
        raise unknown_to_client() if user is None else user_disabled()
    if user.status != UNCONFIRMED:
        raise invalid_parameter("User is already confirmed.")
    if not (client.pool.verifies_email and "email" in user.attributes):
        raise invalid_parameter("Cannot resend codes. Auto verification not turned on.")
    user.count("resend", world.now())
    return {"CodeDeliveryDetails": world.send_code(user, "sign_up", _CODE_LIFETIME)}


@operation("ConfirmSignUp")
def confirm_sign_up(world: World, request: Request) -> Answer:
    client, username = world.client(request), request["Username"]
    world.check_secret_hash(client, username, request.get("SecretHash"))
    user = client.pool.find(username)
    if user is None:
        raise expired_code() if client.hides_existence else unknown_to_client()
    if not user.enabled:
        raise user_disabled()
    _check_unconfirmed(user)
    user.count("confirm", world.now())
    check_code(user, "sign_up", request["ConfirmationCode"], world.now())
    del user.codes["sign_up"]
    user.attributes["email_verified"] = "true"
    _confirm(world, user)
    return {}


@operation("AdminConfirmSignUp")
def admin_confirm_sign_up(world: World, request: Request) -> Answer:
    """Confirms the account without verification: the address stays unverified."""
    user = world.user(request)
    _check_unconfirmed(user)
    _confirm(world, user)
    return {}


def _check_unconfirmed(user: User) -> None:
    if user.status != UNCONFIRMED:
        raise not_authorized(f"User cannot be confirmed. Current status is {user.status}")


def _confirm(world: World, user: User) -> None:
    user.status, user.modified = CONFIRMED, world.now()
