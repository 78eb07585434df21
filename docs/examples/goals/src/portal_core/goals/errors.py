"""What the state of a goal does not allow."""

from portal_core.kernel.errors import Conflict


class GoalCompleted(Conflict):
    """It was completed before."""

    code = "goal_completed"
    title = "This goal is completed already."
