"""Controllers of appointments, for clients and proxies; staff's are in `entrypoints.http.practice`."""

from litestar import Controller

from entrypoints.http.appointments.booking import BookingController
from entrypoints.http.appointments.calendar import CalendarFileController
from entrypoints.http.appointments.mine import AppointmentsController

PORTAL: tuple[type[Controller], ...] = (AppointmentsController, BookingController, CalendarFileController)
OTHER: tuple[type[Controller], ...] = ()
