"""Controllers of the practice's side: its people, its calendar, its appointments."""

from litestar import Controller

from entrypoints.http.practice.appointments import PracticeAppointmentsController
from entrypoints.http.practice.calendar import AvailabilityController, BlocksController
from entrypoints.http.practice.clients import ClientsController
from entrypoints.http.practice.invitations import InvitationsController
from entrypoints.http.practice.proxies import ProxiesController
from entrypoints.http.practice.setup import PracticeController
from entrypoints.http.practice.staff import CliniciansController, StaffController

PRACTICE: tuple[type[Controller], ...] = (
    PracticeController,
    ClientsController,
    ProxiesController,
    CliniciansController,
    StaffController,
    InvitationsController,
    AvailabilityController,
    BlocksController,
    PracticeAppointmentsController,
)
