"""Cursors of pages of goals: the id of the last row, since newer ids are greater."""

from uuid import UUID

from portal_core.kernel.errors import Invalid
from portal_core.kernel.page import MAX_PAGE, PageRequest


def position(page: PageRequest) -> UUID | None:
    """The id below which the page begins; None for the first page.

    Raises:
        Invalid: the cursor is none of ours, or the size is not 1 to 100.
    """
    if not 1 <= page.size <= MAX_PAGE:
        raise Invalid.at("size", "out_of_range", f"A page has 1 to {MAX_PAGE} rows.")
    if not page.after:
        return None
    try:
        return UUID(hex=page.after)
    except ValueError:
        raise Invalid.at("after", "bad_cursor", "Take the cursor from the page before.") from None
