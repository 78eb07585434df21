"""Cursors of pages that are in order of time: an instant, and ids where two have the same."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from uuid import UUID

from portal_core.appointments.wall_clock import in_utc
from portal_core.kernel.errors import Invalid
from portal_core.kernel.page import MAX_PAGE, PageRequest


def cursor(at: datetime, row_id: UUID) -> str:
    """The cursor of the row."""
    return urlsafe_b64encode(f"{at.isoformat()} {row_id.hex}".encode()).decode().rstrip("=")


def position(page: PageRequest) -> tuple[datetime, UUID] | None:
    """The row after which the page begins; None for the first page.

    Raises:
        Invalid: the cursor is none of ours.
    """
    if not page.after:
        return None
    try:
        at, row_id = urlsafe_b64decode(page.after + "=" * (-len(page.after) % 4)).decode().split(" ")
        return in_utc(datetime.fromisoformat(at)), UUID(hex=row_id)
    except (ValueError, OverflowError):
        raise Invalid.at("after", "bad_cursor", "Take the cursor from the page before.") from None


def sane_page(page: PageRequest) -> PageRequest:
    """The request itself.

    Raises:
        Invalid: a page of no rows, or of more than 100.
    """
    if not 1 <= page.size <= MAX_PAGE:
        raise Invalid.at("size", "out_of_range", f"A page has 1 to {MAX_PAGE} rows.")
    return page
