"""HTTP controllers of appointments: for clients and proxies here, for staff in `practice`."""

from litestar import Controller

from entrypoints.http.appointments.appointments import AppointmentsController
from entrypoints.http.appointments.booking import BookingController
from entrypoints.http.appointments.calendar import CalendarFeedController, CalendarFileController
from entrypoints.http.appointments.practice.appointments import (
    ClientAppointmentsController,
    PracticeAppointmentsController,
    ScheduleController,
)
from entrypoints.http.appointments.practice.attendances import AttendancesController
from entrypoints.http.appointments.practice.availability import AvailabilityController, BlocksController
from entrypoints.http.appointments.practice.corrections import CorrectionsController
from entrypoints.http.appointments.practice.holidays import HolidaysController
from entrypoints.http.appointments.practice.options import BookingOptionsController
from entrypoints.http.appointments.practice.reassignment import ReassignmentController, ShiftedAppointmentsController
from entrypoints.http.appointments.practice.requests import PracticeAppointmentRequestsController
from entrypoints.http.appointments.practice.series import SeriesController
from entrypoints.http.appointments.practice.settings import AppointmentSettingsController
from entrypoints.http.appointments.practice.video_visits import PracticeVideoVisitController
from entrypoints.http.appointments.practice.waitlist import PracticeWaitlistController
from entrypoints.http.appointments.requests import AppointmentRequestsController
from entrypoints.http.appointments.video_visits import VideoVisitController
from entrypoints.http.appointments.waitlist import WaitlistController

PORTAL: tuple[type[Controller], ...] = (
    AppointmentsController,
    BookingController,
    AppointmentRequestsController,
    WaitlistController,
    VideoVisitController,
    CalendarFileController,
    CalendarFeedController,
)
PRACTICE: tuple[type[Controller], ...] = (
    BookingOptionsController,
    AppointmentSettingsController,
    AvailabilityController,
    BlocksController,
    ScheduleController,
    HolidaysController,
    PracticeAppointmentsController,
    AttendancesController,
    CorrectionsController,
    ClientAppointmentsController,
    ReassignmentController,
    ShiftedAppointmentsController,
    PracticeAppointmentRequestsController,
    PracticeWaitlistController,
    SeriesController,
    PracticeVideoVisitController,
)
