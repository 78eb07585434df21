"""Appointments that a change of a clinician's hours leaves outside of them. They stay booked until staff decide."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from portal_core.appointments.scheduling.availability import (
    AvailabilityException,
    AvailabilityRule,
    BookedTime,
    outside_hours,
)

MAX_CONFLICTS: Final = 1000
"""The most that a response lists. The week's own conflicts are listed again whenever it is read."""


def first_conflicts(booked: Iterable[BookedTime], now: datetime) -> tuple[UUID, ...]:
    """The ids of those that have not started at `now`, by start; at most 1,000."""
    to_come = sorted((one for one in booked if one.starts_at > now), key=lambda one: (one.starts_at, one.id))
    return tuple(one.id for one in to_come[:MAX_CONFLICTS])


def hours_conflicts(
    booked: Iterable[BookedTime],
    rules: Iterable[AvailabilityRule],
    exceptions: Iterable[AvailabilityException],
    now: datetime,
) -> tuple[UUID, ...]:
    """The ids of those outside of the clinician's hours that have not started, by start; at most 1,000."""
    return first_conflicts(outside_hours((one for one in booked if one.starts_at > now), rules, exceptions), now)
