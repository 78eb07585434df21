"""Pages by key, not by offset: as fast at the end as at the start, and nothing is skipped when rows come and go.

A cursor stands in addresses and logs, where no name may. So it holds an id alone, or an instant and an id.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

from attrs import frozen

from portal_core.kernel.errors import Invalid

T = TypeVar("T")
V = TypeVar("V")
MAX_PAGE = 100
_LAST_ID = UUID(int=2**128 - 1)
_OLDEST, _NEWEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
"""A cursor of another time is forged: a day more or less than what is kept must be a date still."""
SortKey = UUID | tuple[datetime, UUID]
"""What rows are in order of: an id, or an instant and, where two have the same, an id."""


@frozen
class Page(Generic[T]):
    """Rows in order, and the cursor of the next page.

    `next` is None when there is no further page, and always for a list that is never paged.
    """

    items: tuple[T, ...]
    next: str | None = None

    def map(self, view: Callable[[T], V]) -> "Page[V]":
        """The page with a view of each row."""
        return Page(tuple(view(row) for row in self.items), self.next)


@frozen
class PageRequest:
    """`after` is the `next` of an earlier page, None for the first page; `size` is 1 to 100 rows.

    Raises:
        Invalid: another size.
    """

    after: str | None = None
    size: int = 20

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.size <= MAX_PAGE:
            raise Invalid.at("size", "out_of_range", f"A page has 1 to {MAX_PAGE} rows.")

    def after_id(self) -> UUID | None:
        """The id of the row after which the page begins; None for the first page.

        Raises:
            Invalid: the cursor is none of ours.
        """
        try:
            return UUID(hex=self.after) if self.after else None
        except ValueError:
            raise _bad_cursor() from None

    def before_id(self) -> UUID:
        """The id below which the page begins, where the newest come first; for the first page, one above all others.

        Raises:
            Invalid: the cursor is none of ours.
        """
        return self.after_id() or _LAST_ID

    def after_time(self) -> tuple[datetime, UUID] | None:
        """The row after which the page begins, where rows are in order of time; None for the first page.

        Raises:
            Invalid: the cursor is none of ours.
        """
        if not self.after:
            return None
        try:
            at, row_id = urlsafe_b64decode(self.after + "=" * (-len(self.after) % 4)).decode().split(" ")
            moment = datetime.fromisoformat(at)
            if moment.utcoffset() is None or not _OLDEST <= moment < _NEWEST:
                raise _bad_cursor()
            return moment.astimezone(UTC), UUID(hex=row_id)
        except (ValueError, OverflowError):
            raise _bad_cursor() from None

    def paginate(self, rows: Sequence[T], key: Callable[[T], SortKey]) -> Page[T]:
        """The page that `rows` begin with; when they go on behind it, the next one begins after its last row's key."""
        items = tuple(rows[: self.size])
        return Page(items, cursor(key(items[-1])) if len(rows) > self.size else None)


def cursor(key: SortKey) -> str:
    """What `after_id` or `after_time` reads."""
    if isinstance(key, UUID):
        return key.hex
    at, row_id = key
    return urlsafe_b64encode(f"{at.isoformat()} {row_id.hex}".encode()).decode().rstrip("=")


def _bad_cursor() -> Invalid:
    return Invalid.at("after", "cursor_invalid", "Send the `next` of the previous page.")
