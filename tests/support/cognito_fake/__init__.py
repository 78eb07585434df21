"""A strict fake of Amazon Cognito user pools, for tests of the real boto3 client over HTTP.

    with CognitoFake() as fake:
        client = boto3.client("cognito-idp", endpoint_url=fake.url, region_name="us-east-1",
                              aws_access_key_id="x", aws_secret_access_key="y")

It enforces what moto does not: SecretHash, request signatures, mailed codes (single use, expiring, limited), TOTP
codes (single use), session expiry, the growing lockout, revocation, disabled users. Requests and responses are checked
against botocore's description of the service; Cognito features that the fake lacks raise an error.
"""

from .records import Call, SentCode
from .server import CognitoFake
from .totp import code_at
from .world import secret_hash

__all__ = ["Call", "CognitoFake", "SentCode", "code_at", "secret_hash"]
