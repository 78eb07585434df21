"""Checks that a bucket is set up as files need it, for `portal config check`."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

_PUBLIC_ACCESS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def bucket_problems(client: Any, bucket: str) -> list[str]:
    """One line for each wrong setting. Blocks."""
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        return [_unreachable(bucket, error.response["ResponseMetadata"]["HTTPStatusCode"])]
    except BotoCoreError as error:
        return [f"S3 does not respond ({type(error).__name__}): check the network, the region and the credentials"]
    try:
        return [
            problem
            for fine, problem in (
                (_versions(client, bucket), "turn on versioning, so that a deleted file can be restored"),
                (_blocks_public_access(client, bucket), "turn on all four settings that block public access"),
                (_encrypts(client, bucket), "set default encryption to SSE-KMS (aws:kms)"),
            )
            if not fine
        ]
    except ClientError as error:
        code, request = error.response["Error"]["Code"], error.operation_name
        return [f"the settings of the bucket {bucket} cannot be read: S3 answers {code} to {request}"]
    except BotoCoreError as error:
        return [f"S3 does not respond ({type(error).__name__})"]


def _unreachable(bucket: str, status: int) -> str:
    if status == 404:
        return f"there is no bucket {bucket}: create it, or name another one"
    if status in (301, 400):
        return f"the bucket {bucket} is in another region: set the region to its own"
    if status == 403:
        return f"the bucket {bucket} is denied: let the portal's role list, read, write and delete its objects"
    return f"S3 answers {status} for the bucket {bucket}"


def _versions(client: Any, bucket: str) -> bool:
    return bool(client.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled")


def _blocks_public_access(client: Any, bucket: str) -> bool:
    found = _if_set(client.get_public_access_block, bucket, "NoSuchPublicAccessBlockConfiguration")
    configuration = found.get("PublicAccessBlockConfiguration", {})
    return all(configuration.get(name) for name in _PUBLIC_ACCESS)


def _encrypts(client: Any, bucket: str) -> bool:
    found = _if_set(client.get_bucket_encryption, bucket, "ServerSideEncryptionConfigurationNotFoundError")
    rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    applied = [rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") for rule in rules]
    return "aws:kms" in applied or "aws:kms:dsse" in applied


def _if_set(request: Any, bucket: str, not_set: str) -> dict[str, Any]:
    """What S3 answers; nothing if it answers that there is no such setting."""
    try:
        return dict(request(Bucket=bucket))
    except ClientError as error:
        if error.response["Error"]["Code"] == not_set:
            return {}
        raise
