"""Controllers of notifications."""

from entrypoints.http.notifications.events import EventsController
from entrypoints.http.notifications.inbox import NotificationsController
from entrypoints.http.notifications.practice.failed_notices import TroubledNoticesController
from entrypoints.http.notifications.settings import SettingsController

PORTAL = (NotificationsController, SettingsController, EventsController)
PRACTICE = (TroubledNoticesController,)
