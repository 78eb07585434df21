"""The Cognito adapter over the fake or moto's server, with one configured pool per side."""

from typing import Any
from uuid import UUID

import boto3
from attrs import frozen

from adapters.aws import AwsAccount
from adapters.cognito.credentials import CognitoCredentials
from adapters.cognito.mailed_codes import CognitoMailedCodes
from adapters.cognito.passwords import CognitoPasswords
from adapters.cognito.pools import CognitoPool, CognitoPools
from adapters.cognito.second_factors import CognitoSecondFactors
from portal_core.accounts.identity_provider import Credential, SecondFactorNeeded
from tests.support.cognito_fake import CognitoFake, code_at

PRACTICE = UUID(int=7)
ANN = Credential(PRACTICE, "portal", UUID(int=1), "ann@example.org")
BOB = Credential(PRACTICE, "portal", UUID(int=2), "bob@example.org")
NOBODY = Credential(PRACTICE, "portal", UUID(int=0), "nobody@example.org")
PASSWORD = "lantern otter mosaic"
OTHER = "quarry violin thistle"
_KINDS = ("RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols")
CLIENT = {
    "GenerateSecret": True,
    "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH"],
    "PreventUserExistenceErrors": "ENABLED",
    "AuthSessionValidity": 5,
}


def create_pool(aws: Any, **client: Any) -> CognitoPool:
    """Create a pool configured as the portal needs it."""
    pool = aws.create_user_pool(
        PoolName="portal",
        AutoVerifiedAttributes=["email"],
        Policies={"PasswordPolicy": {"MinimumLength": 12} | dict.fromkeys(_KINDS, False)},
    )["UserPool"]["Id"]
    totp = {"Enabled": True}
    aws.set_user_pool_mfa_config(UserPoolId=pool, SoftwareTokenMfaConfiguration=totp, MfaConfiguration="OPTIONAL")
    create_pool = aws.create_user_pool_client(UserPoolId=pool, ClientName="portal", **CLIENT | client)["UserPoolClient"]
    return CognitoPool(pool, create_pool["ClientId"], create_pool["ClientSecret"])


@frozen
class CognitoHarness:
    """The adapter's four parts over one pool per side."""

    fake: CognitoFake
    aws: Any
    account: AwsAccount
    pools: CognitoPools
    codes: CognitoMailedCodes
    passwords: CognitoPasswords
    factors: CognitoSecondFactors
    credentials: CognitoCredentials

    @property
    def mailed(self) -> str:
        return self.fake.outbox[-1].code

    def user(self, credential: Credential) -> Any:
        pool = self.pools.pools[credential.side].pool_id
        found = self.aws.admin_get_user(UserPoolId=pool, Username=str(credential.account_id))
        return found | {item["Name"]: item["Value"] for item in found["UserAttributes"]}

    def code(self, secret: str) -> str:
        return code_at(secret, int(self.fake.now().timestamp()) // 30)

    async def enroll(self, credential: Credential) -> str:
        begun = await self.factors.start_enrollment(credential, PASSWORD)
        assert begun is not None
        assert await self.factors.confirm(credential, begun.handle, self.code(begun.secret))
        self.fake.advance(30)
        return begun.secret

    async def state(self, credential: Credential) -> str:
        answer = await self.passwords.check(credential, PASSWORD)
        assert isinstance(answer, SecondFactorNeeded)
        return answer.state


def connect(fake: CognitoFake, url: str) -> CognitoHarness:
    aws = boto3.Session().client("cognito-idp", endpoint_url=url, region_name="us-east-1")
    account = AwsAccount("us-east-1", url)
    pools = CognitoPools(account, {"portal": create_pool(aws), "practice": create_pool(aws)})
    return CognitoHarness(
        fake,
        aws,
        account,
        pools,
        CognitoMailedCodes(pools),
        CognitoPasswords(pools),
        CognitoSecondFactors(pools),
        CognitoCredentials(pools),
    )
