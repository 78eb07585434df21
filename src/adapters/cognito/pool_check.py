"""Check that a pool and its app client are configured as the portal needs, for `portal config check`."""

from datetime import timedelta
from typing import Any

from adapters.aws import AwsAccount
from adapters.cognito.pools import CognitoPool
from portal_core.accounts.model import CHALLENGE_LIFETIME, Side

_COMPOSITION = ("RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols")


def pool_problems(account: AwsAccount, pool: CognitoPool, side: Side) -> list[str]:
    """One line for each wrong setting. Blocks.

    Only the portal side's pool must allow people to sign up by themselves; staff are invited.

    Raises:
        botocore.exceptions.ClientError, BotoCoreError: Cognito does not respond, or denies the request.
    """
    cognito = account.client("cognito-idp")
    user_pool = cognito.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
    client = cognito.describe_user_pool_client(UserPoolId=pool.pool_id, ClientId=pool.client_id)["UserPoolClient"]
    mfa = cognito.get_user_pool_mfa_config(UserPoolId=pool.pool_id)
    problems = [*_of_pool(user_pool, mfa), *_of_client(client, pool)]
    if side == "portal" and user_pool.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly"):
        problems.append("people must be allowed to sign up (AllowAdminCreateUserOnly is on)")
    return problems


def _of_pool(pool: dict[str, Any], mfa: dict[str, Any]) -> list[str]:
    policy = pool.get("Policies", {}).get("PasswordPolicy", {})
    aliases = pool.get("AliasAttributes") or pool.get("UsernameAttributes")
    totp = mfa.get("SoftwareTokenMfaConfiguration", {}).get("Enabled")
    return _failed(
        (policy.get("MinimumLength", 8) <= 12, "the password policy may ask for 12 characters at most, as we do"),
        (
            not any(policy.get(kind) for kind in _COMPOSITION),
            "the password policy must not ask for kinds of characters (NIST SP 800-63B-4)",
        ),
        (not policy.get("PasswordHistorySize"), "the password history must be off"),
        (not aliases, "users must sign in by user name only: no AliasAttributes and no UsernameAttributes"),
        ("email" in pool.get("AutoVerifiedAttributes", []), "AutoVerifiedAttributes must have email"),
        (mfa.get("MfaConfiguration") == "OPTIONAL", "multi-factor authentication must be OPTIONAL"),
        (totp, "TOTP must be enabled (SoftwareTokenMfaConfiguration)"),
    )


def _of_client(client: dict[str, Any], pool: CognitoPool) -> list[str]:
    flows, hides = client.get("ExplicitAuthFlows", []), client.get("PreventUserExistenceErrors")
    return _failed(
        (client.get("ClientSecret") == pool.client_secret, "the client secret is not that of the app client"),
        ("ALLOW_ADMIN_USER_PASSWORD_AUTH" in flows, "the app client must allow ALLOW_ADMIN_USER_PASSWORD_AUTH"),
        (hides == "ENABLED", "the app client must hide who exists (PreventUserExistenceErrors = ENABLED)"),
        (
            timedelta(minutes=client.get("AuthSessionValidity", 3)) >= CHALLENGE_LIFETIME,
            f"AuthSessionValidity must be {CHALLENGE_LIFETIME // timedelta(minutes=1)} minutes at least,"
            " as long as the portal waits for a second factor",
        ),
    )


def _failed(*rules: tuple[Any, str]) -> list[str]:
    return [problem for fine, problem in rules if not fine]
