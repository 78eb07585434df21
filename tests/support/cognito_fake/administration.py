"""Administrator operations (by the portal's server, with IAM credentials) on a user."""

import secrets
import uuid
from datetime import timedelta

from .attributes import given_attributes, write_attributes
from .errors import Refusal, invalid_parameter
from .passwords import check_policy
from .records import CONFIRMED, FORCE_CHANGE_PASSWORD, Pool, User
from .world import Answer, Request, World, operation

_WORDING = "does not conform to policy"


@operation("AdminCreateUser")
def admin_create_user(world: World, request: Request) -> Answer:
    pool, username = world.pool(request), request["Username"]
    password = request.get("TemporaryPassword") or f"Aa1!{secrets.token_urlsafe(24)}"
    check_policy(pool.policy, password, [], _WORDING)
    user = pool.find(username)
    if request.get("MessageAction") == "RESEND":
        if user is None:
            raise Refusal("UserNotFoundException", "User does not exist.")
        if user.status != FORCE_CHANGE_PASSWORD:
            raise Refusal("UnsupportedUserStateException", f"Resend not possible. {username} status is {user.status}")
    elif user is not None:
        raise Refusal("UsernameExistsException", "User account already exists")
    else:
        now = world.now()
        user = User(username, str(uuid.uuid4()), {}, FORCE_CHANGE_PASSWORD, now, now)
        write_attributes(pool, user, given_attributes(request, by_administrator=True))
        pool.users[pool.key(username)] = user
    _set_temporary(world, pool, user, password)
    if request.get("MessageAction") != "SUPPRESS" and "email" in user.attributes:
        world.mail(user, "invitation", password)
    return {"User": {"Username": user.username, "Attributes": user.attribute_list()} | _state(user)}


@operation("AdminGetUser")
def admin_get_user(world: World, request: Request) -> Answer:
    user = world.user(request)
    return {"Username": user.username, "UserAttributes": user.attribute_list()} | _state(user) | mfa_state(user)


def _state(user: User) -> Answer:
    return {
        "UserCreateDate": user.created,
        "UserLastModifiedDate": user.modified,
        "Enabled": user.enabled,
        "UserStatus": user.status,
    }


def mfa_state(user: User) -> Answer:
    """The MFA members of AdminGetUser and GetUser, absent when there is nothing to report."""
    if not user.mfa_enabled:
        return {}
    state: Answer = {"UserMFASettingList": ["SOFTWARE_TOKEN_MFA"]}
    return state | {"PreferredMfaSetting": "SOFTWARE_TOKEN_MFA"} if user.mfa_preferred else state


@operation("AdminSetUserPassword")
def admin_set_user_password(world: World, request: Request) -> Answer:
    """A permanent password confirms the user, whether or not the address was ever verified."""
    pool, user = world.pool(request), world.user(request)
    check_policy(pool.policy, request["Password"], user.earlier_passwords, _WORDING)
    if request.get("Permanent"):
        set_password(world, user, request["Password"])
    else:
        _set_temporary(world, pool, user, request["Password"])
    return {}


def set_password(world: World, user: User, password: str) -> None:
    """Set the person's own password, which confirms the user."""
    user.password, user.temporary_until, user.status = password, None, CONFIRMED
    user.earlier_passwords.append(password)
    user.modified = world.now()


def _set_temporary(world: World, pool: Pool, user: User, password: str) -> None:
    user.password, user.status = password, FORCE_CHANGE_PASSWORD
    user.temporary_until = world.now() + timedelta(days=pool.policy["TemporaryPasswordValidityDays"])
    user.modified = world.now()


@operation("AdminUpdateUserAttributes")
def admin_update_user_attributes(world: World, request: Request) -> Answer:
    pool, user = world.pool(request), world.user(request)
    if not request["UserAttributes"]:
        raise invalid_parameter("UserAttributes must not be empty")
    if write_attributes(pool, user, given_attributes(request, by_administrator=True)):
        world.send_code(user, "attribute", timedelta(hours=24))
    user.modified = world.now()
    return {}


@operation("AdminDisableUser")
def admin_disable_user(world: World, request: Request) -> Answer:
    user = world.user(request)
    user.enabled, user.modified = False, world.now()
    world.tokens.end_access(user)
    return {}


@operation("AdminEnableUser")
def admin_enable_user(world: World, request: Request) -> Answer:
    user = world.user(request)
    user.enabled, user.modified = True, world.now()
    return {}


@operation("AdminDeleteUser")
def admin_delete_user(world: World, request: Request) -> Answer:
    pool, user = world.pool(request), world.user(request)
    del pool.users[pool.key(user.username)]
    return {}


@operation("AdminUserGlobalSignOut")
def admin_user_global_sign_out(world: World, request: Request) -> Answer:
    world.tokens.end_all(world.user(request))
    return {}
