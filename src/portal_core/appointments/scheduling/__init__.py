"""Scheduling as pure functions: availability, free slots, recurrence and deadlines, without I/O."""
