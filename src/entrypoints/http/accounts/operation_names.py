"""What differs between the portal's and the practice's side in the document."""

from portal_core.accounts.model import Side


def operation_name(side: Side, name: str) -> str:
    """An operation's id: the practice's side has names of its own."""
    return name if side == "portal" else f"staff_{name}"


def tags_for(side: Side, name: str) -> tuple[str, ...]:
    """The group in which the document shows it."""
    return (name if side == "portal" else f"Practice: {name.lower()}",)
