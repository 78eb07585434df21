"""Appointments and what the wall clock shows at their start, when their zone or its rules have changed."""

from datetime import datetime

from attrs import evolve

from portal_core.appointments.model import Appointment
from portal_core.appointments.scheduling.wall_clock import keep_local_time, local_time


def is_shifted(one: Appointment) -> bool:
    """Whether clocks in its zone, by the present rules, show another time at its start than when it was booked."""
    return one.starts_at != keep_local_time(one.starts_at, one.local_starts_at, one.time_zone)


def in_zone(one: Appointment, time_zone: str, *, at: datetime) -> Appointment:
    """The appointment at the same instant, shown in another zone."""
    return evolve(one.changed(at), time_zone=time_zone, local_starts_at=local_time(one.starts_at, time_zone))


def at_local_time(one: Appointment, time_zone: str, *, at: datetime) -> Appointment:
    """The appointment at the same time on the wall clock, by the present rules of the zone."""
    starts_at = keep_local_time(one.starts_at, one.local_starts_at, time_zone)
    ends_at = starts_at + (one.ends_at - one.starts_at)
    return evolve(one.changed(at), time_zone=time_zone, starts_at=starts_at, ends_at=ends_at)
