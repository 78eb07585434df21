"""A goal, and what can happen to it."""

from datetime import datetime
from uuid import UUID

from attrs import evolve, frozen

from portal_core.goals.errors import GoalCompleted
from portal_core.kernel.errors import Invalid, StaleVersion

LONGEST_TITLE = 200


def sane_title(title: str) -> str:
    """The title without blanks around it.

    Raises:
        Invalid: nothing is left, or more than 200 characters.
    """
    title = title.strip()
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise Invalid.at("title", "bad_length", f"Use 1 to {LONGEST_TITLE} characters.")
    return title


@frozen
class Goal:
    """One goal of one client: open while `completed_at` is None, without a title once the client's key is destroyed."""

    id: UUID
    client_id: UUID
    title: str
    set_at: datetime
    completed_at: datetime | None = None
    version: int = 1

    def complete(self, at: datetime, version: int) -> "Goal":
        """The goal, reached; `version` is the one that the client was looking at.

        Raises:
            StaleVersion: it changed since.
            GoalCompleted: it was completed before.
        """
        if version != self.version:
            raise StaleVersion
        if self.completed_at is not None:
            raise GoalCompleted
        return evolve(self, completed_at=at, version=self.version + 1)
