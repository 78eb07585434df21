"""Controllers of the practice and its people: a client's profile here, the practice side in `practice`."""

from litestar import Controller

from entrypoints.http.people.practice.clients import ClientsController
from entrypoints.http.people.practice.practice import PracticeController
from entrypoints.http.people.practice.records import RecordController
from entrypoints.http.people.practice.staff import CliniciansController, StaffController
from entrypoints.http.people.practice_contact import PracticeContactController
from entrypoints.http.people.profile import EmailChangeController, ProfileController, RecordsController

PORTAL: tuple[type[Controller], ...] = (
    PracticeContactController,
    ProfileController,
    EmailChangeController,
    RecordsController,
)
PRACTICE: tuple[type[Controller], ...] = (
    PracticeController,
    ClientsController,
    RecordController,
    CliniciansController,
    StaffController,
)
