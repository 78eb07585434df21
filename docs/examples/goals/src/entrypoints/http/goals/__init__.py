"""Controllers of goals."""

from entrypoints.http.goals.goals import GoalsController

PORTAL = (GoalsController,)
