"""`portal openapi` and `portal config check`."""

import asyncio
import json

import typer

from entrypoints.commands import app
from entrypoints.commands.context import quiet_logs
from entrypoints.errors import CommandError
from entrypoints.settings import Settings, load, settings_problems, unknown_variables

config = typer.Typer(no_args_is_help=True, help="Check the configuration.")
app.add_typer(config, name="config")


@app.command()
def openapi() -> None:
    """Print the API's OpenAPI document."""
    from entrypoints.http.docs.document import document

    typer.echo(json.dumps(document(), indent=2, ensure_ascii=False))


@config.command()
def check() -> None:
    """Show the configuration, what is missing or doubtful, and which parts do not respond. Secrets are not shown.

    A line that begins with `warning` does not make it fail.
    """
    from entrypoints.config_check import check_parts, settings_warnings

    settings = load()
    quiet_logs(settings)
    for name, chosen in _choices(settings).items():
        _print(name, chosen)
    for name in unknown_variables():
        _print("ignored", f"{name} is not a setting")
    problems = settings_problems(settings)
    for problem in problems:
        _print("wrong", problem)
    if problems:
        raise CommandError("the configuration is incomplete or wrong")
    for warning in settings_warnings(settings):
        _print("warning", warning)
    failed = []
    for result in asyncio.run(check_parts(settings)):
        _print(result.part, result.message)
        if not result.ok:
            failed.append(result.part)
    if failed:
        raise CommandError(f"failed checks: {', '.join(failed)}")


def _print(name: str, text: str) -> None:
    typer.echo(f"{name:<10} {text}")


def _choices(settings: Settings) -> dict[str, str]:
    return {
        "database": f"embedded, in {settings.data_dir}" if settings.embedded_database else "from PORTAL_DATABASE_URL",
        "identity": settings.identity,
        "mail": settings.mail if settings.mail == "local" else f"{settings.mail}, from {settings.mail_from}",
        "keys": f"file {settings.key_path}" if settings.keys == "file" else f"kms {settings.kms_key}",
        "rooms": settings.rooms,
        "http": f"{settings.netloc}, public URL {settings.public_url}",
    }
