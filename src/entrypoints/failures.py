"""What a command gives up with."""


class Failed(Exception):
    """One line for the operator: what is wrong, and what to do."""
