"""The Cognito fake is as strict as Cognito's documentation: users, passwords and password recovery."""

from collections.abc import Iterator

import pytest

from tests.support.cognito.fake_client import OTHER, PASSWORD, WRONG, PoolClient, assert_refused, open_pool
from tests.support.cognito_fake import CognitoFake


@pytest.fixture
def fake() -> Iterator[CognitoFake]:
    with CognitoFake() as running:
        yield running


@pytest.fixture
def portal(fake: CognitoFake) -> PoolClient:
    return open_pool(fake)


class TestAdministration:
    def test_suppressed_invitation_sends_no_mail(self, portal: PoolClient) -> None:
        created = portal.aws.admin_create_user(
            **portal.admin("ann"),
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": "a@example.org"}, {"Name": "email_verified", "Value": "true"}],
        )["User"]
        assert (created["UserStatus"], created["Enabled"]) == ("FORCE_CHANGE_PASSWORD", True)
        assert portal.fake.outbox == []
        assert_refused("UsernameExistsException", portal.aws.admin_create_user, **portal.admin("ann"))

    def test_permanent_password_confirms_the_user(self, portal: PoolClient) -> None:
        portal.aws.admin_create_user(**portal.admin("ann"), MessageAction="SUPPRESS")
        portal.aws.admin_set_user_password(**portal.admin("ann"), Password=PASSWORD, Permanent=True)
        assert portal.aws.admin_get_user(**portal.admin("ann"))["UserStatus"] == "CONFIRMED"
        assert "AccessToken" in portal.tokens()
        assert_refused(
            "InvalidPasswordException",
            portal.aws.admin_set_user_password,
            **portal.admin("ann"),
            Password="short",
            Permanent=True,
            says="does not conform to policy: Password not long enough",
        )

    def test_temporary_password_must_be_changed_and_expires(self, portal: PoolClient) -> None:
        mail = [{"Name": "email", "Value": "ann@example.org"}]
        portal.aws.admin_create_user(**portal.admin("ann"), UserAttributes=mail)
        temporary = portal.fake.outbox[-1]
        assert temporary.purpose == "invitation"
        challenge = portal.login(password=temporary.code)
        assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
        assert_refused("InvalidPasswordException", portal.respond, challenge, NEW_PASSWORD="short")
        assert "AccessToken" in portal.respond(challenge, NEW_PASSWORD=PASSWORD)["AuthenticationResult"]
        assert_refused(
            "UnsupportedUserStateException", portal.aws.admin_create_user, **portal.admin("ann"), MessageAction="RESEND"
        )
        portal.aws.admin_set_user_password(**portal.admin("ann"), Password=OTHER, Permanent=False)
        portal.fake.advance(7 * 86400)
        assert_refused("NotAuthorizedException", portal.login, password=OTHER, says="Temporary password has expired")

    def test_new_email_is_unverified_unless_the_administrator_verifies_it(self, portal: PoolClient) -> None:
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
        assert_refused("InvalidParameterException", update, sub="0")
        assert_refused("InvalidParameterException", update, shoe_size="44")
        assert_refused("InvalidParameterException", update, email="nonsense")

    def test_disabled_user_cannot_sign_in_or_use_tokens(self, portal: PoolClient) -> None:
        portal.confirmed()
        tokens = portal.tokens()
        portal.aws.admin_disable_user(**portal.admin("ann"))
        assert portal.aws.admin_get_user(**portal.admin("ann"))["Enabled"] is False
        assert_refused("NotAuthorizedException", portal.login, says="disabled")
        assert_refused("NotAuthorizedException", portal.login, password=WRONG, says="Incorrect")
        assert_refused("NotAuthorizedException", portal.refresh, tokens["RefreshToken"], says="disabled")
        assert_refused("NotAuthorizedException", portal.aws.get_user, AccessToken=tokens["AccessToken"])
        portal.aws.admin_enable_user(**portal.admin("ann"))
        assert_refused("NotAuthorizedException", portal.aws.get_user, AccessToken=tokens["AccessToken"], says="revoked")
        assert "AccessToken" in portal.tokens()

    def test_deleted_user_no_longer_exists(self, portal: PoolClient) -> None:
        portal.confirmed()
        tokens = portal.tokens()
        access = tokens["AccessToken"]
        portal.aws.admin_delete_user(**portal.admin("ann"))
        assert_refused("UserNotFoundException", portal.aws.admin_get_user, **portal.admin("ann"))
        assert_refused("UserNotFoundException", portal.aws.get_user, AccessToken=access)
        assert_refused("UserNotFoundException", portal.refresh, tokens["RefreshToken"])
        portal.confirmed()
        assert_refused("UserNotFoundException", portal.aws.get_user, AccessToken=access)


class TestSignIn:
    def test_unknown_user_and_wrong_password_differ_only_in_legacy_mode(self, fake: CognitoFake) -> None:
        hiding, legacy = open_pool(fake), open_pool(fake, PreventUserExistenceErrors="LEGACY")
        for portal in (hiding, legacy):
            portal.confirmed()
            assert_refused(
                "NotAuthorizedException", portal.login, password=WRONG, says="Incorrect username or password."
            )
        assert_refused("NotAuthorizedException", hiding.login, "nobody", says="Incorrect username or password.")
        assert_refused("UserNotFoundException", legacy.login, "nobody")

    def test_unconfirmed_account_is_disclosed_only_with_the_right_password(self, portal: PoolClient) -> None:
        portal.sign_up()
        assert_refused("NotAuthorizedException", portal.login, password=WRONG)
        assert_refused("UserNotConfirmedException", portal.login)

    def test_the_secret_hash_is_checked_before_the_password(self, portal: PoolClient) -> None:
        portal.confirmed()
        assert_refused("NotAuthorizedException", portal.login, SECRET_HASH=portal.hash("bob"), says="SecretHash")
        parameters = {"USERNAME": "ann", "PASSWORD": PASSWORD}
        assert_refused(
            "NotAuthorizedException",
            portal.aws.admin_initiate_auth,
            UserPoolId=portal.pool,
            ClientId=portal.client,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters=parameters,
            says="SECRET_HASH was not received",
        )

    def test_disallowed_auth_flow_is_refused(self, fake: CognitoFake) -> None:
        portal = open_pool(fake, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])
        portal.confirmed()
        assert_refused("InvalidParameterException", portal.login, says="Auth flow not enabled")
        parameters = {"USERNAME": "ann", "PASSWORD": PASSWORD, "SECRET_HASH": portal.hash("ann")}
        request = {"ClientId": portal.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
        tokens = portal.aws.initiate_auth(**request)["AuthenticationResult"]
        assert_refused("InvalidParameterException", portal.refresh, tokens["RefreshToken"])
        portal = open_pool(fake)
        portal.confirmed()
        request |= {"ClientId": portal.client}
        assert_refused("InvalidParameterException", portal.aws.initiate_auth, **request, says="USER_PASSWORD_AUTH")

    def test_lockout_grows_from_the_fifth_failure(self, portal: PoolClient) -> None:
        portal.confirmed()
        for _ in range(5):
            assert_refused("NotAuthorizedException", portal.login, password=WRONG, says="Incorrect")
        for seconds in (1, 2, 4, 8):
            assert_refused("NotAuthorizedException", portal.login, says="Password attempts exceeded")
            portal.fake.advance(seconds - 0.5)
            assert_refused("NotAuthorizedException", portal.login, says="Password attempts exceeded")
            portal.fake.advance(0.5)
            assert_refused("NotAuthorizedException", portal.login, password=WRONG, says="Incorrect")
        portal.fake.advance(16)
        assert "AccessToken" in portal.tokens()
        assert_refused("NotAuthorizedException", portal.login, password=WRONG, says="Incorrect")
        assert "AccessToken" in portal.tokens()

    def test_fifteen_quiet_minutes_end_a_lockout(self, portal: PoolClient) -> None:
        portal.confirmed()
        for _ in range(5):
            assert_refused("NotAuthorizedException", portal.login, password=WRONG)
        portal.fake.advance(900)
        for _ in range(4):
            assert_refused("NotAuthorizedException", portal.login, password=WRONG, says="Incorrect")
        assert "AccessToken" in portal.tokens()


class TestRecovery:
    def reset(self, portal: PoolClient, code: str, password: str = OTHER, name: str = "ann") -> None:
        portal.aws.confirm_forgot_password(**portal.public(name), ConfirmationCode=code, Password=password)

    def test_code_resets_the_password_once(self, portal: PoolClient) -> None:
        portal.confirmed()
        portal.aws.forgot_password(**portal.public("ann"))
        code = portal.fake.outbox[-1].code
        assert_refused("InvalidPasswordException", self.reset, portal, code, "short")
        self.reset(portal, code)
        assert_refused("NotAuthorizedException", portal.login)
        assert "AccessToken" in portal.tokens(password=OTHER)
        assert_refused("ExpiredCodeException", self.reset, portal, code, PASSWORD)

    def test_code_is_valid_for_one_hour(self, portal: PoolClient) -> None:
        portal.confirmed()
        portal.aws.forgot_password(**portal.public("ann"))
        portal.fake.advance(3600)
        assert_refused("ExpiredCodeException", self.reset, portal, portal.fake.outbox[-1].code)

    def test_requesting_and_entering_codes_are_limited_to_five_an_hour(self, portal: PoolClient) -> None:
        portal.confirmed()
        for _ in range(3):
            portal.aws.forgot_password(**portal.public("ann"))
        right = portal.fake.outbox[-1].code
        for _ in range(2):
            assert_refused("CodeMismatchException", self.reset, portal, f"{(int(right) + 1) % 1_000_000:06d}")
        assert_refused("LimitExceededException", self.reset, portal, right, says="Attempt limit exceeded")
        assert_refused("LimitExceededException", portal.aws.forgot_password, **portal.public("ann"))

    def test_account_that_cannot_be_reset_is_indistinguishable(self, fake: CognitoFake) -> None:
        hiding, legacy = open_pool(fake), open_pool(fake, PreventUserExistenceErrors="LEGACY")
        for portal in (hiding, legacy):
            portal.confirmed("gone")
            portal.aws.admin_disable_user(**portal.admin("gone"))
            portal.sign_up("new")
        mails = len(fake.outbox)
        for name in ("nobody", "gone", "new"):
            assert hiding.aws.forgot_password(**hiding.public(name))["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
        for name in ("nobody", "gone"):
            assert_refused("CodeMismatchException", self.reset, hiding, "123456", name=name)
        for name, code in (
            ("nobody", "UserNotFoundException"),
            ("gone", "NotAuthorizedException"),
            ("new", "InvalidParameterException"),
        ):
            assert_refused(code, legacy.aws.forgot_password, **legacy.public(name))
        assert len(fake.outbox) == mails

    def test_temporary_password_cannot_be_reset(self, portal: PoolClient) -> None:
        verified = [{"Name": "email", "Value": "ann@example.org"}, {"Name": "email_verified", "Value": "true"}]
        portal.aws.admin_create_user(**portal.admin("ann"), UserAttributes=verified, MessageAction="SUPPRESS")
        assert_refused(
            "NotAuthorizedException", portal.aws.forgot_password, **portal.public("ann"), says="current state"
        )

    def test_password_change_needs_the_old_password(self, portal: PoolClient) -> None:
        portal.confirmed()
        access = portal.tokens()["AccessToken"]
        change = portal.aws.change_password
        assert_refused(
            "NotAuthorizedException", change, AccessToken=access, PreviousPassword=WRONG, ProposedPassword=OTHER
        )
        change(AccessToken=access, PreviousPassword=PASSWORD, ProposedPassword=OTHER)
        assert "AccessToken" in portal.tokens(password=OTHER)
