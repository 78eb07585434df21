"""The notifications feature's unit of work in memory."""

from collections.abc import Callable

from adapters.memory.engine.store import MemoryTransaction, MemoryUnit, repository
from adapters.memory.notifications.inbox import MemoryInbox, MemoryNotificationSettings
from adapters.memory.notifications.notices import MemoryNoticeOutbox, MemoryNotices
from adapters.memory.notifications.recipients import MemoryAppointmentTimes, MemoryRecipients
from portal_core.notifications.ports import NotificationsUnit


class MemoryNotificationsUnit(MemoryUnit):
    """The repositories over one transaction. Its outbox also writes delivery rows for notices."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.outbox = MemoryNoticeOutbox(self.tx)

    notices = repository(MemoryNotices)
    recipients = repository(MemoryRecipients)
    appointment_times = repository(MemoryAppointmentTimes)
    inbox = repository(MemoryInbox)
    notification_settings = repository(MemoryNotificationSettings)


UNIT: Callable[[MemoryTransaction], NotificationsUnit] = MemoryNotificationsUnit
