"""Controllers of appointments, for clients and proxies; staff's are in `entrypoints.http.practice`."""

from litestar import Controller

from entrypoints.http.appointments.booking import BookingController
from entrypoints.http.appointments.calendar import CalendarFeedController, CalendarFileController
from entrypoints.http.appointments.mine import AppointmentsController
from entrypoints.http.appointments.requests import RequestsController
from entrypoints.http.appointments.telehealth import TelehealthController
from entrypoints.http.appointments.waitlist import WaitlistController

PORTAL: tuple[type[Controller], ...] = (
    AppointmentsController,
    BookingController,
    RequestsController,
    WaitlistController,
    TelehealthController,
    CalendarFileController,
    CalendarFeedController,
)
