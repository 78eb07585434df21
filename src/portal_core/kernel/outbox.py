"""What leaves the system does so by rows written in the use case's own transaction."""

from typing import Literal, Protocol
from uuid import UUID

from attrs import frozen

NoticeClass = Literal["security", "safety", "service", "reminder"]
"""After a crash inside the vendor's call a `security` or `safety` notice is sent again, the others are not."""


@frozen
class Notice:
    """Something to tell somebody. It names things and holds no words: those are made when it is sent.

    `kind` is a key of the notifications' catalogue (`appointment_booked`); `to_account` or `to_client` says whom:
    one of them is set. `subject_id` is the id of the thing it is about. A second notice with the same `deduplication_key` key in the
    same practice is dropped: that is how a rerun tells nobody twice.
    """

    kind: str
    notice_class: NoticeClass
    to_account: UUID | None = None
    to_client: UUID | None = None
    subject_id: UUID | None = None
    deduplication_key: str | None = None


class Outbox(Protocol):
    """Jobs and notices, committed with the unit of work or not at all."""

    async def defer(self, job: str, **ids: UUID) -> None:
        """Have the worker run `job` with these ids, after the commit."""
        ...

    async def notify(self, notice: Notice) -> None:
        """Have somebody told, after the commit."""
        ...
