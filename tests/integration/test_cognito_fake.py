"""The Cognito fake is as strict as Cognito's documentation, seen through the real boto3 client."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from attrs import define
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from tests.support.cognito_fake import Call, CognitoFake, code_at, secret_hash

PASSWORD = "Correct-horse-battery-9"
OTHER = "Another-staple-42-now"
WRONG = "Not-the-password-1"


def boto(fake: CognitoFake, **changes: Any) -> Any:
    settings = {
        "endpoint_url": fake.url,
        "region_name": "us-east-1",
        "aws_access_key_id": "x",
        "aws_secret_access_key": "y",
        "config": Config(retries={"total_max_attempts": 1}, read_timeout=5, connect_timeout=2),
    }
    return boto3.client("cognito-idp", **settings | changes)


@define
class Portal:
    """A pool with one confidential app client, and the calls that most tests make."""

    fake: CognitoFake
    aws: Any
    pool: str
    client: str
    secret: str

    def hash(self, name: str) -> str:
        return secret_hash(self.secret, name, self.client)

    def public(self, name: str) -> dict[str, str]:
        return {"ClientId": self.client, "Username": name, "SecretHash": self.hash(name)}

    def admin(self, name: str) -> dict[str, str]:
        return {"UserPoolId": self.pool, "Username": name}

    def sign_up(self, name: str = "ann", password: str = PASSWORD, email: str = "ann@example.org") -> Any:
        attributes = [{"Name": "email", "Value": email}]
        return self.aws.sign_up(**self.public(name), Password=password, UserAttributes=attributes)

    def confirmed(self, name: str = "ann") -> None:
        self.sign_up(name, email=f"{name}@example.org")
        self.aws.confirm_sign_up(**self.public(name), ConfirmationCode=self.fake.outbox[-1].code)

    def login(self, name: str = "ann", password: str = PASSWORD, **changes: str) -> Any:
        parameters = {"USERNAME": name, "PASSWORD": password, "SECRET_HASH": self.hash(name)} | changes
        return self.aws.admin_initiate_auth(
            UserPoolId=self.pool,
            ClientId=self.client,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters=parameters,
        )

    def tokens(self, name: str = "ann", password: str = PASSWORD) -> Any:
        return self.login(name, password)["AuthenticationResult"]

    def respond(self, challenge: Any, name: str = "ann", **responses: str) -> Any:
        return self.aws.admin_respond_to_auth_challenge(
            UserPoolId=self.pool,
            ClientId=self.client,
            ChallengeName=challenge["ChallengeName"],
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": name, "SECRET_HASH": self.hash(name)} | responses,
        )

    def refresh(self, token: str, name: str = "ann") -> Any:
        return self.aws.admin_initiate_auth(
            UserPoolId=self.pool,
            ClientId=self.client,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": token, "SECRET_HASH": self.hash(name)},
        )

    def code(self, secret: str) -> str:
        return code_at(secret, int(self.fake.now().timestamp()) // 30)

    def enrolled(self, name: str = "ann") -> str:
        """A confirmed user with TOTP on; answers the key, whose present code is not spent."""
        self.confirmed(name)
        access = self.tokens(name)["AccessToken"]
        secret = self.aws.associate_software_token(AccessToken=access)["SecretCode"]
        self.aws.verify_software_token(AccessToken=access, UserCode=self.code(secret))
        on = {"Enabled": True, "PreferredMfa": True}
        self.aws.admin_set_user_mfa_preference(**self.admin(name), SoftwareTokenMfaSettings=on)
        self.fake.advance(30)
        return str(secret)


@pytest.fixture
def fake() -> Iterator[CognitoFake]:
    with CognitoFake() as running:
        yield running


def opened(fake: CognitoFake, mfa: str = "OPTIONAL", **client_settings: Any) -> Portal:
    aws = boto(fake)
    policy = {"MinimumLength": 12}
    pool = aws.create_user_pool(
        PoolName="clients", AutoVerifiedAttributes=["email"], Policies={"PasswordPolicy": policy}
    )["UserPool"]["Id"]
    totp = {"Enabled": True}
    aws.set_user_pool_mfa_config(UserPoolId=pool, SoftwareTokenMfaConfiguration=totp, MfaConfiguration=mfa)
    settings = {
        "GenerateSecret": True,
        "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "PreventUserExistenceErrors": "ENABLED",
    }
    client = aws.create_user_pool_client(UserPoolId=pool, ClientName="portal", **settings | client_settings)[
        "UserPoolClient"
    ]
    return Portal(fake, aws, pool, client["ClientId"], client.get("ClientSecret", ""))


@pytest.fixture
def portal(fake: CognitoFake) -> Portal:
    return opened(fake)


def refused(code: str, call: Any, *arguments: Any, says: str = "", **named: Any) -> None:
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    error = caught.value.response["Error"]
    assert (error["Code"], says in error["Message"]) == (code, True), error


class TestProtocol:
    def test_an_unknown_operation_is_refused(self, portal: Portal) -> None:
        refused("UnknownOperationException", portal.aws.list_groups, UserPoolId=portal.pool)

    def test_administration_needs_a_right_signature(self, portal: Portal) -> None:
        portal.confirmed()
        strange = boto(portal.fake, aws_access_key_id="somebody")
        refused("UnrecognizedClientException", strange.admin_get_user, **portal.admin("ann"))
        forged = boto(portal.fake, aws_secret_access_key="guessed")
        refused("InvalidSignatureException", forged.admin_get_user, **portal.admin("ann"))
        from botocore import UNSIGNED

        bare = boto(portal.fake, config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}))
        refused("MissingAuthenticationTokenException", bare.admin_get_user, **portal.admin("ann"))
        assert bare.get_user(AccessToken=portal.tokens()["AccessToken"])["Username"] == "ann"

    def test_requests_are_held_against_the_service_model(self, portal: Portal) -> None:
        for broken in (
            {"Username": "two words"},
            {"Username": "n" * 129},
            {"Password": " leading-space-9A"},
            {"Password": "p" * 257},
        ):
            request = portal.public("ann") | {"Password": PASSWORD} | broken
            refused("InvalidParameterException", portal.aws.sign_up, **request, says="1 validation error")
        long_name = {"ClientId": portal.client, "Username": "ünï" * 40, "SecretHash": portal.hash("ünï" * 40)}
        assert portal.aws.sign_up(**long_name, Password="a pass phrase with spaces")["UserConfirmed"] is False

    def test_a_password_is_never_repeated_in_an_answer(self, portal: Portal) -> None:
        with pytest.raises(ClientError) as caught:
            portal.sign_up(password="trailing space ")
        assert "trailing" not in str(caught.value)

    def test_what_the_fake_lacks_is_refused_aloud(self, portal: Portal) -> None:
        refused(
            "InvalidParameterException",
            portal.aws.create_user_pool,
            PoolName="p",
            AliasAttributes=["email"],
            says="does not implement",
        )

    def test_calls_are_listed_with_their_user(self, portal: Portal) -> None:
        portal.confirmed()
        portal.fake.calls.clear()
        refused("NotAuthorizedException", portal.login, password=WRONG)
        portal.aws.get_user(AccessToken=portal.tokens()["AccessToken"])
        assert portal.fake.calls == [
            ("AdminInitiateAuth", "ann"),
            ("AdminInitiateAuth", "ann"),
            Call("GetUser", "ann"),
        ]


class TestPools:
    def test_descriptions_show_what_was_set(self, portal: Portal) -> None:
        pool = portal.aws.describe_user_pool(UserPoolId=portal.pool)["UserPool"]
        assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 12
        assert pool["Policies"]["PasswordPolicy"]["RequireSymbols"] is False
        assert (pool["MfaConfiguration"], pool["CreationDate"]) == ("OPTIONAL", portal.fake.now())
        client = portal.aws.describe_user_pool_client(UserPoolId=portal.pool, ClientId=portal.client)["UserPoolClient"]
        assert client["ClientSecret"] == portal.secret
        assert client["PreventUserExistenceErrors"] == "ENABLED"

    def test_what_is_not_there_is_not_found(self, portal: Portal) -> None:
        refused("ResourceNotFoundException", portal.aws.describe_user_pool, UserPoolId="us-east-1_none")
        other = portal.aws.create_user_pool(PoolName="staff")["UserPool"]["Id"]
        refused(
            "ResourceNotFoundException",
            portal.aws.describe_user_pool_client,
            UserPoolId=other,
            ClientId=portal.client,
        )

    def test_without_a_policy_all_four_kinds_of_characters_are_required(self, portal: Portal) -> None:
        pool = portal.aws.create_user_pool(PoolName="strict")["UserPool"]["Id"]
        for password, lacking in (
            ("Ab1!", "not long enough"),
            ("ab1!ab1!", "uppercase"),
            ("AB1!AB1!", "lowercase"),
            ("Abc!Abc!", "numeric"),
            ("Abc1Abc1", "symbol"),
        ):
            refused(
                "InvalidPasswordException",
                portal.aws.admin_create_user,
                UserPoolId=pool,
                Username="u",
                TemporaryPassword=password,
                says=lacking,
            )

    def test_a_client_takes_token_lifetimes_within_cognitos_ranges_only(self, portal: Portal) -> None:
        for lifetime in ({"AccessTokenValidity": 25}, {"RefreshTokenValidity": 3651}):
            refused(
                "InvalidParameterException",
                portal.aws.create_user_pool_client,
                UserPoolId=portal.pool,
                ClientName="c",
                **lifetime,
            )


class TestSignUp:
    def test_a_mailed_code_confirms_once(self, portal: Portal) -> None:
        answer = portal.sign_up()
        assert answer["UserConfirmed"] is False
        assert answer["CodeDeliveryDetails"] == {
            "Destination": "a***@e***",
            "DeliveryMedium": "EMAIL",
            "AttributeName": "email",
        }
        sent = portal.fake.outbox[-1]
        assert (sent.destination, sent.purpose, sent.username) == ("ann@example.org", "sign_up", "ann")
        refused("UserNotConfirmedException", portal.login)
        portal.aws.confirm_sign_up(**portal.public("ann"), ConfirmationCode=sent.code)
        user = portal.aws.admin_get_user(**portal.admin("ann"))
        assert user["UserStatus"] == "CONFIRMED"
        assert {"Name": "email_verified", "Value": "true"} in user["UserAttributes"]
        assert {"Name": "sub", "Value": answer["UserSub"]} in user["UserAttributes"]
        refused(
            "NotAuthorizedException",
            portal.aws.confirm_sign_up,
            **portal.public("ann"),
            ConfirmationCode=sent.code,
            says="Current status is CONFIRMED",
        )

    @pytest.mark.parametrize("given", [None, "AAAA", "of another user"])
    def test_the_secret_hash_must_be_there_and_right(self, portal: Portal, given: str | None) -> None:
        request = {"ClientId": portal.client, "Username": "ann", "Password": PASSWORD}
        if given is not None:
            request["SecretHash"] = portal.hash("bob") if " " in given else given
        refused("NotAuthorizedException", portal.aws.sign_up, **request)
        refused("UserNotFoundException", portal.aws.admin_get_user, **portal.admin("ann"))

    def test_a_public_client_takes_no_secret_hash(self, fake: CognitoFake) -> None:
        portal = opened(fake, GenerateSecret=False)
        refused("NotAuthorizedException", portal.sign_up, says="not configured for secret")
        portal.aws.sign_up(ClientId=portal.client, Username="ann", Password=PASSWORD)

    def test_a_taken_name_is_refused(self, portal: Portal) -> None:
        portal.sign_up()
        refused("UsernameExistsException", portal.sign_up)

    def test_nobody_verifies_their_own_address_by_saying_so(self, portal: Portal) -> None:
        claim = [{"Name": "email", "Value": "a@example.org"}, {"Name": "email_verified", "Value": "true"}]
        refused(
            "NotAuthorizedException",
            portal.aws.sign_up,
            **portal.public("ann"),
            Password=PASSWORD,
            UserAttributes=claim,
            says="unauthorized attribute",
        )

    def test_a_new_code_ends_the_old_one(self, portal: Portal) -> None:
        portal.sign_up()
        old = portal.fake.outbox[-1].code
        portal.aws.resend_confirmation_code(**portal.public("ann"))
        new = portal.fake.outbox[-1].code
        confirm = portal.aws.confirm_sign_up
        refused("CodeMismatchException", confirm, **portal.public("ann"), ConfirmationCode=old)
        confirm(**portal.public("ann"), ConfirmationCode=new)
        resend = portal.aws.resend_confirmation_code
        refused("InvalidParameterException", resend, **portal.public("ann"), says="already confirmed")

    def test_a_code_lives_24_hours(self, portal: Portal) -> None:
        portal.sign_up()
        request = portal.public("ann") | {"ConfirmationCode": portal.fake.outbox[-1].code}
        portal.fake.advance(24 * 3600)
        refused("ExpiredCodeException", portal.aws.confirm_sign_up, **request)

    def test_guessing_is_limited(self, portal: Portal) -> None:
        portal.sign_up()
        right = portal.fake.outbox[-1].code
        wrong = f"{(int(right) + 1) % 1_000_000:06d}"
        confirm = portal.aws.confirm_sign_up
        for _ in range(5):
            refused("CodeMismatchException", confirm, **portal.public("ann"), ConfirmationCode=wrong)
        refused("LimitExceededException", confirm, **portal.public("ann"), ConfirmationCode=right)
        portal.fake.advance(3600)
        confirm(**portal.public("ann"), ConfirmationCode=right)

    def test_who_exists_is_hidden_only_where_the_client_says_so(self, fake: CognitoFake) -> None:
        hiding, legacy = opened(fake), opened(fake, PreventUserExistenceErrors="LEGACY")
        shown = hiding.aws.resend_confirmation_code(**hiding.public("nobody"))["CodeDeliveryDetails"]
        assert shown == hiding.aws.resend_confirmation_code(**hiding.public("nobody"))["CodeDeliveryDetails"]
        assert fake.outbox == []
        confirm = hiding.aws.confirm_sign_up
        refused("ExpiredCodeException", confirm, **hiding.public("nobody"), ConfirmationCode="123456")
        refused("UserNotFoundException", legacy.aws.resend_confirmation_code, **legacy.public("nobody"))
        confirm = legacy.aws.confirm_sign_up
        refused("UserNotFoundException", confirm, **legacy.public("nobody"), ConfirmationCode="123456")


class TestAdministration:
    def test_a_suppressed_invitation_mails_nothing(self, portal: Portal) -> None:
        created = portal.aws.admin_create_user(
            **portal.admin("ann"),
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": "a@example.org"}, {"Name": "email_verified", "Value": "true"}],
        )["User"]
        assert (created["UserStatus"], created["Enabled"]) == ("FORCE_CHANGE_PASSWORD", True)
        assert portal.fake.outbox == []
        refused("UsernameExistsException", portal.aws.admin_create_user, **portal.admin("ann"))

    def test_a_permanent_password_confirms(self, portal: Portal) -> None:
        portal.aws.admin_create_user(**portal.admin("ann"), MessageAction="SUPPRESS")
        portal.aws.admin_set_user_password(**portal.admin("ann"), Password=PASSWORD, Permanent=True)
        assert portal.aws.admin_get_user(**portal.admin("ann"))["UserStatus"] == "CONFIRMED"
        assert "AccessToken" in portal.tokens()
        refused(
            "InvalidPasswordException",
            portal.aws.admin_set_user_password,
            **portal.admin("ann"),
            Password="short",
            Permanent=True,
            says="does not conform to policy: Password not long enough",
        )

    def test_a_temporary_password_must_be_changed_and_expires(self, portal: Portal) -> None:
        mail = [{"Name": "email", "Value": "ann@example.org"}]
        portal.aws.admin_create_user(**portal.admin("ann"), UserAttributes=mail)
        temporary = portal.fake.outbox[-1]
        assert temporary.purpose == "invitation"
        challenge = portal.login(password=temporary.code)
        assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
        refused("InvalidPasswordException", portal.respond, challenge, NEW_PASSWORD="short")
        assert "AccessToken" in portal.respond(challenge, NEW_PASSWORD=PASSWORD)["AuthenticationResult"]
        refused(
            "UnsupportedUserStateException", portal.aws.admin_create_user, **portal.admin("ann"), MessageAction="RESEND"
        )
        portal.aws.admin_set_user_password(**portal.admin("ann"), Password=OTHER, Permanent=False)
        portal.fake.advance(7 * 86400)
        refused("NotAuthorizedException", portal.login, password=OTHER, says="Temporary password has expired")

    def test_a_new_address_is_unverified_unless_the_administrator_vouches(self, portal: Portal) -> None:
        portal.confirmed()

        def attributes() -> dict[str, str]:
            user = portal.aws.admin_get_user(**portal.admin("ann"))
            return {item["Name"]: item["Value"] for item in user["UserAttributes"]}

        def update(**values: str) -> None:
            given = [{"Name": name, "Value": value} for name, value in values.items()]
            portal.aws.admin_update_user_attributes(**portal.admin("ann"), UserAttributes=given)

        update(email="new@example.org")
        assert attributes()["email_verified"] == "false"
        assert portal.fake.outbox[-1][:1] == ("new@example.org",)
        update(email="newer@example.org", email_verified="true")
        assert (attributes()["email"], attributes()["email_verified"]) == ("newer@example.org", "true")
        assert len(portal.fake.outbox) == 2
        update(email="")
        assert "email" not in attributes()
        refused("InvalidParameterException", update, sub="0")
        refused("InvalidParameterException", update, shoe_size="44")
        refused("InvalidParameterException", update, email="nonsense")

    def test_a_disabled_user_has_neither_sign_in_nor_token(self, portal: Portal) -> None:
        portal.confirmed()
        tokens = portal.tokens()
        portal.aws.admin_disable_user(**portal.admin("ann"))
        assert portal.aws.admin_get_user(**portal.admin("ann"))["Enabled"] is False
        refused("NotAuthorizedException", portal.login, says="disabled")
        refused("NotAuthorizedException", portal.login, password=WRONG, says="Incorrect")
        refused("NotAuthorizedException", portal.refresh, tokens["RefreshToken"], says="disabled")
        refused("NotAuthorizedException", portal.aws.get_user, AccessToken=tokens["AccessToken"])
        portal.aws.admin_enable_user(**portal.admin("ann"))
        refused("NotAuthorizedException", portal.aws.get_user, AccessToken=tokens["AccessToken"], says="revoked")
        assert "AccessToken" in portal.tokens()

    def test_a_deleted_user_is_gone(self, portal: Portal) -> None:
        portal.confirmed()
        tokens = portal.tokens()
        access = tokens["AccessToken"]
        portal.aws.admin_delete_user(**portal.admin("ann"))
        refused("UserNotFoundException", portal.aws.admin_get_user, **portal.admin("ann"))
        refused("UserNotFoundException", portal.aws.get_user, AccessToken=access)
        refused("UserNotFoundException", portal.refresh, tokens["RefreshToken"])
        portal.confirmed()
        refused("UserNotFoundException", portal.aws.get_user, AccessToken=access)


class TestSignIn:
    def test_unknown_and_wrong_are_told_apart_only_under_legacy(self, fake: CognitoFake) -> None:
        hiding, legacy = opened(fake), opened(fake, PreventUserExistenceErrors="LEGACY")
        for portal in (hiding, legacy):
            portal.confirmed()
            refused("NotAuthorizedException", portal.login, password=WRONG, says="Incorrect username or password.")
        refused("NotAuthorizedException", hiding.login, "nobody", says="Incorrect username or password.")
        refused("UserNotFoundException", legacy.login, "nobody")

    def test_an_unproven_account_shows_itself_to_the_right_password_only(self, portal: Portal) -> None:
        portal.sign_up()
        refused("NotAuthorizedException", portal.login, password=WRONG)
        refused("UserNotConfirmedException", portal.login)

    def test_the_secret_hash_is_checked_before_the_password(self, portal: Portal) -> None:
        portal.confirmed()
        refused("NotAuthorizedException", portal.login, SECRET_HASH=portal.hash("bob"), says="SecretHash")
        parameters = {"USERNAME": "ann", "PASSWORD": PASSWORD}
        refused(
            "NotAuthorizedException",
            portal.aws.admin_initiate_auth,
            UserPoolId=portal.pool,
            ClientId=portal.client,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters=parameters,
            says="SECRET_HASH was not received",
        )

    def test_a_flow_must_be_allowed(self, fake: CognitoFake) -> None:
        portal = opened(fake, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])
        portal.confirmed()
        refused("InvalidParameterException", portal.login, says="Auth flow not enabled")
        parameters = {"USERNAME": "ann", "PASSWORD": PASSWORD, "SECRET_HASH": portal.hash("ann")}
        request = {"ClientId": portal.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
        tokens = portal.aws.initiate_auth(**request)["AuthenticationResult"]
        refused("InvalidParameterException", portal.refresh, tokens["RefreshToken"])
        portal = opened(fake)
        portal.confirmed()
        request |= {"ClientId": portal.client}
        refused("InvalidParameterException", portal.aws.initiate_auth, **request, says="USER_PASSWORD_AUTH")

    def test_lockout_grows_from_the_fifth_failure(self, portal: Portal) -> None:
        portal.confirmed()
        for _ in range(5):
            refused("NotAuthorizedException", portal.login, password=WRONG, says="Incorrect")
        for seconds in (1, 2, 4, 8):
            refused("NotAuthorizedException", portal.login, says="Password attempts exceeded")
            portal.fake.advance(seconds - 0.5)
            refused("NotAuthorizedException", portal.login, says="Password attempts exceeded")
            portal.fake.advance(0.5)
            refused("NotAuthorizedException", portal.login, password=WRONG, says="Incorrect")
        portal.fake.advance(16)
        assert "AccessToken" in portal.tokens()
        refused("NotAuthorizedException", portal.login, password=WRONG, says="Incorrect")
        assert "AccessToken" in portal.tokens()

    def test_fifteen_quiet_minutes_end_a_lockout(self, portal: Portal) -> None:
        portal.confirmed()
        for _ in range(5):
            refused("NotAuthorizedException", portal.login, password=WRONG)
        portal.fake.advance(900)
        for _ in range(4):
            refused("NotAuthorizedException", portal.login, password=WRONG, says="Incorrect")
        assert "AccessToken" in portal.tokens()


class TestSecondFactor:
    def test_totp_is_asked_for_once_enrolled_and_a_code_is_good_once(self, portal: Portal) -> None:
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
        refused(
            "NotAuthorizedException", portal.respond, challenge, SOFTWARE_TOKEN_MFA_CODE=code, says="only be used once"
        )
        refused(
            "ExpiredCodeException",
            portal.respond,
            portal.login(),
            SOFTWARE_TOKEN_MFA_CODE=code,
            says="already been used once",
        )

    def test_the_code_spent_on_enrolment_is_spent(self, portal: Portal) -> None:
        secret = portal.enrolled()
        portal.fake.advance(-30)
        used = portal.code(secret)
        refused("ExpiredCodeException", portal.respond, portal.login(), SOFTWARE_TOKEN_MFA_CODE=used)

    def test_one_window_of_clock_skew_is_allowed(self, portal: Portal) -> None:
        secret = portal.enrolled()
        portal.fake.advance(300)
        step = int(portal.fake.now().timestamp()) // 30
        challenge = portal.login()
        for away in (-2, 2):
            refused(
                "CodeMismatchException", portal.respond, challenge, SOFTWARE_TOKEN_MFA_CODE=code_at(secret, step + away)
            )
        for away in (-1, 1):
            answer = portal.respond(portal.login(), SOFTWARE_TOKEN_MFA_CODE=code_at(secret, step + away))
            assert "AccessToken" in answer["AuthenticationResult"]

    def test_a_wrong_code_leaves_the_session_open_until_it_expires(self, portal: Portal) -> None:
        secret = portal.enrolled()
        challenge = portal.login()
        wrong = f"{(int(portal.code(secret)) + 1) % 1_000_000:06d}"
        step = int(portal.fake.now().timestamp()) // 30
        assert wrong not in {code_at(secret, step + away) for away in (-1, 0, 1)}
        refused("CodeMismatchException", portal.respond, challenge, SOFTWARE_TOKEN_MFA_CODE=wrong)
        portal.fake.advance(179)
        assert portal.respond(challenge, SOFTWARE_TOKEN_MFA_CODE=portal.code(secret))["AuthenticationResult"]
        late = portal.login()
        portal.fake.advance(180)
        refused(
            "NotAuthorizedException", portal.respond, late, SOFTWARE_TOKEN_MFA_CODE=portal.code(secret), says="expired"
        )

    def test_a_session_belongs_to_one_user_and_one_challenge(self, portal: Portal) -> None:
        portal.enrolled("ann")
        secret = portal.enrolled("bob")
        challenge = portal.login("ann")
        refused("NotAuthorizedException", portal.respond, challenge, "bob", SOFTWARE_TOKEN_MFA_CODE=portal.code(secret))
        other = challenge | {"ChallengeName": "NEW_PASSWORD_REQUIRED"}
        refused("NotAuthorizedException", portal.respond, other, NEW_PASSWORD=OTHER)
        invented = challenge | {"Session": "s" * 40}
        refused("NotAuthorizedException", portal.respond, invented, SOFTWARE_TOKEN_MFA_CODE="123456")

    def test_guessing_codes_locks_out(self, portal: Portal) -> None:
        secret = portal.enrolled()
        challenge = portal.login()
        far = code_at(secret, int(portal.fake.now().timestamp()) // 30 + 50)
        for _ in range(5):
            refused("CodeMismatchException", portal.respond, challenge, SOFTWARE_TOKEN_MFA_CODE=far)
        right = portal.code(secret)
        refused("NotAuthorizedException", portal.respond, challenge, SOFTWARE_TOKEN_MFA_CODE=right, says="exceeded")
        portal.fake.advance(1)
        assert portal.respond(challenge, SOFTWARE_TOKEN_MFA_CODE=right)["AuthenticationResult"]

    def test_a_new_key_replaces_the_old_one_only_when_verified(self, portal: Portal) -> None:
        old = portal.enrolled()
        answer = portal.respond(portal.login(), SOFTWARE_TOKEN_MFA_CODE=portal.code(old))
        access = answer["AuthenticationResult"]["AccessToken"]
        new = portal.aws.associate_software_token(AccessToken=access)["SecretCode"]
        refused(
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
        refused("CodeMismatchException", portal.respond, challenge, SOFTWARE_TOKEN_MFA_CODE=portal.code(old))
        assert portal.respond(challenge, SOFTWARE_TOKEN_MFA_CODE=portal.code(new))["AuthenticationResult"]

    def test_preference_needs_a_verified_key_and_turns_off(self, portal: Portal) -> None:
        portal.confirmed()
        access = portal.tokens()["AccessToken"]
        prefer, on = portal.aws.set_user_mfa_preference, {"Enabled": True}
        refused("InvalidParameterException", prefer, AccessToken=access, SoftwareTokenMfaSettings=on, says="not set up")
        secret = portal.aws.associate_software_token(AccessToken=access)["SecretCode"]
        refused("InvalidParameterException", prefer, AccessToken=access, SoftwareTokenMfaSettings=on, says="verified")
        portal.aws.verify_software_token(AccessToken=access, UserCode=portal.code(secret))
        assert "AccessToken" in portal.tokens()
        prefer(AccessToken=access, SoftwareTokenMfaSettings=on)
        assert portal.login()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
        off = {"Enabled": False}
        portal.aws.admin_set_user_mfa_preference(**portal.admin("ann"), SoftwareTokenMfaSettings=off)
        assert "AccessToken" in portal.tokens()

    def test_a_pool_that_requires_it_enrols_at_sign_in(self, fake: CognitoFake) -> None:
        portal = opened(fake, mfa="ON")
        portal.confirmed()
        setup = portal.login()
        assert setup["ChallengeName"] == "MFA_SETUP"
        refused("InvalidParameterException", portal.respond, setup, says="not verified")
        begun = portal.aws.associate_software_token(Session=setup["Session"])
        refused("NotAuthorizedException", portal.aws.associate_software_token, Session=setup["Session"])
        done = portal.aws.verify_software_token(Session=begun["Session"], UserCode=portal.code(begun["SecretCode"]))
        signed_in = portal.respond({"ChallengeName": "MFA_SETUP", "Session": done["Session"]})
        assert "AccessToken" in signed_in["AuthenticationResult"]
        assert portal.login()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"

    def test_a_pool_without_totp_offers_none(self, portal: Portal) -> None:
        portal.confirmed()
        access = portal.tokens()["AccessToken"]
        portal.aws.set_user_pool_mfa_config(UserPoolId=portal.pool, MfaConfiguration="OFF")
        refused("SoftwareTokenMFANotFoundException", portal.aws.associate_software_token, AccessToken=access)


class TestRecovery:
    def reset(self, portal: Portal, code: str, password: str = OTHER, name: str = "ann") -> None:
        portal.aws.confirm_forgot_password(**portal.public(name), ConfirmationCode=code, Password=password)

    def test_a_code_resets_the_password_once(self, portal: Portal) -> None:
        portal.confirmed()
        portal.aws.forgot_password(**portal.public("ann"))
        code = portal.fake.outbox[-1].code
        refused("InvalidPasswordException", self.reset, portal, code, "short")
        self.reset(portal, code)
        refused("NotAuthorizedException", portal.login)
        assert "AccessToken" in portal.tokens(password=OTHER)
        refused("ExpiredCodeException", self.reset, portal, code, PASSWORD)

    def test_a_code_lives_one_hour(self, portal: Portal) -> None:
        portal.confirmed()
        portal.aws.forgot_password(**portal.public("ann"))
        portal.fake.advance(3600)
        refused("ExpiredCodeException", self.reset, portal, portal.fake.outbox[-1].code)

    def test_five_tries_an_hour_of_asking_and_entering(self, portal: Portal) -> None:
        portal.confirmed()
        for _ in range(3):
            portal.aws.forgot_password(**portal.public("ann"))
        right = portal.fake.outbox[-1].code
        for _ in range(2):
            refused("CodeMismatchException", self.reset, portal, f"{(int(right) + 1) % 1_000_000:06d}")
        refused("LimitExceededException", self.reset, portal, right, says="Attempt limit exceeded")
        refused("LimitExceededException", portal.aws.forgot_password, **portal.public("ann"))

    def test_an_account_that_cannot_be_reset_looks_like_one_that_can(self, fake: CognitoFake) -> None:
        hiding, legacy = opened(fake), opened(fake, PreventUserExistenceErrors="LEGACY")
        for portal in (hiding, legacy):
            portal.confirmed("gone")
            portal.aws.admin_disable_user(**portal.admin("gone"))
            portal.sign_up("new")
        mails = len(fake.outbox)
        for name in ("nobody", "gone", "new"):
            assert hiding.aws.forgot_password(**hiding.public(name))["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
        for name in ("nobody", "gone"):
            refused("CodeMismatchException", self.reset, hiding, "123456", name=name)
        for name, code in (
            ("nobody", "UserNotFoundException"),
            ("gone", "NotAuthorizedException"),
            ("new", "InvalidParameterException"),
        ):
            refused(code, legacy.aws.forgot_password, **legacy.public(name))
        assert len(fake.outbox) == mails

    def test_a_user_with_a_temporary_password_cannot_reset_it(self, portal: Portal) -> None:
        verified = [{"Name": "email", "Value": "ann@example.org"}, {"Name": "email_verified", "Value": "true"}]
        portal.aws.admin_create_user(**portal.admin("ann"), UserAttributes=verified, MessageAction="SUPPRESS")
        refused("NotAuthorizedException", portal.aws.forgot_password, **portal.public("ann"), says="current state")

    def test_changing_needs_the_old_password(self, portal: Portal) -> None:
        portal.confirmed()
        access = portal.tokens()["AccessToken"]
        change = portal.aws.change_password
        refused("NotAuthorizedException", change, AccessToken=access, PreviousPassword=WRONG, ProposedPassword=OTHER)
        change(AccessToken=access, PreviousPassword=PASSWORD, ProposedPassword=OTHER)
        assert "AccessToken" in portal.tokens(password=OTHER)


class TestTokens:
    def test_tokens_are_signed_by_the_published_keys(self, portal: Portal) -> None:
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
        refused("NotAuthorizedException", portal.aws.get_user, AccessToken=forged, says="Invalid Access Token")

    def test_only_a_live_access_token_opens(self, portal: Portal) -> None:
        portal.confirmed()
        tokens = portal.tokens()
        identity = tokens["IdToken"]
        refused("NotAuthorizedException", portal.aws.get_user, AccessToken=identity, says="Invalid Access Token")
        portal.fake.advance(3600)
        refused("NotAuthorizedException", portal.aws.get_user, AccessToken=tokens["AccessToken"], says="expired")

    def test_refresh_until_30_days(self, portal: Portal) -> None:
        portal.confirmed()
        tokens = portal.tokens()
        portal.fake.advance(29 * 86400)
        renewed = portal.refresh(tokens["RefreshToken"])["AuthenticationResult"]
        assert "RefreshToken" not in renewed
        assert portal.aws.get_user(AccessToken=renewed["AccessToken"])["Username"] == "ann"
        portal.fake.advance(86400)
        refused("NotAuthorizedException", portal.refresh, tokens["RefreshToken"], says="expired")
        refused("NotAuthorizedException", portal.refresh, "invented", says="Invalid Refresh Token")

    def test_revoking_ends_one_sign_in(self, portal: Portal) -> None:
        portal.confirmed()
        ended, kept = portal.tokens(), portal.tokens()
        request = {"ClientId": portal.client, "Token": ended["RefreshToken"]}
        refused("UnauthorizedException", portal.aws.revoke_token, **request)
        request["ClientSecret"] = portal.secret
        access = request | {"Token": ended["AccessToken"]}
        refused("UnsupportedTokenTypeException", portal.aws.revoke_token, **access)
        portal.aws.revoke_token(**request)
        refused("NotAuthorizedException", portal.refresh, ended["RefreshToken"], says="revoked")
        refused("NotAuthorizedException", portal.aws.get_user, AccessToken=ended["AccessToken"], says="revoked")
        assert portal.refresh(kept["RefreshToken"])["AuthenticationResult"]["AccessToken"]

    @pytest.mark.parametrize("by_administrator", [True, False])
    def test_global_sign_out_ends_all(self, portal: Portal, by_administrator: bool) -> None:
        portal.confirmed("ann")
        portal.confirmed("bob")
        sessions, other = [portal.tokens(), portal.tokens()], portal.tokens("bob")
        if by_administrator:
            portal.aws.admin_user_global_sign_out(**portal.admin("ann"))
        else:
            portal.aws.global_sign_out(AccessToken=sessions[0]["AccessToken"])
        for tokens in sessions:
            refused("NotAuthorizedException", portal.refresh, tokens["RefreshToken"], says="revoked")
            refused("NotAuthorizedException", portal.aws.get_user, AccessToken=tokens["AccessToken"], says="revoked")
        assert portal.aws.get_user(AccessToken=other["AccessToken"])["Username"] == "bob"

    def test_a_password_change_ends_no_session(self, portal: Portal) -> None:
        """So the portal must end them itself: Cognito documents no such effect."""
        portal.confirmed()
        tokens = portal.tokens()
        portal.aws.admin_set_user_password(**portal.admin("ann"), Password=OTHER, Permanent=True)
        assert portal.refresh(tokens["RefreshToken"])["AuthenticationResult"]["AccessToken"]

    def test_rotated_refresh_tokens_are_good_once(self, fake: CognitoFake) -> None:
        portal = opened(
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
        refused("RefreshTokenReuseException", renew, **request, RefreshToken=first)
        assert renew(**request, RefreshToken=second)["AuthenticationResult"]["RefreshToken"] not in {first, second}
        refused("NotAuthorizedException", renew, ClientId=portal.client, RefreshToken=second)


class TestFaults:
    def test_an_error_comes_once_and_changes_nothing(self, portal: Portal) -> None:
        portal.fake.fail_next("SignUp", "TooManyRequestsException")
        refused("TooManyRequestsException", portal.sign_up)
        assert portal.sign_up()["UserConfirmed"] is False
        assert [call for call in portal.fake.calls if call.operation == "SignUp"] == [("SignUp", "ann")] * 2

    def test_boto3_retries_a_500(self, portal: Portal) -> None:
        portal.fake.fail_next("SignUp", "http500", times=2)
        patient = boto(portal.fake, config=Config(retries={"total_max_attempts": 3}))
        patient.sign_up(**portal.public("ann"), Password=PASSWORD)
        assert sum(call.operation == "SignUp" for call in portal.fake.calls) == 3

    def test_silence_runs_into_the_callers_timeout(self, portal: Portal) -> None:
        portal.fake.fail_next("SignUp", "timeout")
        hasty = boto(portal.fake, config=Config(read_timeout=0.2, retries={"total_max_attempts": 1}))
        with pytest.raises(ReadTimeoutError):
            hasty.sign_up(**portal.public("ann"), Password=PASSWORD)
        refused("UserNotFoundException", portal.aws.admin_get_user, **portal.admin("ann"))

    def test_an_answer_can_be_lost_after_the_effect(self, portal: Portal) -> None:
        portal.fake.fail_next("SignUp", "dropped", applied=True)
        with pytest.raises(ConnectionClosedError):
            portal.sign_up()
        assert portal.aws.admin_get_user(**portal.admin("ann"))["UserStatus"] == "UNCONFIRMED"

    def test_a_fault_that_cannot_happen_is_refused(self, portal: Portal) -> None:
        for operation, kind in (("SignUp", "CodeMismatchException"), ("SingUp", "http500")):
            with pytest.raises(ValueError, match=operation):
                portal.fake.fail_next(operation, kind)
