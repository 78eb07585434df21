"""Pages by key, not by offset: as fast at the end as at the start, and nothing is skipped when rows come and go."""

from typing import Generic, TypeVar

from attrs import frozen

T = TypeVar("T")
MAX_PAGE = 100


@frozen
class PageRequest:
    """`after` is a cursor of an earlier page's `next`, empty for the first; `size` is 1 to 100 rows."""

    after: str = ""
    size: int = 20


@frozen
class Page(Generic[T]):
    """Rows in order, and the cursor of the next page, empty when there is none."""

    items: tuple[T, ...]
    next: str = ""
