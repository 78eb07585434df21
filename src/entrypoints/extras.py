"""A part that is chosen and whose packages are not installed is one clear line, not a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager


class MissingExtra(Exception):
    """Names the extra to install."""


def is_not_installed(error: ModuleNotFoundError) -> bool:
    """Whether a package of somebody else's is missing, and not a module of ours, which would be a fault."""
    return (error.name or "").partition(".")[0] not in ("", "adapters", "entrypoints", "portal_core")


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Imports inside need the packages of an extra.

    Raises:
        MissingExtra: one of them is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if not is_not_installed(error):
            raise
        line = f"this needs the package {error.name}: pip install 'client-portal[{name}]'"
        raise MissingExtra(line) from None
