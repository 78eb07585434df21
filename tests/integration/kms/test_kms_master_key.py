"""The master key in KMS: the real boto3 client over HTTP, against moto's server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from moto.server import ThreadedMotoServer

from adapters.aws import AwsAccount
from adapters.encryption.cipher import new_key
from adapters.encryption.master_key import MasterKey
from adapters.kms.master_key import KmsMasterKey
from portal_core.kernel.errors import Unavailable
from tests.support.contracts.engine.master_key import MasterKeyContract


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsAccount]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with ThreadPoolExecutor(2) as threads:
        yield AwsAccount("us-east-1", f"http://{host}:{port}", threads)
    server.stop()


class TestKms(MasterKeyContract):
    @pytest.fixture
    def master(self, account: AwsAccount) -> MasterKey:
        return KmsMasterKey(account, account.client("kms").create_key()["KeyMetadata"]["KeyId"])

    @pytest.fixture
    def rotated(self, account: AwsAccount) -> MasterKey:
        return KmsMasterKey(account, account.client("kms").create_key()["KeyMetadata"]["KeyId"])


async def test_unreachable_kms_raises_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    away = KmsMasterKey(AwsAccount("us-east-1", "http://127.0.0.1:9"), "key")
    with pytest.raises(Unavailable):
        await away.wrap(new_key(), "p")
    with pytest.raises(Unavailable):
        await away.unwrap(b"anything", "p")
