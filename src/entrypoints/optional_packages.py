"""Reports the missing packages of a chosen adapter in one line instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager


class MissingExtra(Exception):
    """A chosen adapter's packages are not installed. The message names the extra to install."""


def is_not_installed(error: ModuleNotFoundError) -> bool:
    """Whether a third-party package is missing, as opposed to a module of ours, which would be a bug."""
    return (error.name or "").partition(".")[0] not in ("", "adapters", "entrypoints", "portal_core")


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Wrap imports that need the packages of an extra.

    Raises:
        MissingExtra: one of the packages is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if not is_not_installed(error):
            raise
        line = f"the package {error.name} is required: pip install 'client-portal[{name}]'"
        raise MissingExtra(line) from None
