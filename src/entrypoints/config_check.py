"""Asks every part that the settings chose whether it answers and is as it should be, for `portal config check`."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from attrs import frozen

from adapters.postgres.engine.installation import Role, server_version
from entrypoints.commands.context import connection_failure_reason, database_or_fail
from entrypoints.container import Container
from entrypoints.errors import CommandError
from entrypoints.extras import MissingExtra
from entrypoints.processes import Database, DatabaseUrls
from entrypoints.settings import Settings

TIMEOUT_SECONDS = 15.0
"""Seconds that a part has to answer."""

Check = Callable[[], Awaitable[str]]


@frozen
class CheckResult:
    """What a part says, or why it says nothing; never a secret."""

    part: str
    words: str
    ok: bool


async def check_parts(settings: Settings) -> list[CheckResult]:
    """Every part's answer. Nothing is made that is not there yet.

    Raises:
        EmbeddedPostgresError: the embedded server cannot start; one line says why.
    """
    found = [await _ask(part, question) for part, question in _questions(settings).items()]
    if not settings.embedded_database:
        urls = DatabaseUrls(settings.database_url, settings.worker_database_url, settings.owner_database_url)
        return await _databases(settings, urls) + found
    if not (settings.data_dir / "data").exists():
        return [CheckResult("database", "not made yet: portal serve, demo or migrate makes it", ok=True), *found]
    with Database(settings) as urls:
        return await _databases(settings, urls) + found


async def _ask(part: str, question: Check) -> CheckResult:
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return CheckResult(part, await question(), ok=True)
    except Exception as error:
        words = (
            str(error)
            if isinstance(error, CommandError | MissingExtra)
            else f"does not answer: {connection_failure_reason(error)}"
        )
        return CheckResult(part, words, ok=False)


async def _databases(settings: Settings, urls: DatabaseUrls) -> list[CheckResult]:
    roles: dict[str, tuple[Role, str]] = {
        "database": ("app", urls.app),
        "worker": ("worker", urls.worker),
        "owner": ("owner", urls.owner),
    }
    return [await _ask(part, partial(_connects, settings, role, url)) for part, (role, url) in roles.items() if url]


async def _connects(settings: Settings, role: Role, url: str) -> str:
    with database_or_fail(settings):
        return f"answers: PostgreSQL {await server_version(url, role, seconds=TIMEOUT_SECONDS)}"


def _questions(settings: Settings) -> dict[str, Check]:
    parts = Container(settings=settings, pool=None)
    asked: dict[str, Check] = {"keys": lambda: _master_key(settings, parts)}
    if settings.identity == "cognito":
        asked["identity"] = lambda: _pools(parts)
    if settings.mail == "ses":
        asked["mail"] = lambda: _ses(parts)
    if settings.rooms == "jitsi":
        asked["rooms"] = lambda: _rooms(parts)
    return asked


async def _master_key(settings: Settings, parts: Any) -> str:
    if settings.keys == "file" and not settings.key_path.exists():
        return "not made yet: the first start makes it"
    master = parts.master()
    wrapped = await master.wrap(bytes(32), "portal config check")
    if await master.unwrap(wrapped, "portal config check") != bytes(32):
        raise CommandError("the master key does not unwrap what it wrapped")
    return f"answers: {master.name}"


async def _pools(parts: Any) -> str:
    """Cognito's pools, and whether they are set up as the portal needs them."""
    pools = parts.cognito()
    from adapters.cognito.pool_check import pool_problems

    found = [
        f"{side}: {problem}"
        for side, pool in pools.pools.items()
        for problem in await asyncio.to_thread(pool_problems, parts.aws(), pool, side)
    ]
    if found:
        raise CommandError("; ".join(found))
    return "answers: both pools are set up as the portal needs them"


async def _ses(parts: Any) -> str:
    """Whether SES sends for us: a mail to everybody needs an account out of the sandbox."""
    account = parts.aws()
    found = await account.call(account.client("sesv2").get_account)
    if not found.get("SendingEnabled", True):
        raise CommandError("SES does not let this account send")
    if not found.get("ProductionAccessEnabled", True):
        return "answers: in SES's sandbox, which sends to verified addresses only"
    return "answers"


async def _rooms(parts: Any) -> str:
    parts.rooms()
    return "set up; nothing is asked before somebody joins"
