"""`portal`: the command line. A failure that an operator can mend is one line and exit 1, never a traceback."""

import sys

from entrypoints.extras import is_not_installed


def main() -> None:
    """The entry point of the command `portal`."""
    try:
        from entrypoints.commands import app, report_errors
    except ModuleNotFoundError as error:
        if not is_not_installed(error):
            raise
        sys.exit(f"portal: the package {error.name} is missing: pip install 'client-portal[server]'")
    with report_errors():
        app()


if __name__ == "__main__":
    main()
