"""A goal and its transitions."""

from datetime import datetime
from uuid import UUID

from attrs import evolve, frozen

from portal_core.goals.errors import GoalCompleted
from portal_core.kernel.errors import Invalid, StaleVersion

MAX_TITLE_LENGTH = 200


def clean_title(title: str) -> str:
    """The title without surrounding whitespace.

    Raises:
        Invalid: the title is blank, or longer than `MAX_TITLE_LENGTH` characters.
    """
    title = title.strip()
    if not 1 <= len(title) <= MAX_TITLE_LENGTH:
        raise Invalid.at("title", "out_of_range", f"Must have 1 to {MAX_TITLE_LENGTH} characters.")
    return title


@frozen
class Goal:
    """A client's goal, open while `completed_at` is None. Once the client's key is destroyed, the title is empty."""

    id: UUID
    client_id: UUID
    title: str
    set_at: datetime
    completed_at: datetime | None = None
    version: int = 1

    def complete(self, at: datetime, version: int) -> "Goal":
        """The completed goal. `version` is the version that the client was shown.

        Raises:
            StaleVersion: the goal has changed since that version.
            GoalCompleted: the goal is already completed.
        """
        if version != self.version:
            raise StaleVersion
        if self.completed_at is not None:
            raise GoalCompleted
        return evolve(self, completed_at=at, version=self.version + 1)
