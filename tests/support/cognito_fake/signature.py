"""Verifies IAM request signing (Signature Version 4): the signature is recomputed and compared."""

import hmac
import re
from collections.abc import Mapping

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .errors import Refusal

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, ?"
    r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


def check_signature(secrets: Mapping[str, str], url: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raises MissingAuthenticationTokenException, UnrecognizedClientException or InvalidSignatureException.

    `secrets` maps access key ids to secret keys; header names are in lower case. The age of a request is not
    checked.
    """
    found = _HEADER.fullmatch(headers.get("authorization", ""))
    if found is None:
        raise Refusal("MissingAuthenticationTokenException", "Missing Authentication Token")
    secret = secrets.get(found["key"])
    if secret is None:
        raise Refusal("UnrecognizedClientException", "The security token included in the request is invalid.")
    signed = {name: headers.get(name, "") for name in found["headers"].split(";")}
    request = AWSRequest(method="POST", url=url, data=body, headers=signed)
    request.context["timestamp"] = headers.get("x-amz-date", "")
    signer = SigV4Auth(Credentials(found["key"], secret), "cognito-idp", found["region"])
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    if found["service"] != "cognito-idp" or not hmac.compare_digest(expected, found["signature"]):
        raise Refusal(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
        )
