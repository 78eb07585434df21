"""The Cognito fake is as strict as Cognito's documentation: protocol, pools, sign-up, and injected faults."""

from collections.abc import Iterator

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from tests.support.cognito.fake_client import PASSWORD, WRONG, PoolClient, assert_refused, boto_client, open_pool
from tests.support.cognito_fake import Call, CognitoFake


@pytest.fixture
def fake() -> Iterator[CognitoFake]:
    with CognitoFake() as running:
        yield running


@pytest.fixture
def portal(fake: CognitoFake) -> PoolClient:
    return open_pool(fake)


class TestProtocol:
    def test_unknown_operation_is_refused(self, portal: PoolClient) -> None:
        assert_refused("UnknownOperationException", portal.aws.list_groups, UserPoolId=portal.pool)

    def test_administration_needs_a_valid_signature(self, portal: PoolClient) -> None:
        portal.confirmed()
        strange = boto_client(portal.fake, aws_access_key_id="somebody")
        assert_refused("UnrecognizedClientException", strange.admin_get_user, **portal.admin("ann"))
        forged = boto_client(portal.fake, aws_secret_access_key="guessed")
        assert_refused("InvalidSignatureException", forged.admin_get_user, **portal.admin("ann"))
        from botocore import UNSIGNED

        bare = boto_client(portal.fake, config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}))
        assert_refused("MissingAuthenticationTokenException", bare.admin_get_user, **portal.admin("ann"))
        assert bare.get_user(AccessToken=portal.tokens()["AccessToken"])["Username"] == "ann"

    def test_requests_are_validated_against_the_service_model(self, portal: PoolClient) -> None:
        for broken in (
            {"Username": "two words"},
            {"Username": "n" * 129},
            {"Password": " leading-space-9A"},
            {"Password": "p" * 257},
        ):
            request = portal.public("ann") | {"Password": PASSWORD} | broken
            assert_refused("InvalidParameterException", portal.aws.sign_up, **request, says="1 validation error")
        long_name = {"ClientId": portal.client, "Username": "ünï" * 40, "SecretHash": portal.hash("ünï" * 40)}
        assert portal.aws.sign_up(**long_name, Password="a pass phrase with spaces")["UserConfirmed"] is False

    def test_password_is_never_repeated_in_a_response(self, portal: PoolClient) -> None:
        with pytest.raises(ClientError) as caught:
            portal.sign_up(password="trailing space ")
        assert "trailing" not in str(caught.value)

    def test_unsupported_features_are_refused(self, portal: PoolClient) -> None:
        assert_refused(
            "InvalidParameterException",
            portal.aws.create_user_pool,
            PoolName="p",
            AliasAttributes=["email"],
            says="does not implement",
        )

    def test_calls_are_listed_with_their_user(self, portal: PoolClient) -> None:
        portal.confirmed()
        portal.fake.calls.clear()
        assert_refused("NotAuthorizedException", portal.login, password=WRONG)
        portal.aws.get_user(AccessToken=portal.tokens()["AccessToken"])
        assert portal.fake.calls == [
            ("AdminInitiateAuth", "ann"),
            ("AdminInitiateAuth", "ann"),
            Call("GetUser", "ann"),
        ]


class TestPools:
    def test_descriptions_show_what_was_set(self, portal: PoolClient) -> None:
        pool = portal.aws.describe_user_pool(UserPoolId=portal.pool)["UserPool"]
        assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 12
        assert pool["Policies"]["PasswordPolicy"]["RequireSymbols"] is False
        assert (pool["MfaConfiguration"], pool["CreationDate"]) == ("OPTIONAL", portal.fake.now())
        client = portal.aws.describe_user_pool_client(UserPoolId=portal.pool, ClientId=portal.client)["UserPoolClient"]
        assert client["ClientSecret"] == portal.secret
        assert client["PreventUserExistenceErrors"] == "ENABLED"

    def test_missing_resources_are_not_found(self, portal: PoolClient) -> None:
        assert_refused("ResourceNotFoundException", portal.aws.describe_user_pool, UserPoolId="us-east-1_none")
        other = portal.aws.create_user_pool(PoolName="staff")["UserPool"]["Id"]
        assert_refused(
            "ResourceNotFoundException",
            portal.aws.describe_user_pool_client,
            UserPoolId=other,
            ClientId=portal.client,
        )

    def test_default_policy_requires_all_four_character_classes(self, portal: PoolClient) -> None:
        pool = portal.aws.create_user_pool(PoolName="strict")["UserPool"]["Id"]
        for password, lacking in (
            ("Ab1!", "not long enough"),
            ("ab1!ab1!", "uppercase"),
            ("AB1!AB1!", "lowercase"),
            ("Abc!Abc!", "numeric"),
            ("Abc1Abc1", "symbol"),
        ):
            assert_refused(
                "InvalidPasswordException",
                portal.aws.admin_create_user,
                UserPoolId=pool,
                Username="u",
                TemporaryPassword=password,
                says=lacking,
            )

    def test_token_lifetimes_outside_cognitos_ranges_are_refused(self, portal: PoolClient) -> None:
        for lifetime in ({"AccessTokenValidity": 25}, {"RefreshTokenValidity": 3651}):
            assert_refused(
                "InvalidParameterException",
                portal.aws.create_user_pool_client,
                UserPoolId=portal.pool,
                ClientName="c",
                **lifetime,
            )


class TestSignUp:
    def test_mailed_code_confirms_once(self, portal: PoolClient) -> None:
        answer = portal.sign_up()
        assert answer["UserConfirmed"] is False
        assert answer["CodeDeliveryDetails"] == {
            "Destination": "a***@e***",
            "DeliveryMedium": "EMAIL",
            "AttributeName": "email",
        }
        sent = portal.fake.outbox[-1]
        assert (sent.destination, sent.purpose, sent.username) == ("ann@example.org", "sign_up", "ann")
        assert_refused("UserNotConfirmedException", portal.login)
        portal.aws.confirm_sign_up(**portal.public("ann"), ConfirmationCode=sent.code)
        user = portal.aws.admin_get_user(**portal.admin("ann"))
        assert user["UserStatus"] == "CONFIRMED"
        assert {"Name": "email_verified", "Value": "true"} in user["UserAttributes"]
        assert {"Name": "sub", "Value": answer["UserSub"]} in user["UserAttributes"]
        assert_refused(
            "NotAuthorizedException",
            portal.aws.confirm_sign_up,
            **portal.public("ann"),
            ConfirmationCode=sent.code,
            says="Current status is CONFIRMED",
        )

    @pytest.mark.parametrize("given", [None, "AAAA", "of another user"])
    def test_missing_or_wrong_secret_hash_is_refused(self, portal: PoolClient, given: str | None) -> None:
        request = {"ClientId": portal.client, "Username": "ann", "Password": PASSWORD}
        if given is not None:
            request["SecretHash"] = portal.hash("bob") if " " in given else given
        assert_refused("NotAuthorizedException", portal.aws.sign_up, **request)
        assert_refused("UserNotFoundException", portal.aws.admin_get_user, **portal.admin("ann"))

    def test_public_client_refuses_a_secret_hash(self, fake: CognitoFake) -> None:
        portal = open_pool(fake, GenerateSecret=False)
        assert_refused("NotAuthorizedException", portal.sign_up, says="not configured for secret")
        portal.aws.sign_up(ClientId=portal.client, Username="ann", Password=PASSWORD)

    def test_taken_username_is_refused(self, portal: PoolClient) -> None:
        portal.sign_up()
        assert_refused("UsernameExistsException", portal.sign_up)

    def test_users_cannot_mark_their_own_email_verified(self, portal: PoolClient) -> None:
        claim = [{"Name": "email", "Value": "a@example.org"}, {"Name": "email_verified", "Value": "true"}]
        assert_refused(
            "NotAuthorizedException",
            portal.aws.sign_up,
            **portal.public("ann"),
            Password=PASSWORD,
            UserAttributes=claim,
            says="unauthorized attribute",
        )

    def test_new_code_replaces_the_old_one(self, portal: PoolClient) -> None:
        portal.sign_up()
        old = portal.fake.outbox[-1].code
        portal.aws.resend_confirmation_code(**portal.public("ann"))
        new = portal.fake.outbox[-1].code
        confirm = portal.aws.confirm_sign_up
        assert_refused("CodeMismatchException", confirm, **portal.public("ann"), ConfirmationCode=old)
        confirm(**portal.public("ann"), ConfirmationCode=new)
        resend = portal.aws.resend_confirmation_code
        assert_refused("InvalidParameterException", resend, **portal.public("ann"), says="already confirmed")

    def test_code_is_valid_for_24_hours(self, portal: PoolClient) -> None:
        portal.sign_up()
        request = portal.public("ann") | {"ConfirmationCode": portal.fake.outbox[-1].code}
        portal.fake.advance(24 * 3600)
        assert_refused("ExpiredCodeException", portal.aws.confirm_sign_up, **request)

    def test_wrong_codes_are_limited(self, portal: PoolClient) -> None:
        portal.sign_up()
        right = portal.fake.outbox[-1].code
        wrong = f"{(int(right) + 1) % 1_000_000:06d}"
        confirm = portal.aws.confirm_sign_up
        for _ in range(5):
            assert_refused("CodeMismatchException", confirm, **portal.public("ann"), ConfirmationCode=wrong)
        assert_refused("LimitExceededException", confirm, **portal.public("ann"), ConfirmationCode=right)
        portal.fake.advance(3600)
        confirm(**portal.public("ann"), ConfirmationCode=right)

    def test_user_existence_is_hidden_only_if_configured(self, fake: CognitoFake) -> None:
        hiding, legacy = open_pool(fake), open_pool(fake, PreventUserExistenceErrors="LEGACY")
        shown = hiding.aws.resend_confirmation_code(**hiding.public("nobody"))["CodeDeliveryDetails"]
        assert shown == hiding.aws.resend_confirmation_code(**hiding.public("nobody"))["CodeDeliveryDetails"]
        assert fake.outbox == []
        confirm = hiding.aws.confirm_sign_up
        assert_refused("ExpiredCodeException", confirm, **hiding.public("nobody"), ConfirmationCode="123456")
        assert_refused("UserNotFoundException", legacy.aws.resend_confirmation_code, **legacy.public("nobody"))
        confirm = legacy.aws.confirm_sign_up
        assert_refused("UserNotFoundException", confirm, **legacy.public("nobody"), ConfirmationCode="123456")


class TestFaults:
    def test_injected_error_occurs_once_and_changes_nothing(self, portal: PoolClient) -> None:
        portal.fake.fail_next("SignUp", "TooManyRequestsException")
        assert_refused("TooManyRequestsException", portal.sign_up)
        assert portal.sign_up()["UserConfirmed"] is False
        assert [call for call in portal.fake.calls if call.operation == "SignUp"] == [("SignUp", "ann")] * 2

    def test_boto3_retries_a_500(self, portal: PoolClient) -> None:
        portal.fake.fail_next("SignUp", "http500", times=2)
        patient = boto_client(portal.fake, config=Config(retries={"total_max_attempts": 3}))
        patient.sign_up(**portal.public("ann"), Password=PASSWORD)
        assert sum(call.operation == "SignUp" for call in portal.fake.calls) == 3

    def test_silence_causes_the_callers_timeout(self, portal: PoolClient) -> None:
        portal.fake.fail_next("SignUp", "timeout")
        hasty = boto_client(portal.fake, config=Config(read_timeout=0.2, retries={"total_max_attempts": 1}))
        with pytest.raises(ReadTimeoutError):
            hasty.sign_up(**portal.public("ann"), Password=PASSWORD)
        assert_refused("UserNotFoundException", portal.aws.admin_get_user, **portal.admin("ann"))

    def test_response_can_be_lost_after_the_effect(self, portal: PoolClient) -> None:
        portal.fake.fail_next("SignUp", "dropped", applied=True)
        with pytest.raises(ConnectionClosedError):
            portal.sign_up()
        assert portal.aws.admin_get_user(**portal.admin("ann"))["UserStatus"] == "UNCONFIRMED"

    def test_impossible_fault_is_refused(self, portal: PoolClient) -> None:
        for operation, kind in (("SignUp", "CodeMismatchException"), ("SingUp", "http500")):
            with pytest.raises(ValueError, match=operation):
                portal.fake.fail_next(operation, kind)
