"""Controllers of appointments: for clients and proxies here, for staff in `practice`."""

from litestar import Controller

from entrypoints.http.appointments.appointments import AppointmentsController
from entrypoints.http.appointments.booking import BookingController
from entrypoints.http.appointments.calendar import CalendarFeedController, CalendarFileController
from entrypoints.http.appointments.practice.appointments import (
    ClientAppointmentsController,
    PracticeAppointmentsController,
)
from entrypoints.http.appointments.practice.calendar import AvailabilityController, BlocksController
from entrypoints.http.appointments.practice.options import OfferingController
from entrypoints.http.appointments.practice.requests import PracticeRequestsController
from entrypoints.http.appointments.practice.series import SeriesController
from entrypoints.http.appointments.practice.video_visits import RoomsController
from entrypoints.http.appointments.practice.waitlist import PracticeWaitlistController
from entrypoints.http.appointments.requests import RequestsController
from entrypoints.http.appointments.video_visits import TelehealthController
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
PRACTICE: tuple[type[Controller], ...] = (
    OfferingController,
    AvailabilityController,
    BlocksController,
    PracticeAppointmentsController,
    ClientAppointmentsController,
    PracticeRequestsController,
    PracticeWaitlistController,
    SeriesController,
    RoomsController,
)
