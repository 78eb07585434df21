"""Calls to the Cognito fake with the real boto3 client, as most of its tests make them."""

from typing import Any

import boto3
import pytest
from attrs import define
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support.cognito_fake import CognitoFake, code_at, secret_hash

PASSWORD = "Correct-horse-battery-9"
OTHER = "Another-staple-42-now"
WRONG = "Not-the-password-1"


def boto_client(fake: CognitoFake, **changes: Any) -> Any:
    settings = {
        "endpoint_url": fake.url,
        "region_name": "us-east-1",
        "aws_access_key_id": "x",
        "aws_secret_access_key": "y",
        "config": Config(retries={"total_max_attempts": 1}, read_timeout=5, connect_timeout=2),
    }
    return boto3.client("cognito-idp", **settings | changes)


@define
class PoolClient:
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
        """Create a confirmed user with TOTP enabled; returns the key, whose current code is unused."""
        self.confirmed(name)
        access = self.tokens(name)["AccessToken"]
        secret = self.aws.associate_software_token(AccessToken=access)["SecretCode"]
        self.aws.verify_software_token(AccessToken=access, UserCode=self.code(secret))
        on = {"Enabled": True, "PreferredMfa": True}
        self.aws.admin_set_user_mfa_preference(**self.admin(name), SoftwareTokenMfaSettings=on)
        self.fake.advance(30)
        return str(secret)


def open_pool(fake: CognitoFake, mfa: str = "OPTIONAL", **client_settings: Any) -> PoolClient:
    aws = boto_client(fake)
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
    return PoolClient(fake, aws, pool, client["ClientId"], client.get("ClientSecret", ""))


def assert_refused(code: str, call: Any, *arguments: Any, says: str = "", **named: Any) -> None:
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    error = caught.value.response["Error"]
    assert (error["Code"], says in error["Message"]) == (code, True), error
