"""The notifications feature's unit of work in PostgreSQL."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.postgres.access.unit import PostgresAccessUnit
from adapters.postgres.engine.base_unit import PostgresUnit, repository
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.notifications.inbox import PostgresInbox, PostgresNotificationSettings
from adapters.postgres.notifications.notices import PostgresNotices
from adapters.postgres.notifications.recipients import BRANDING_SETTINGS, PostgresAppointmentTimes, PostgresRecipients
from adapters.postgres.people.unit import PostgresPeopleUnit
from portal_core.notifications.ports import NotificationsUnit


class PostgresNotificationsUnit(PostgresUnit):
    """The repositories over one transaction."""

    notices = repository(PostgresNotices)
    recipients = repository(PostgresRecipients)
    appointment_times = repository(PostgresAppointmentTimes)
    inbox = repository(PostgresInbox)
    notification_settings = repository(PostgresNotificationSettings)
    branding_settings = repository(BRANDING_SETTINGS.store)


UNIT = PostgresNotificationsUnit

if TYPE_CHECKING:
    # Grants and the practice's record are those of access and people: mypy reports what is missing.
    class _Notifications(PostgresAccessUnit, PostgresPeopleUnit, PostgresNotificationsUnit): ...

    NOTIFICATIONS: Callable[[Transaction], NotificationsUnit] = _Notifications
