"""The erasure of a record: one person asks for it, another one confirms it."""

from datetime import date, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.kernel.errors import Forbidden
from portal_core.people.errors import ErasureNotOpen
from portal_core.people.model import Client

ERASURE_TTL: Final = timedelta(days=7)
"""How long another person may take to confirm."""
MAX_LISTED: Final = 100
"""How many open requests a list shows. They are few, since each needs two people within days."""
ERASED_GIVEN_NAME: Final = "Erased"
ERASED_FAMILY_NAME: Final = "record"
ERASED_DATE_OF_BIRTH: Final = date(1900, 1, 1)
"""What stands in the place of the name and date of birth, which every record has."""

ErasureState = Literal["open", "completed", "withdrawn"]


@frozen
class RecordErasure:
    """A request to erase a client's record. It can be confirmed until `expires_at`.

    `requested_by` is the account of an administrator; `confirmed_by` that of another one, None for the operator of the
    deployment.
    """

    id: UUID
    practice_id: UUID
    client_id: UUID
    requested_by: UUID
    requested_at: datetime
    expires_at: datetime
    state: ErasureState = "open"
    confirmed_by: UUID | None = None
    completed_at: datetime | None = None
    version: int = 1

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be confirmed."""
        return self.state == "open" and now < self.expires_at

    def confirm(self, by: UUID | None, now: datetime) -> "RecordErasure":
        """Confirm it as another person than the one who asked.

        Raises:
            ErasureNotOpen: it was withdrawn or completed, or has expired.
            Forbidden: it is one's own.
        """
        if not self.is_open(now):
            raise ErasureNotOpen
        if by == self.requested_by:
            raise Forbidden("Ask another administrator to confirm your request.")
        return evolve(self, state="completed", confirmed_by=by, completed_at=now, version=self.version + 1)

    def withdraw(self) -> "RecordErasure":
        """Give it up.

        Raises:
            ErasureNotOpen: it is not open.
        """
        if self.state != "open":
            raise ErasureNotOpen
        return evolve(self, state="withdrawn", version=self.version + 1)


def erased(client: Client) -> Client:
    """What stays of a client: the id, the status, and when the record was made."""
    return Client(
        id=client.id,
        practice_id=client.practice_id,
        given_name=ERASED_GIVEN_NAME,
        family_name=ERASED_FAMILY_NAME,
        date_of_birth=ERASED_DATE_OF_BIRTH,
        created_at=client.created_at,
        status=client.status,
        version=client.version + 1,
    )


@frozen
class RecordErasureView:
    """A request to erase a record, as administrators see it."""

    id: UUID
    client_id: UUID
    requested_by: UUID
    requested_at: datetime
    expires_at: datetime
    state: ErasureState
    completed_at: datetime | None

    @classmethod
    def of(cls, erasure: RecordErasure) -> "RecordErasureView":
        return cls(
            erasure.id,
            erasure.client_id,
            erasure.requested_by,
            erasure.requested_at,
            erasure.expires_at,
            erasure.state,
            erasure.completed_at,
        )
