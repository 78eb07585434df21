"""`portal`: the command line. Errors that an operator can fix are one line and exit code 1, never a traceback."""

import sys

from entrypoints.optional_packages import is_not_installed


def main() -> None:
    """The entry point of the command `portal`."""
    try:
        from entrypoints.commands import app, report_errors
    except ModuleNotFoundError as error:
        if not is_not_installed(error):
            raise
        sys.exit(f"portal: the package {error.name} is not installed: pip install 'client-portal[server]'")
    with report_errors():
        app()


if __name__ == "__main__":
    main()
