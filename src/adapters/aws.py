"""Shared code of the AWS adapters: clients with timeouts, and a thread pool, because boto3 is blocking."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import boto3
from attrs import field, frozen, validators
from botocore.config import Config

R = TypeVar("R")


@frozen
class AwsAccount:
    """An AWS region. `endpoint_url` overrides the region's own endpoint; the environment does not.

    Credentials come from boto3's usual chain (environment, profile, instance role).
    """

    region: str = field(validator=validators.min_len(1))
    endpoint_url: str | None = None
    threads: ThreadPoolExecutor = field(factory=lambda: ThreadPoolExecutor(16, "aws"))
    # Of its own: boto3's default session would keep the credentials that another account of this process found first.
    _session: boto3.Session = field(init=False, factory=boto3.Session)

    def client(self, service: str, *, attempts: int = 3) -> Any:
        """Create a client. `attempts` includes the first one, so 1 means that a request is never sent twice."""
        config = Config(
            region_name=self.region,
            connect_timeout=3,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=16,
            ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # not in the stubs
        )
        return self._session.client(service, endpoint_url=self.endpoint_url, config=config)  # type: ignore[call-overload]  # any service

    async def call(self, method: Callable[..., R], **arguments: Any) -> R:
        """Call a client's method in the thread pool."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, partial(method, **arguments))
