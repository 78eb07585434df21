"""Operation ids and tags that differ between the portal and the practice side in the OpenAPI document."""

from portal_core.accounts.model import Side


def operation_name(side: Side, name: str) -> str:
    """The operation id; on the practice side it has the prefix `staff_`."""
    return name if side == "portal" else f"staff_{name}"


def tags_for(side: Side, name: str) -> tuple[str, ...]:
    """The tag under which the document groups the operation."""
    return (name if side == "portal" else f"Practice: {name.lower()}",)
