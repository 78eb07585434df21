"""Checks that every configured part responds and is set up correctly, for `portal config check`."""

import asyncio
import smtplib
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from adapters.postgres.engine.installation import Role, server_version
from adapters.smtp.mailer import SmtpMailer
from entrypoints.commands.context import connection_failure_reason, database_or_fail
from entrypoints.container import Container
from entrypoints.errors import CommandError
from entrypoints.optional_packages import MissingExtra
from entrypoints.processes import Database, DatabaseUrls
from entrypoints.settings import Settings, is_loopback
from portal_core.files.kinds.zip_archive import MAX_EXPANDED_BYTES
from portal_core.files.model import MAX_FILE_BYTES
from portal_core.kernel.errors import Unavailable

TIMEOUT_SECONDS = 15.0
"""Seconds within which a part must respond."""

Check = Callable[[], Awaitable[str]]


@frozen
class CheckResult:
    """The result for one part: its state, or what is wrong. It never holds a secret."""

    part: str
    message: str
    ok: bool


def settings_warnings(settings: Settings) -> Iterator[str]:
    """What is allowed, and hardly meant for a portal that people reach: one line each, with what to set."""
    public = urlsplit(settings.public_url)
    if public.scheme == "https":
        if settings.mail == "local":
            yield (
                "PORTAL_MAIL=local stores mail and sends none, so nobody gets a code or a reminder: "
                "set PORTAL_MAIL to smtp or ses"
            )
        if settings.malware_scan == "signature":
            yield (
                "PORTAL_MALWARE_SCAN=signature looks for a test signature alone and is no antivirus: "
                "run ClamAV's clamd, and set PORTAL_MALWARE_SCAN to clamav"
            )
        if not settings.trusted_proxies:
            yield (
                "PORTAL_TRUSTED_PROXIES is empty, so every request seems to come from the proxy: all people share the "
                "limits of one address, the audit log does not tell them apart, and with a proxy on this machine "
                "anybody reads /metrics. Set it to the proxy's network, such as 127.0.0.0/8"
            )
    elif is_loopback(public.hostname or ""):
        if settings.mail != "local":
            yield (
                f"PORTAL_PUBLIC_URL={settings.public_url} is this machine's own address, and links in mail lead there: "
                "set the https:// URL at which people reach the portal"
            )
    else:
        yield (
            f"PORTAL_PUBLIC_URL={settings.public_url} is not encrypted, so others in the network read passwords and "
            "records: put a proxy with TLS in front of the portal, and set an https:// URL"
        )
    if any(_is_everybody(network) for network in settings.trusted_proxies):
        yield "PORTAL_TRUSTED_PROXIES holds every address, so anybody can pretend any address: name the proxies only"
    if any(_is_everybody(network) for network in settings.metrics_from):
        yield "PORTAL_METRICS_FROM holds every address, so anybody reads /metrics: name the scrapers only"


def _is_everybody(network: str) -> bool:
    return ip_network(network, strict=False).prefixlen == 0


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
    checks: dict[str, Check] = {"keys": lambda: _master_key(settings, parts), "files": lambda: _files(parts)}
    if settings.malware_scan == "clamav":
        checks["malware scan"] = lambda: _clamav(parts)
    if settings.identity == "cognito":
        checks["identity"] = lambda: _pools(parts)
    if settings.mail == "ses":
        checks["mail"] = lambda: _ses(parts)
    if settings.mail == "smtp":
        checks["mail"] = lambda: _smtp(parts)
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


async def _smtp(parts: Any) -> str:
    """Connect to the relay and sign in. Sends no mail."""
    mailer: SmtpMailer = parts.mailer()
    try:
        await mailer.check()
    except smtplib.SMTPAuthenticationError as error:
        raise CommandError(f"the relay refuses PORTAL_SMTP_USER or PORTAL_SMTP_PASSWORD ({error.smtp_code})") from error
    except smtplib.SMTPNotSupportedError as error:
        missing = "STARTTLS: set PORTAL_SMTP_TLS=implicit if it expects TLS from the start"
        if "AUTH" in str(error):
            missing = "signing in: leave PORTAL_SMTP_USER empty"
        raise CommandError(f"the relay does not offer {missing}") from error
    except smtplib.SMTPResponseException as error:
        raise CommandError(f"the relay answers {error.smtp_code}") from error
    return "ok: the relay accepts the connection" + (" and the user" if mailer.user else "")


async def _files(parts: Any) -> str:
    """Check that content can be stored, as private as it must be. Stores nothing."""
    problem = await parts.file_store().check()
    if problem:
        raise CommandError(problem)
    return "ok"


async def _clamav(parts: Any) -> str:
    """Ask clamd for its version and its database's, and have it scan files as large as the portal takes."""
    from adapters.clamav.limits import limit_problem

    scanner = parts.malware_scanner()
    try:
        version = await scanner.version()
        problem = await limit_problem(scanner, MAX_FILE_BYTES, MAX_EXPANDED_BYTES)
    except Unavailable as error:
        reason = connection_failure_reason(error.__cause__ or error)
        raise CommandError(
            f"clamd does not respond at {scanner.address} ({reason}): start it, or set PORTAL_CLAMAV_ADDRESS"
        ) from error
    if problem:
        raise CommandError(problem)
    return f"ok: {version}"


async def _rooms(parts: Any) -> str:
    parts.rooms()
    return "ok: configured; Jitsi is not contacted until somebody joins"
