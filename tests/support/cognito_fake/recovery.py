"""Forgotten and changed passwords: ForgotPassword, ConfirmForgotPassword, ChangePassword."""

from datetime import timedelta

from .administration import set_password
from .errors import (
    invalid_parameter,
    not_authorized,
    unknown_to_client,
    user_disabled,
    wrong_code,
    wrong_password,
)
from .passwords import check_policy
from .records import CONFIRMED, User
from .world import Answer, Request, World, check_code, operation, simulated_delivery

_WORDING = "did not conform with policy"
_CODE_LIFETIME = timedelta(hours=1)  # "User pools code validity resource quotas" in the developer guide


@operation("ForgotPassword")
def forgot_password(world: World, request: Request) -> Answer:
    client, username = world.client(request), request["Username"]
    world.check_secret_hash(client, username, request.get("SecretHash"))
    recovery = client.pool.settings.get("AccountRecoverySetting", {}).get("RecoveryMechanisms", [])
    if any(mechanism["Name"] == "admin_only" for mechanism in recovery):
        raise not_authorized("Contact administrator to reset password.")
    user = client.pool.find(username)
    if user is None or not user.enabled or user.verified_email is None:
        if client.hides_existence:
            return {"CodeDeliveryDetails": simulated_delivery(username)}
        raise _why_not(user)
    if user.status != CONFIRMED:
        raise not_authorized("User password cannot be reset in the current state.")
    user.count("recovery", world.now())
    return {"CodeDeliveryDetails": world.send_code(user, "forgot_password", _CODE_LIFETIME)}


def _why_not(user: User | None) -> Exception:
    if user is None:
        return unknown_to_client()
    if not user.enabled:
        return user_disabled()
    return invalid_parameter(
        "Cannot reset password for the user as there is no registered/verified email or phone_number"
    )


@operation("ConfirmForgotPassword")
def confirm_forgot_password(world: World, request: Request) -> Answer:
    """A refused password leaves the code usable. No session or token of the user ends."""
    client, username = world.client(request), request["Username"]
    world.check_secret_hash(client, username, request.get("SecretHash"))
    user = client.pool.find(username)
    if user is None or not user.enabled:
        if client.hides_existence:
            raise wrong_code()
        raise _why_not(user)
    user.count("recovery", world.now())
    check_code(user, "forgot_password", request["ConfirmationCode"], world.now())
    check_policy(client.pool.policy, request["Password"], user.earlier_passwords, _WORDING)
    del user.codes["forgot_password"]
    set_password(world, user, request["Password"])
    return {}


@operation("ChangePassword")
def change_password(world: World, request: Request) -> Answer:
    grant = world.tokens.bearer(request["AccessToken"], world.now())
    user = grant.user
    user.count("change", world.now())
    if request.get("PreviousPassword") != user.password:
        raise wrong_password()
    check_policy(grant.client.pool.policy, request["ProposedPassword"], user.earlier_passwords, _WORDING)
    set_password(world, user, request["ProposedPassword"])
    return {}
