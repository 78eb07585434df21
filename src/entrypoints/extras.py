"""A part that is chosen and whose packages are not installed is one clear line, not a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager


class MissingExtra(Exception):
    """Names the extra to install."""


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Imports inside need the packages of an extra.

    Raises:
        MissingExtra: one of them is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] in ("adapters", "entrypoints", "portal_core"):
            raise
        line = f"this needs the package {error.name}: pip install 'client-portal[{name}]'"
        raise MissingExtra(line) from None
