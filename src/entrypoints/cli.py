"""`portal`: the command line. A failure that an operator can mend is one line and exit 1, never a traceback."""

import sys
from importlib.metadata import version

ADVICE = "pip install 'client-portal[server]'"


def main() -> None:
    """The entry point of the command `portal`."""
    try:
        from entrypoints.commands import app, told
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] in ("adapters", "entrypoints", "portal_core"):
            raise
        sys.exit(f"portal {version('client-portal')}: the package {error.name} is missing: {ADVICE}")
    with told():
        app()


if __name__ == "__main__":
    main()
