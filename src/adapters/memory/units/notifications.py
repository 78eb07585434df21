"""Notifications: the repositories in memory."""

from collections.abc import Callable

from adapters.memory.notifications import (
    MemoryAppointmentTimes,
    MemoryInbox,
    MemoryNoticeOutbox,
    MemoryNotices,
    MemoryRecipients,
    MemorySettings,
)
from adapters.memory.store import MemoryTransaction, MemoryUnit, repository
from portal_core.notifications.ports import NotificationsUnit


class MemoryNotificationsUnit(MemoryUnit):
    """Over one transaction. What is told becomes rows of notices."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.outbox = MemoryNoticeOutbox(self.tx)

    notices = repository(MemoryNotices)
    recipients = repository(MemoryRecipients)
    appointment_times = repository(MemoryAppointmentTimes)
    inbox = repository(MemoryInbox)
    notification_settings = repository(MemorySettings)


UNIT: Callable[[MemoryTransaction], NotificationsUnit] = MemoryNotificationsUnit
