"""The notifications feature's unit of work in memory."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.memory.access.unit import MemoryAccessUnit
from adapters.memory.engine.store import MemoryTransaction, MemoryUnit, repository
from adapters.memory.notifications.inbox import MemoryInbox, MemoryNotificationSettings
from adapters.memory.notifications.notices import MemoryNoticeOutbox, MemoryNotices
from adapters.memory.notifications.recipients import BRANDING_SETTINGS, MemoryAppointmentTimes, MemoryRecipients
from adapters.memory.people.unit import MemoryPeopleUnit
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
    branding_settings = repository(BRANDING_SETTINGS.store)


UNIT = MemoryNotificationsUnit

if TYPE_CHECKING:
    # Grants and the practice's record are those of access and people: mypy reports what is missing.
    class _Notifications(MemoryAccessUnit, MemoryPeopleUnit, MemoryNotificationsUnit): ...

    NOTIFICATIONS: Callable[[MemoryTransaction], NotificationsUnit] = _Notifications
