"""The error of commands."""


class CommandError(Exception):
    """A command failed. The message is one line for the operator: what is wrong, and what to do."""
