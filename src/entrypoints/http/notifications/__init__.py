"""Controllers of notifications."""

from entrypoints.http.notifications.events import EventsController
from entrypoints.http.notifications.inbox import NotificationsController
from entrypoints.http.notifications.practice.branding import BrandingSettingsController
from entrypoints.http.notifications.practice.failed_notices import FailedNoticesController
from entrypoints.http.notifications.settings import NotificationSettingsController

PORTAL = (NotificationsController, NotificationSettingsController, EventsController)
PRACTICE = (FailedNoticesController, BrandingSettingsController)
