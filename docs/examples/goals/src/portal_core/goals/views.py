"""Read models of goals."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from portal_core.goals.model import Goal


@frozen
class GoalView:
    """A goal. `version` is sent back with the request that completes it."""

    id: UUID
    title: str
    set_at: datetime
    completed_at: datetime | None
    version: int

    @classmethod
    def of(cls, goal: Goal) -> "GoalView":
        return cls(goal.id, goal.title, goal.set_at, goal.completed_at, goal.version)
