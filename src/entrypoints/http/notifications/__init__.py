"""Controllers of notifications."""

from entrypoints.http.notifications.events import EventsController
from entrypoints.http.notifications.inbox import NotificationsController
from entrypoints.http.notifications.settings import SettingsController
from entrypoints.http.notifications.troubled import TroubledNoticesController

PORTAL = (NotificationsController, SettingsController, EventsController)
PRACTICE = (TroubledNoticesController,)
