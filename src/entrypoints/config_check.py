"""Checks that every configured part responds and is set up correctly, for `portal config check`."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from attrs import frozen

from adapters.postgres.engine.installation import Role, server_version
from entrypoints.commands.context import connection_failure_reason, database_or_fail
from entrypoints.container import Container
from entrypoints.errors import CommandError
from entrypoints.optional_packages import MissingExtra
from entrypoints.processes import Database, DatabaseUrls
from entrypoints.settings import Settings

TIMEOUT_SECONDS = 15.0
"""Seconds within which a part must respond."""

Check = Callable[[], Awaitable[str]]


@frozen
class CheckResult:
    """The result for one part: its state, or what is wrong. It never holds a secret."""

    part: str
    message: str
    ok: bool


async def check_parts(settings: Settings) -> list[CheckResult]:
    """Check every part. Nothing is created if it does not exist yet.

    Raises:
        EmbeddedPostgresError: the embedded server cannot start; one line says why.
    """
    found = [await _run(part, check) for part, check in _checks(settings).items()]
    if not settings.embedded_database:
        urls = DatabaseUrls(settings.database_url, settings.worker_database_url, settings.owner_database_url)
        return await _databases(settings, urls) + found
    if not (settings.data_dir / "data").exists():
        return [
            CheckResult("database", "does not exist yet; portal serve, demo or migrate creates it", ok=True),
            *found,
        ]
    with Database(settings) as urls:
        return await _databases(settings, urls) + found


async def _run(part: str, check: Check) -> CheckResult:
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return CheckResult(part, await check(), ok=True)
    except Exception as error:
        message = (
            str(error)
            if isinstance(error, CommandError | MissingExtra)
            else f"does not respond: {connection_failure_reason(error)}"
        )
        return CheckResult(part, message, ok=False)


async def _databases(settings: Settings, urls: DatabaseUrls) -> list[CheckResult]:
    roles: dict[str, tuple[Role, str]] = {
        "database": ("app", urls.app),
        "worker": ("worker", urls.worker),
        "owner": ("owner", urls.owner),
    }
    return [await _run(part, partial(_connect, settings, role, url)) for part, (role, url) in roles.items() if url]


async def _connect(settings: Settings, role: Role, url: str) -> str:
    with database_or_fail(settings):
        return f"ok: PostgreSQL {await server_version(url, role, seconds=TIMEOUT_SECONDS)}"


def _checks(settings: Settings) -> dict[str, Check]:
    parts = Container(settings=settings, pool=None)
    checks: dict[str, Check] = {"keys": lambda: _master_key(settings, parts)}
    if settings.identity == "cognito":
        checks["identity"] = lambda: _pools(parts)
    if settings.mail == "ses":
        checks["mail"] = lambda: _ses(parts)
    if settings.rooms == "jitsi":
        checks["rooms"] = lambda: _rooms(parts)
    return checks


async def _master_key(settings: Settings, parts: Any) -> str:
    if settings.keys == "file" and not settings.key_path.exists():
        return "does not exist yet; the first start creates it"
    master = parts.master()
    wrapped = await master.wrap(bytes(32), "portal config check")
    if await master.unwrap(wrapped, "portal config check") != bytes(32):
        raise CommandError("the master key cannot unwrap what it wrapped")
    return f"ok: {master.name}"


async def _pools(parts: Any) -> str:
    """Check that Cognito's user pools are set up as the portal requires."""
    pools = parts.cognito()
    from adapters.cognito.pool_check import pool_problems

    found = [
        f"{side}: {problem}"
        for side, pool in pools.pools.items()
        for problem in await asyncio.to_thread(pool_problems, parts.aws(), pool, side)
    ]
    if found:
        raise CommandError("; ".join(found))
    return "ok: both user pools are set up as required"


async def _ses(parts: Any) -> str:
    """Check that SES lets the account send. Only accounts outside the SES sandbox may send to any address."""
    account = parts.aws()
    found = await account.call(account.client("sesv2").get_account)
    if not found.get("SendingEnabled", True):
        raise CommandError("sending is disabled for this SES account")
    if not found.get("ProductionAccessEnabled", True):
        return "ok: in the SES sandbox, which sends to verified addresses only"
    return "ok"


async def _rooms(parts: Any) -> str:
    parts.rooms()
    return "ok: configured; Jitsi is not contacted until somebody joins"
