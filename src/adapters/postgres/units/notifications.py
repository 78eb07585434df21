"""Notifications: the repositories."""

from collections.abc import Callable

from adapters.postgres.inbox import PostgresInbox, PostgresSettings
from adapters.postgres.notices import PostgresNotices
from adapters.postgres.recipients import PostgresAppointmentTimes, PostgresRecipients
from adapters.postgres.transaction import Transaction
from adapters.postgres.unit_core import UnitCore, repository
from portal_core.notifications.ports import NotificationsUnit


class PostgresNotificationsUnit(UnitCore):
    """Over one transaction."""

    notices = repository(PostgresNotices)
    recipients = repository(PostgresRecipients)
    appointment_times = repository(PostgresAppointmentTimes)
    inbox = repository(PostgresInbox)
    notification_settings = repository(PostgresSettings)


UNIT: Callable[[Transaction], NotificationsUnit] = PostgresNotificationsUnit
