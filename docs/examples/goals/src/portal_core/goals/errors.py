"""Errors of goals."""

from portal_core.kernel.errors import Conflict


class GoalCompleted(Conflict):
    """The goal is already completed."""

    code = "goal_completed"
    title = "This goal is already completed."
