"""The Cognito fake is as strict as Cognito's documentation: second factors and tokens."""

from collections.abc import Iterator

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from tests.support.cognito.fake_client import OTHER, PoolClient, assert_refused, open_pool
from tests.support.cognito_fake import CognitoFake, code_at


@pytest.fixture
def fake() -> Iterator[CognitoFake]:
    with CognitoFake() as running:
        yield running


@pytest.fixture
def portal(fake: CognitoFake) -> PoolClient:
    return open_pool(fake)


class TestSecondFactor:
    def test_enrolled_totp_is_required_and_each_code_works_once(self, portal: PoolClient) -> None:
        secret = portal.enrolled()
        user = portal.aws.admin_get_user(**portal.admin("ann"))
        assert user["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
        assert user["PreferredMfaSetting"] == "SOFTWARE_TOKEN_MFA"
        challenge = portal.login()
        assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
        assert "AuthenticationResult" not in challenge
        code = portal.code(secret)
        signed_in = portal.respond(challenge, SOFTWARE_TOKEN_MFA_CODE=code)
        assert "AccessToken" in signed_in["AuthenticationResult"]
        assert_refused(
            "NotAuthorizedException", portal.respond, challenge, SOFTWARE_TOKEN_MFA_CODE=code, says="only be used once"
        )
        assert_refused(
            "ExpiredCodeException",
            portal.respond,
            portal.login(),
            SOFTWARE_TOKEN_MFA_CODE=code,
            says="already been used once",
        )

    def test_enrollment_code_cannot_be_reused(self, portal: PoolClient) -> None:
        secret = portal.enrolled()
        portal.fake.advance(-30)
        used = portal.code(secret)
        assert_refused("ExpiredCodeException", portal.respond, portal.login(), SOFTWARE_TOKEN_MFA_CODE=used)

    def test_one_window_of_clock_skew_is_allowed(self, portal: PoolClient) -> None:
        secret = portal.enrolled()
        portal.fake.advance(300)
        step = int(portal.fake.now().timestamp()) // 30
        challenge = portal.login()
        for away in (-2, 2):
            assert_refused(
                "CodeMismatchException", portal.respond, challenge, SOFTWARE_TOKEN_MFA_CODE=code_at(secret, step + away)
            )
        for away in (-1, 1):
            answer = portal.respond(portal.login(), SOFTWARE_TOKEN_MFA_CODE=code_at(secret, step + away))
            assert "AccessToken" in answer["AuthenticationResult"]

    def test_session_accepts_codes_after_a_wrong_one_until_it_expires(self, portal: PoolClient) -> None:
        secret = portal.enrolled()
        challenge = portal.login()
        wrong = f"{(int(portal.code(secret)) + 1) % 1_000_000:06d}"
        step = int(portal.fake.now().timestamp()) // 30
        assert wrong not in {code_at(secret, step + away) for away in (-1, 0, 1)}
        assert_refused("CodeMismatchException", portal.respond, challenge, SOFTWARE_TOKEN_MFA_CODE=wrong)
        portal.fake.advance(179)
        assert portal.respond(challenge, SOFTWARE_TOKEN_MFA_CODE=portal.code(secret))["AuthenticationResult"]
        late = portal.login()
        portal.fake.advance(180)
        assert_refused(
            "NotAuthorizedException", portal.respond, late, SOFTWARE_TOKEN_MFA_CODE=portal.code(secret), says="expired"
        )

    def test_session_is_limited_to_one_user_and_challenge(self, portal: PoolClient) -> None:
        portal.enrolled("ann")
        secret = portal.enrolled("bob")
        challenge = portal.login("ann")
        assert_refused(
            "NotAuthorizedException", portal.respond, challenge, "bob", SOFTWARE_TOKEN_MFA_CODE=portal.code(secret)
        )
        other = challenge | {"ChallengeName": "NEW_PASSWORD_REQUIRED"}
        assert_refused("NotAuthorizedException", portal.respond, other, NEW_PASSWORD=OTHER)
        invented = challenge | {"Session": "s" * 40}
        assert_refused("NotAuthorizedException", portal.respond, invented, SOFTWARE_TOKEN_MFA_CODE="123456")

    def test_guessing_codes_locks_out(self, portal: PoolClient) -> None:
        secret = portal.enrolled()
        challenge = portal.login()
        far = code_at(secret, int(portal.fake.now().timestamp()) // 30 + 50)
        for _ in range(5):
            assert_refused("CodeMismatchException", portal.respond, challenge, SOFTWARE_TOKEN_MFA_CODE=far)
        right = portal.code(secret)
        assert_refused(
            "NotAuthorizedException", portal.respond, challenge, SOFTWARE_TOKEN_MFA_CODE=right, says="exceeded"
        )
        portal.fake.advance(1)
        assert portal.respond(challenge, SOFTWARE_TOKEN_MFA_CODE=right)["AuthenticationResult"]

    def test_new_secret_replaces_the_old_one_only_when_verified(self, portal: PoolClient) -> None:
        old = portal.enrolled()
        answer = portal.respond(portal.login(), SOFTWARE_TOKEN_MFA_CODE=portal.code(old))
        access = answer["AuthenticationResult"]["AccessToken"]
        new = portal.aws.associate_software_token(AccessToken=access)["SecretCode"]
        assert_refused(
            "EnableSoftwareTokenMFAException",
            portal.aws.verify_software_token,
            AccessToken=access,
            UserCode=f"{(int(portal.code(new)) + 1) % 1_000_000:06d}",
        )
        portal.fake.advance(30)
        assert portal.respond(portal.login(), SOFTWARE_TOKEN_MFA_CODE=portal.code(old))["AuthenticationResult"]
        assert portal.aws.verify_software_token(AccessToken=access, UserCode=portal.code(new))["Status"] == "SUCCESS"
        portal.fake.advance(60)
        challenge = portal.login()
        assert_refused("CodeMismatchException", portal.respond, challenge, SOFTWARE_TOKEN_MFA_CODE=portal.code(old))
        assert portal.respond(challenge, SOFTWARE_TOKEN_MFA_CODE=portal.code(new))["AuthenticationResult"]

    def test_totp_preference_needs_a_verified_secret_and_can_be_disabled(self, portal: PoolClient) -> None:
        portal.confirmed()
        access = portal.tokens()["AccessToken"]
        prefer, on = portal.aws.set_user_mfa_preference, {"Enabled": True}
        assert_refused(
            "InvalidParameterException", prefer, AccessToken=access, SoftwareTokenMfaSettings=on, says="not set up"
        )
        secret = portal.aws.associate_software_token(AccessToken=access)["SecretCode"]
        assert_refused(
            "InvalidParameterException", prefer, AccessToken=access, SoftwareTokenMfaSettings=on, says="verified"
        )
        portal.aws.verify_software_token(AccessToken=access, UserCode=portal.code(secret))
        assert "AccessToken" in portal.tokens()
        prefer(AccessToken=access, SoftwareTokenMfaSettings=on)
        assert portal.login()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
        off = {"Enabled": False}
        portal.aws.admin_set_user_mfa_preference(**portal.admin("ann"), SoftwareTokenMfaSettings=off)
        assert "AccessToken" in portal.tokens()

    def test_pool_that_requires_totp_enrolls_at_sign_in(self, fake: CognitoFake) -> None:
        portal = open_pool(fake, mfa="ON")
        portal.confirmed()
        setup = portal.login()
        assert setup["ChallengeName"] == "MFA_SETUP"
        assert_refused("InvalidParameterException", portal.respond, setup, says="not verified")
        begun = portal.aws.associate_software_token(Session=setup["Session"])
        assert_refused("NotAuthorizedException", portal.aws.associate_software_token, Session=setup["Session"])
        done = portal.aws.verify_software_token(Session=begun["Session"], UserCode=portal.code(begun["SecretCode"]))
        signed_in = portal.respond({"ChallengeName": "MFA_SETUP", "Session": done["Session"]})
        assert "AccessToken" in signed_in["AuthenticationResult"]
        assert portal.login()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"

    def test_pool_without_totp_refuses_enrollment(self, portal: PoolClient) -> None:
        portal.confirmed()
        access = portal.tokens()["AccessToken"]
        portal.aws.set_user_pool_mfa_config(UserPoolId=portal.pool, MfaConfiguration="OFF")
        assert_refused("SoftwareTokenMFANotFoundException", portal.aws.associate_software_token, AccessToken=access)


class TestTokens:
    def test_tokens_are_signed_by_the_published_keys(self, portal: PoolClient) -> None:
        import json
        import urllib.request

        portal.confirmed()
        tokens = portal.tokens()
        issuer = f"{portal.fake.url}/{portal.pool}"
        with urllib.request.urlopen(f"{issuer}/.well-known/jwks.json") as answer:
            keys = KeySet.import_key_set(json.load(answer))
        access = jwt.decode(tokens["AccessToken"], keys, algorithms=["RS256"]).claims
        identity = jwt.decode(tokens["IdToken"], keys, algorithms=["RS256"]).claims
        now = int(portal.fake.now().timestamp())
        assert (access["iss"], access["token_use"], access["client_id"]) == (issuer, "access", portal.client)
        assert (access["iat"], access["exp"], access["username"]) == (now, now + 3600, "ann")
        assert (identity["aud"], identity["email"], identity["email_verified"]) == (
            portal.client,
            "ann@example.org",
            True,
        )
        head, body, signature = tokens["AccessToken"].split(".")
        forged = ".".join([head, body, signature[:-8] + ("A" * 8 if signature[-8:] != "A" * 8 else "B" * 8)])
        with pytest.raises(BadSignatureError):
            jwt.decode(forged, keys, algorithms=["RS256"])
        assert_refused("NotAuthorizedException", portal.aws.get_user, AccessToken=forged, says="Invalid Access Token")

    def test_only_a_valid_access_token_is_accepted(self, portal: PoolClient) -> None:
        portal.confirmed()
        tokens = portal.tokens()
        identity = tokens["IdToken"]
        assert_refused("NotAuthorizedException", portal.aws.get_user, AccessToken=identity, says="Invalid Access Token")
        portal.fake.advance(3600)
        assert_refused("NotAuthorizedException", portal.aws.get_user, AccessToken=tokens["AccessToken"], says="expired")

    def test_refresh_token_is_valid_for_30_days(self, portal: PoolClient) -> None:
        portal.confirmed()
        tokens = portal.tokens()
        portal.fake.advance(29 * 86400)
        renewed = portal.refresh(tokens["RefreshToken"])["AuthenticationResult"]
        assert "RefreshToken" not in renewed
        assert portal.aws.get_user(AccessToken=renewed["AccessToken"])["Username"] == "ann"
        portal.fake.advance(86400)
        assert_refused("NotAuthorizedException", portal.refresh, tokens["RefreshToken"], says="expired")
        assert_refused("NotAuthorizedException", portal.refresh, "invented", says="Invalid Refresh Token")

    def test_revocation_ends_one_session(self, portal: PoolClient) -> None:
        portal.confirmed()
        ended, kept = portal.tokens(), portal.tokens()
        request = {"ClientId": portal.client, "Token": ended["RefreshToken"]}
        assert_refused("UnauthorizedException", portal.aws.revoke_token, **request)
        request["ClientSecret"] = portal.secret
        access = request | {"Token": ended["AccessToken"]}
        assert_refused("UnsupportedTokenTypeException", portal.aws.revoke_token, **access)
        portal.aws.revoke_token(**request)
        assert_refused("NotAuthorizedException", portal.refresh, ended["RefreshToken"], says="revoked")
        assert_refused("NotAuthorizedException", portal.aws.get_user, AccessToken=ended["AccessToken"], says="revoked")
        assert portal.refresh(kept["RefreshToken"])["AuthenticationResult"]["AccessToken"]

    @pytest.mark.parametrize("by_administrator", [True, False])
    def test_global_sign_out_ends_all_sessions(self, portal: PoolClient, by_administrator: bool) -> None:
        portal.confirmed("ann")
        portal.confirmed("bob")
        sessions, other = [portal.tokens(), portal.tokens()], portal.tokens("bob")
        if by_administrator:
            portal.aws.admin_user_global_sign_out(**portal.admin("ann"))
        else:
            portal.aws.global_sign_out(AccessToken=sessions[0]["AccessToken"])
        for tokens in sessions:
            assert_refused("NotAuthorizedException", portal.refresh, tokens["RefreshToken"], says="revoked")
            assert_refused(
                "NotAuthorizedException", portal.aws.get_user, AccessToken=tokens["AccessToken"], says="revoked"
            )
        assert portal.aws.get_user(AccessToken=other["AccessToken"])["Username"] == "bob"

    def test_password_change_ends_no_session(self, portal: PoolClient) -> None:
        """The portal must therefore end sessions itself: Cognito documents no such effect."""
        portal.confirmed()
        tokens = portal.tokens()
        portal.aws.admin_set_user_password(**portal.admin("ann"), Password=OTHER, Permanent=True)
        assert portal.refresh(tokens["RefreshToken"])["AuthenticationResult"]["AccessToken"]

    def test_rotated_refresh_tokens_work_once(self, fake: CognitoFake) -> None:
        portal = open_pool(
            fake,
            ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"],
            RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 10},
        )
        portal.confirmed()
        first = portal.tokens()["RefreshToken"]
        request = {"ClientId": portal.client, "ClientSecret": portal.secret}
        renew = portal.aws.get_tokens_from_refresh_token
        second = renew(**request, RefreshToken=first)["AuthenticationResult"]["RefreshToken"]
        portal.fake.advance(11)
        assert_refused("RefreshTokenReuseException", renew, **request, RefreshToken=first)
        assert renew(**request, RefreshToken=second)["AuthenticationResult"]["RefreshToken"] not in {first, second}
        assert_refused("NotAuthorizedException", renew, ClientId=portal.client, RefreshToken=second)
