"""`portal openapi` and `portal config check`."""

import asyncio
import json
from typing import Any

import asyncpg
import typer

from entrypoints.commands import app
from entrypoints.commands.failures import Failed
from entrypoints.commands.running import quiet_logs
from entrypoints.container import Container
from entrypoints.processes import Database
from entrypoints.settings import Settings, load, missing

config = typer.Typer(no_args_is_help=True, help="What is configured.")
app.add_typer(config, name="config")


@app.command()
def openapi() -> None:
    """Write the API's OpenAPI document to standard output."""
    from entrypoints.http.document import document

    typer.echo(json.dumps(document(), indent=2, ensure_ascii=False))


@config.command()
def check() -> None:
    """Say what is configured, what is missing, and what does not answer. Shows no secret."""
    settings = load()
    quiet_logs(settings)
    for name, chosen in _choices(settings).items():
        typer.echo(f"{name:<10} {chosen}")
    gaps = missing(settings)
    for gap in gaps:
        typer.echo(f"missing    {gap}")
    if gaps:
        raise Failed("the configuration is not whole")
    silent = asyncio.run(_silent(settings))
    if silent:
        raise Failed(f"does not answer: {', '.join(silent)}")


def _choices(settings: Settings) -> dict[str, str]:
    return {
        "database": f"embedded, in {settings.data_dir}" if settings.embedded_database else "by PORTAL_DATABASE_URL",
        "identity": settings.identity,
        "mail": settings.mail,
        "keys": f"file {settings.key_path}" if settings.keys == "file" else f"kms {settings.kms_key}",
        "rooms": settings.rooms,
        "http": f"{settings.host}:{settings.port}, reached as {settings.public_url}",
    }


async def _silent(settings: Settings) -> list[str]:
    """Asks every part that was chosen, says what it answers, and names those that do not."""
    silent = []
    with Database(settings) as urls:
        for name, ask in _questions(settings, urls).items():
            try:
                async with asyncio.timeout(15):
                    answer = await ask()
            except Exception as error:
                silent.append(name)
                typer.echo(f"{name:<10} does not answer ({type(error).__name__})")
            else:
                typer.echo(f"{name:<10} answers{f': {answer}' if answer else ''}")
    return silent


async def _pools(parts: Any) -> str:
    """Cognito's pools, and whether they are set up as the portal needs them."""
    from adapters.cognito.pool_check import pool_problems

    pools = parts.cognito()
    found = [
        f"{side}: {problem}"
        for side, pool in pools.pools.items()
        for problem in await asyncio.to_thread(pool_problems, parts.aws(), pool, side)
    ]
    for problem in found:
        typer.echo(f"identity   {problem}")
    if found:
        raise ValueError("the user pools are not set up as the portal needs them")
    return "both pools are set up as the portal needs them"


def _questions(settings: Settings, urls: Any) -> dict[str, Any]:
    parts = Container(settings=settings, pool=None)

    async def connects(url: str) -> str:
        connection = await asyncpg.connect(url)
        try:
            version = connection.get_server_version()
            return f"PostgreSQL {version.major}"
        finally:
            await connection.close()

    async def master_key() -> str:
        master = parts.master()
        wrapped = await master.wrap(bytes(32), "portal config check")
        if await master.unwrap(wrapped, "portal config check") != bytes(32):
            raise ValueError("the master key does not unwrap what it wrapped")
        return str(master.name)

    asked: dict[str, Any] = {
        "database": lambda: connects(urls.app),
        "worker": lambda: connects(urls.worker),
        "keys": master_key,
    }
    if settings.identity == "cognito":
        asked["identity"] = lambda: _pools(parts)
    return asked
