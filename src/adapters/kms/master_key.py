"""The master key in AWS KMS. It never leaves KMS, which wraps and unwraps the practices' keys."""

from typing import Any

from attrs import define, field
from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws import AwsAccount
from adapters.encryption.cipher import DecryptionFailed
from adapters.encryption.master_key import MasterKey
from portal_core.kernel.errors import Unavailable

_UNREADABLE = {"InvalidCiphertextException", "IncorrectKeyException", "KMSInvalidStateException", "NotFoundException"}


@define
class KmsMasterKey(MasterKey):
    """A symmetric KMS key, by id, ARN or alias. The context is KMS's encryption context, which CloudTrail logs."""

    account: AwsAccount
    key_id: str
    _client: Any = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._client = self.account.client("kms")

    @property
    def name(self) -> str:
        return self.key_id

    async def wrap(self, key: bytes, context: str) -> bytes:
        try:
            answer = await self.account.call(
                self._client.encrypt, KeyId=self.key_id, Plaintext=key, EncryptionContext={"of": context}
            )
        except (ClientError, BotoCoreError) as error:
            raise Unavailable from error
        return bytes(answer["CiphertextBlob"])

    async def unwrap(self, wrapped: bytes, context: str) -> bytes:
        # Without a KeyId, KMS finds the key from the ciphertext, which may have been wrapped before a rotation.
        try:
            answer = await self.account.call(
                self._client.decrypt, CiphertextBlob=wrapped, EncryptionContext={"of": context}
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _UNREADABLE:
                raise DecryptionFailed("KMS cannot unwrap this key in this context") from None
            raise Unavailable from error
        except BotoCoreError as error:
            raise Unavailable from error
        return bytes(answer["Plaintext"])
