"""The notifications feature's unit of work in PostgreSQL."""

from collections.abc import Callable

from adapters.postgres.engine.base_unit import PostgresUnit, repository
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.notifications.inbox import PostgresInbox, PostgresNotificationSettings
from adapters.postgres.notifications.notices import PostgresNotices
from adapters.postgres.notifications.recipients import PostgresAppointmentTimes, PostgresRecipients
from portal_core.notifications.ports import NotificationsUnit


class PostgresNotificationsUnit(PostgresUnit):
    """The repositories over one transaction."""

    notices = repository(PostgresNotices)
    recipients = repository(PostgresRecipients)
    appointment_times = repository(PostgresAppointmentTimes)
    inbox = repository(PostgresInbox)
    notification_settings = repository(PostgresNotificationSettings)


UNIT: Callable[[Transaction], NotificationsUnit] = PostgresNotificationsUnit
