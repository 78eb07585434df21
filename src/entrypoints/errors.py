"""What a command gives up with."""


class CommandError(Exception):
    """One line for the operator: what is wrong, and what to do."""
