"""The commands, one module per group. They import what they need when they run, so that `portal --help` is fast."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from adapters.local.key_file import KeyFileError
from adapters.local.postgres_account import EmbeddedPostgresError
from adapters.postgres.engine.database_url import IncompleteDatabaseUrl
from entrypoints.errors import CommandError
from entrypoints.optional_packages import MissingExtra, is_not_installed
from entrypoints.settings import SettingsError
from entrypoints.use_case_registry import MisnamedUseCase, MissingPart
from portal_core.kernel.errors import Invalid, PortalError

OPERATOR_ERRORS = (
    EmbeddedPostgresError,
    CommandError,
    IncompleteDatabaseUrl,
    KeyFileError,
    MisnamedUseCase,
    MissingExtra,
    MissingPart,
    SettingsError,
)
"""Errors whose message is one line for the operator: what is wrong and what to do."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would show local variables, which may hold clients' data
    help="An open client portal for mental-health practices.",
)


@contextmanager
def report_errors() -> Iterator[None]:
    """Turn errors that an operator can fix into one line on standard error and exit code 1."""
    try:
        yield
    except OPERATOR_ERRORS as error:
        sys.exit(_line(str(error)))
    except Invalid as error:
        fields = "; ".join(f"{field.path}: {field.message}" for field in error.fields)
        sys.exit(_line(fields or str(error)))
    except PortalError as error:
        sys.exit(_line(f"{error.title} {error.detail}"))
    except ModuleNotFoundError as error:
        if not is_not_installed(error):
            raise
        sys.exit(_line(f"the package {error.name} is not installed: pip install 'client-portal[server]'"))
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        sys.exit(_line((error.strerror or type(error).__name__) + where))


def _line(text: str) -> str:
    return "portal: " + " ".join(text.split())


from entrypoints.commands import jobs, keys, mail, practice, serve, tools  # noqa: E402  (they add themselves to `app`)

__all__ = ["app", "jobs", "keys", "mail", "practice", "report_errors", "serve", "tools"]
