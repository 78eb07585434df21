"""What the AWS adapters share: clients with bounded waiting, and a bounded pool of threads, since boto3 blocks."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import boto3
from attrs import field, frozen
from botocore.config import Config

R = TypeVar("R")


@frozen
class AwsAccount:
    """Where AWS is. `endpoint_url` is set for another endpoint than the region's own; credentials come from boto3's
    usual chain (environment, profile, instance role)."""

    region: str
    endpoint_url: str | None = None
    threads: ThreadPoolExecutor = field(factory=lambda: ThreadPoolExecutor(16, "aws"))

    def client(self, service: str, *, attempts: int = 3) -> Any:
        """A client; `attempts` counts the first, so 1 never sends twice."""
        config = Config(
            region_name=self.region,
            connect_timeout=3,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=16,
        )
        return boto3.client(service, endpoint_url=self.endpoint_url, config=config)  # type: ignore[call-overload]  # any service

    async def call(self, method: Callable[..., R], **arguments: Any) -> R:
        """Call a client's method in the pool of threads."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, partial(method, **arguments))
