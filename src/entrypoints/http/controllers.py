"""Every controller, by where it is mounted: portal and practice under their prefixes, others under their own paths."""

from litestar import Controller

from entrypoints.http import accounts, appointments, notifications, practice

PORTAL: tuple[type[Controller], ...] = (*accounts.PORTAL, *notifications.PORTAL, *appointments.PORTAL)
PRACTICE: tuple[type[Controller], ...] = (*accounts.PRACTICE, *notifications.PRACTICE, *practice.PRACTICE)
OTHER: tuple[type[Controller], ...] = (*appointments.OTHER,)
