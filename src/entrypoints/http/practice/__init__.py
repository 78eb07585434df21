"""Controllers of the practice's side: its people, its calendar, its appointments."""

from litestar import Controller

from entrypoints.http.practice.appointments import ClientAppointmentsController, PracticeAppointmentsController
from entrypoints.http.practice.calendar import AvailabilityController, BlocksController
from entrypoints.http.practice.clients import ClientsController
from entrypoints.http.practice.invitations import InvitationsController
from entrypoints.http.practice.offering import OfferingController
from entrypoints.http.practice.proxies import ProxiesController
from entrypoints.http.practice.records import RecordController
from entrypoints.http.practice.requests import PracticeRequestsController
from entrypoints.http.practice.rooms import RoomsController
from entrypoints.http.practice.second_factors import SecondFactorsController
from entrypoints.http.practice.series import SeriesController
from entrypoints.http.practice.setup import PracticeController
from entrypoints.http.practice.staff import CliniciansController, StaffController
from entrypoints.http.practice.waitlist import PracticeWaitlistController

PRACTICE: tuple[type[Controller], ...] = (
    PracticeController,
    ClientsController,
    ProxiesController,
    RecordController,
    CliniciansController,
    StaffController,
    SecondFactorsController,
    InvitationsController,
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
