"""A job: clients are reminded of what they come to."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import ReminderCandidate
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.notices import APPOINTMENT_REMINDER, Notice
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin

MAX_LEAD_TIME = timedelta(days=14)
"""The notifications' own bound, which a test holds to this: nobody is reminded earlier."""
BATCH = 100
"""Notices in one unit of work, so that a crash loses little."""


@frozen
class SendAppointmentReminders:
    """Has everybody reminded whose time for it has come, by each client's lead times.

    A reminder that is late by more than half its lead, after a standstill say, is left out: the next one is near, or
    it would be no help. So is one that was due before the appointment was booked or moved, of which they were told
    then. Once for each client, start and lead: a rerun reminds nobody twice, a moved appointment is reminded anew.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> None:
        now = self.clock.now()
        async with self.begin(actor) as unit:
            require_system(actor)
            candidates = await unit.reminders.candidates(now, now + MAX_LEAD_TIME + timedelta.resolution)
        due = (_notice(one, lead) for one in candidates for lead in _due(one, now))
        while batch := list(islice(due, BATCH)):
            async with self.begin(actor) as unit:
                for notice in batch:
                    await unit.outbox.notify(notice)
                await unit.commit(None)


def _due(one: ReminderCandidate, now: datetime) -> Iterator[timedelta]:
    for lead in one.lead_times:
        due_at = one.starts_at - lead
        if one.changed_at <= due_at <= now <= due_at + lead / 2:
            yield lead


def _notice(one: ReminderCandidate, lead: timedelta) -> Notice:
    start, minutes = int(one.starts_at.timestamp()), lead // timedelta(minutes=1)
    key = f"appointment_reminder:{one.appointment_id}:{start}:{minutes}:{one.client_id}"
    return APPOINTMENT_REMINDER.to_client(one.client_id, subject_id=one.appointment_id, deduplication_key=key)
