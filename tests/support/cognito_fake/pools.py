"""User pools and app clients: CreateUserPool, CreateUserPoolClient, their descriptions, and the MFA settings."""

import secrets
import string
from datetime import timedelta
from typing import Any

from .errors import invalid_parameter, unsupported
from .passwords import DEFAULT_POLICY
from .records import AppClient, Pool
from .world import Answer, Request, World, operation

# Settings that only describe or decorate; any other setting would change behavior and is refused.
_INERT = {
    "AccountRecoverySetting",
    "AdminCreateUserConfig",
    "AutoVerifiedAttributes",
    "DeletionProtection",
    "EmailConfiguration",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "MfaConfiguration",
    "Policies",
    "PoolName",
    "UserPoolTags",
    "UserPoolTier",
    "UsernameConfiguration",
    "VerificationMessageTemplate",
}
_DEFAULT_FLOWS = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"]
_ALPHANUMERIC = string.ascii_lowercase + string.digits


@operation("CreateUserPool")
def create_user_pool(world: World, request: Request) -> Answer:
    for name in set(request) - _INERT:
        if request[name]:
            raise unsupported(name)
    if set(request.get("AutoVerifiedAttributes", [])) - {"email"}:
        raise unsupported("AutoVerifiedAttributes other than email")
    if request.get("MfaConfiguration", "OFF") != "OFF":
        raise invalid_parameter(
            "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"
        )
    given = request.get("Policies", {}).get("PasswordPolicy")
    policy = dict(DEFAULT_POLICY) if given is None else _completed(given)
    code = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(9))
    settings = dict(request) | {"MfaConfiguration": "OFF"}
    pool = Pool(f"{world.region}_{code}", settings, policy, world.now(), world.now())
    world.pools[pool.id] = pool
    return {"UserPool": _described(world, pool)}


def _completed(given: dict[str, Any]) -> dict[str, Any]:
    asked = {name: False for name in DEFAULT_POLICY if name.startswith("Require")}
    days = given.get("TemporaryPasswordValidityDays") or 7
    return {"MinimumLength": 8} | asked | given | {"TemporaryPasswordValidityDays": days}


@operation("DescribeUserPool")
def describe_user_pool(world: World, request: Request) -> Answer:
    return {"UserPool": _described(world, world.pool(request))}


def _described(world: World, pool: Pool) -> Answer:
    shown = {name: value for name, value in pool.settings.items() if name in _INERT - {"PoolName", "Policies"}}
    return shown | {
        "Id": pool.id,
        "Name": pool.settings["PoolName"],
        "Arn": f"arn:aws:cognito-idp:{world.region}:123456789012:userpool/{pool.id}",
        "Policies": {"PasswordPolicy": pool.policy},
        "CreationDate": pool.created,
        "LastModifiedDate": pool.modified,
        "EstimatedNumberOfUsers": len(pool.users),
    }


@operation("SetUserPoolMfaConfig")
def set_user_pool_mfa_config(world: World, request: Request) -> Answer:
    pool = world.pool(request)
    for name in ("SmsMfaConfiguration", "EmailMfaConfiguration", "WebAuthnConfiguration"):
        if request.get(name):
            raise unsupported(name)
    totp = request.get("SoftwareTokenMfaConfiguration", {})
    wanted = request.get("MfaConfiguration", "OFF")
    if wanted != "OFF" and not totp.get("Enabled"):
        raise invalid_parameter("Invalid MFA configuration given, can't turn on MFA without an MFA factor enabled")
    pool.settings |= {"MfaConfiguration": wanted, "SoftwareTokenMfaConfiguration": totp}
    pool.modified = world.now()
    return get_user_pool_mfa_config(world, request)


@operation("GetUserPoolMfaConfig")
def get_user_pool_mfa_config(world: World, request: Request) -> Answer:
    pool = world.pool(request)
    return {
        "MfaConfiguration": pool.mfa,
        "SoftwareTokenMfaConfiguration": {"Enabled": pool.totp_allowed},
    }


@operation("CreateUserPoolClient")
def create_user_pool_client(world: World, request: Request) -> Answer:
    pool = world.pool(request)
    own_secret = request.get("ClientSecret")
    if own_secret and request.get("GenerateSecret"):
        raise invalid_parameter("GenerateSecret and ClientSecret cannot both be given")
    secret = "".join(secrets.choice(_ALPHANUMERIC) for _ in range(51)) if request.get("GenerateSecret") else own_secret
    flows = request.get("ExplicitAuthFlows") or list(_DEFAULT_FLOWS)
    if len({flow.startswith("ALLOW_") for flow in flows}) > 1:
        raise invalid_parameter("ExplicitAuthFlows mixes values with and without the ALLOW_ prefix")
    rotates = request.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED"
    if rotates and "ALLOW_REFRESH_TOKEN_AUTH" in flows:
        raise invalid_parameter("ALLOW_REFRESH_TOKEN_AUTH is not allowed with refresh token rotation")
    settings = {
        "PreventUserExistenceErrors": "LEGACY",
        "EnableTokenRevocation": True,
        "AuthSessionValidity": 3,
        "RefreshTokenValidity": 30,
    }
    settings |= {name: value for name, value in request.items() if name not in ("GenerateSecret", "ClientSecret")}
    settings["ExplicitAuthFlows"] = flows
    settings["RefreshTokenValidity"] = settings["RefreshTokenValidity"] or 30
    identity = "".join(secrets.choice(_ALPHANUMERIC) for _ in range(26))
    client = AppClient(identity, pool, secret, settings, world.now())
    _check_lifetimes(client)
    world.clients[client.id] = client
    return {"UserPoolClient": _client_described(client)}


def _check_lifetimes(client: AppClient) -> None:
    day = timedelta(days=1)
    for token, least, most in (
        ("AccessToken", timedelta(minutes=5), day),
        ("IdToken", timedelta(minutes=5), day),
        ("RefreshToken", timedelta(minutes=60), day * 3650),
    ):
        if not least <= client.lifetime(token) <= most:
            raise invalid_parameter("Invalid range for token validity.")


@operation("DescribeUserPoolClient")
def describe_user_pool_client(world: World, request: Request) -> Answer:
    return {"UserPoolClient": _client_described(world.client(request))}


def _client_described(client: AppClient) -> Answer:
    described = client.settings | {
        "UserPoolId": client.pool.id,
        "ClientId": client.id,
        "CreationDate": client.created,
        "LastModifiedDate": client.created,
    }
    return described if client.secret is None else described | {"ClientSecret": client.secret}
