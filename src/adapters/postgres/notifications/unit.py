"""Notifications: the repositories."""

from collections.abc import Callable

from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.engine.unit_core import UnitCore, repository
from adapters.postgres.notifications.inbox import PostgresInbox, PostgresSettings
from adapters.postgres.notifications.notices import PostgresNotices
from adapters.postgres.notifications.recipients import PostgresAppointmentTimes, PostgresRecipients
from portal_core.notifications.ports import NotificationsUnit


class PostgresNotificationsUnit(UnitCore):
    """Over one transaction."""

    notices = repository(PostgresNotices)
    recipients = repository(PostgresRecipients)
    appointment_times = repository(PostgresAppointmentTimes)
    inbox = repository(PostgresInbox)
    notification_settings = repository(PostgresSettings)


UNIT: Callable[[Transaction], NotificationsUnit] = PostgresNotificationsUnit
