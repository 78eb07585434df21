"""A job that reminds clients of their appointments."""

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
"""The maximum of the notifications feature; a test checks that the two are equal."""
BATCH = 100
"""Notices for each unit of work, so that a crash loses little."""


@frozen
class SendAppointmentReminders:
    """Sends the reminders that are due, by each client's lead times.

    A reminder that is late by more than half its lead time, after an outage for example, is left out: the next one is
    near, or it would come too late to help. Also left out is one that was due before the appointment was booked or last
    changed, since the client was notified then. At most one for each client, start and lead time: a rerun sends nothing
    twice, and a moved appointment gets new reminders.
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
