"""`portal openapi` and `portal config check`."""

import asyncio
import json

import typer

from entrypoints.commands import app
from entrypoints.commands.context import quiet_logs
from entrypoints.errors import CommandError
from entrypoints.settings import Settings, load, settings_problems, unknown_variables

config = typer.Typer(no_args_is_help=True, help="What is configured.")
app.add_typer(config, name="config")


@app.command()
def openapi() -> None:
    """Write the API's OpenAPI document to standard output."""
    from entrypoints.http.docs.document import document

    typer.echo(json.dumps(document(), indent=2, ensure_ascii=False))


@config.command()
def check() -> None:
    """Say what is configured, what is missing, and what does not answer. Shows no secret."""
    from entrypoints.config_check import check_parts

    settings = load()
    quiet_logs(settings)
    for name, chosen in _choices(settings).items():
        _say(name, chosen)
    for name in unknown_variables():
        _say("ignored", f"{name} is no setting")
    gaps = settings_problems(settings)
    for gap in gaps:
        _say("wrong", gap)
    if gaps:
        raise CommandError("the configuration is not whole")
    silent = []
    for answer in asyncio.run(check_parts(settings)):
        _say(answer.part, answer.words)
        if not answer.ok:
            silent.append(answer.part)
    if silent:
        raise CommandError(f"not as it should be: {', '.join(silent)}")


def _say(name: str, words: str) -> None:
    typer.echo(f"{name:<10} {words}")


def _choices(settings: Settings) -> dict[str, str]:
    return {
        "database": f"embedded, in {settings.data_dir}" if settings.embedded_database else "by PORTAL_DATABASE_URL",
        "identity": settings.identity,
        "mail": settings.mail if settings.mail == "local" else f"{settings.mail}, from {settings.mail_from}",
        "keys": f"file {settings.key_path}" if settings.keys == "file" else f"kms {settings.kms_key}",
        "rooms": settings.rooms,
        "http": f"{settings.netloc}, reached as {settings.public_url}",
    }
