"""The demo practice: fictional people, created through the real use cases. It is loaded only once.

Its passwords and the administrator's authenticator secret are generated at the first start and stored in the data
folder.
"""

import json
import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyotp
from attrs import asdict, define

from adapters.postgres.engine.installation import drop_installation
from entrypoints.demo_documents import share_documents, upload_document
from entrypoints.errors import CommandError
from portal_core.accounts.use_cases.accept_invitation import AcceptInvitation, AcceptInvitationCommand
from portal_core.accounts.use_cases.authenticate import Authenticate, AuthenticateCommand
from portal_core.accounts.use_cases.confirm_second_factor import ConfirmSecondFactor, ConfirmSecondFactorCommand
from portal_core.accounts.use_cases.enroll_second_factor import EnrollSecondFactor, EnrollSecondFactorCommand
from portal_core.accounts.use_cases.invite_staff import InviteStaff
from portal_core.accounts.use_cases.register_account import RegisterAccount, RegisterAccountCommand
from portal_core.accounts.use_cases.sign_in import SignIn, SignInCommand
from portal_core.accounts.use_cases.sign_out import SignOut
from portal_core.accounts.use_cases.verify_email import VerifyEmail, VerifyEmailCommand
from portal_core.accounts.views import SessionTokens
from portal_core.appointments.use_cases.define_appointment_type import (
    DefineAppointmentType,
    DefineAppointmentTypeCommand,
)
from portal_core.appointments.use_cases.define_location import DefineLocation, DefineLocationCommand
from portal_core.appointments.use_cases.publish_availability import (
    Opening,
    PublishAvailability,
    PublishAvailabilityCommand,
)
from portal_core.kernel.actor import Origin, Role, SystemActor, VisitorActor
from portal_core.kernel.sources import Clock
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.use_cases.add_practice import AddPractice, AddPracticeCommand
from portal_core.people.use_cases.add_staff import AddStaff, AddStaffCommand
from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand
from portal_core.people.use_cases.list_clinicians import ListClinicians

if TYPE_CHECKING:
    from entrypoints.container import Portal

DEMO_FILE = "demo.json"
LOADING_MARKER = "demo.loading"
"""A file that exists while the demo is being loaded. If it is left over, the database holds an incomplete demo."""
PRINTED_STEP = "demo.code"
"""The file with the 30 seconds, counted from 1970, whose code was printed last."""
CODE_SECONDS = 30
SLUG = "elm-street"
ZONE = "America/New_York"
CLIENT = "mira@client.example"
ADMINISTRATOR = "ada@elm-street.example"
_CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{8}\b")

CLINICIANS = (
    ClinicianRow(2, "C-1", "Elena Rivera", "PhD, Psychologist", room_link="https://rooms.example/rivera"),
    ClinicianRow(3, "C-2", "Jonah Brandt", "LCSW", room_link="https://rooms.example/brandt"),
)
CLIENTS = (
    ClientRow(4, "K-1", "Mira", "Okafor", "1990-05-17", pronouns="she/her", email=CLIENT, clinicians="C-1;C-2"),
    ClientRow(5, "K-2", "Theo", "Lindqvist", "1984-11-02", email="theo@client.example", clinicians="C-2"),
    ClientRow(6, "K-3", "Sam", "Park", "2011-03-09", clinicians="C-1"),
)


@define
class Demo:
    """The demo's sign-in data."""

    client: str
    client_password: str
    administrator: str
    administrator_password: str
    administrator_secret: str


async def load_once(portal: "Portal", folder: Path, run_queued_jobs: Callable[[], Awaitable[None]]) -> Demo:
    """Load the practice and store its sign-in data in the data folder; see `load`."""
    (folder / LOADING_MARKER).touch(0o600)
    demo = await load(portal, run_queued_jobs)
    _save(folder / DEMO_FILE, demo)
    (folder / LOADING_MARKER).unlink()
    return demo


async def load(portal: "Portal", run_queued_jobs: Callable[[], Awaitable[None]]) -> Demo:
    """Load the practice. `run_queued_jobs` runs all queued jobs.

    Raises:
        CommandError: the practice already exists, and its passwords are not known.
    """
    if any(known.slug == SLUG for known in await portal.parts.directory().all()):
        raise CommandError(
            f"the practice {SLUG} already exists, but its passwords are lost: choose another PORTAL_DATA_DIR"
        )
    founding = AddPracticeCommand(
        SLUG, "Elm Street Practice", ZONE, "NY", phone="518-555-0100", address="12 Elm Street\nAlbany, NY 12207"
    )
    practice_id = UUID(str((await portal.use_case(AddPractice)(Origin(), founding)).id))
    job = SystemActor(practice_id, "portal demo")
    await portal.use_case(ImportPeople)(job, ImportPeopleCommand(clinicians=CLINICIANS, clients=CLIENTS))
    tokens = portal.parts.tokens()
    demo = Demo(CLIENT, _password(tokens), ADMINISTRATOR, _password(tokens), "")
    demo.administrator_secret, administrator = await _administrator(portal, practice_id, demo, run_queued_jobs)
    await _set_up_appointments(portal, administrator)
    client = await _client(portal, practice_id, demo, run_queued_jobs)
    await share_documents(portal, administrator, client.client_id)
    await upload_document(portal, client)
    await run_queued_jobs()
    return demo


def reset_interrupted_load(folder: Path, owner_url: str) -> None:
    """Empty the database if an earlier start was interrupted while loading the demo and there is no other practice."""
    if (folder / LOADING_MARKER).exists() and drop_installation(SLUG, owner_url):
        (folder / LOADING_MARKER).unlink()


def saved_demo(folder: Path) -> Demo | None:
    """Return the sign-in data of the demo that was loaded earlier, if any."""
    file = folder / DEMO_FILE
    return Demo(**json.loads(file.read_text())) if file.exists() else None


def _save(file: Path, demo: Demo) -> None:
    """Store it in a file that only this user can read."""
    fresh = file.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        json.dump(asdict(demo), opened)
    fresh.replace(file)


async def _set_up_appointments(portal: "Portal", administrator: Any) -> None:
    """Create appointment types, a location and weekly hours: in the office on four days, telehealth in the evenings."""
    location = await portal.use_case(DefineLocation)(
        administrator,
        DefineLocationCommand(name="Elm Street office", time_zone=ZONE, address="12 Elm Street, Albany, NY 12207"),
    )
    for name, minutes in (("Individual session", 50), ("First visit", 80)):
        appointment_type = DefineAppointmentTypeCommand(
            name=name,
            duration=timedelta(minutes=minutes),
            buffer_after=timedelta(minutes=10),
            slot_step=timedelta(minutes=30),
            min_notice=timedelta(hours=2),
            max_advance_days=60,
        )
        await portal.use_case(DefineAppointmentType)(administrator, appointment_type)
    openings = [
        Opening(weekday=day, start_time=time(9), end_time=time(17), location_id=location.id) for day in range(4)
    ]
    openings += [Opening(weekday=day, start_time=time(18), end_time=time(21)) for day in range(5)]
    for clinician in (await portal.use_case(ListClinicians)(administrator)).items:
        command = PublishAvailabilityCommand(clinician_id=clinician.id, openings=tuple(openings))
        await portal.use_case(PublishAvailability)(administrator, command)


async def _client(
    portal: "Portal", practice_id: UUID, demo: Demo, run_queued_jobs: Callable[[], Awaitable[None]]
) -> Any:
    """Register Mira: she gets a code by mail and verifies her email, like any client. Returns her as an actor."""
    visitor = VisitorActor(practice_id)
    date_of_birth = date.fromisoformat(CLIENTS[0].date_of_birth or "")
    await portal.use_case(RegisterAccount)(visitor, RegisterAccountCommand(CLIENT, date_of_birth))
    code = await _mailed_code(portal, CLIENT, run_queued_jobs)
    await portal.use_case(VerifyEmail)(visitor, VerifyEmailCommand(CLIENT, code, demo.client_password))
    actor = await _sign_in(portal, practice_id, SignInCommand(CLIENT, demo.client_password, "bearer", "portal"))
    await portal.use_case(SignOut)(actor)
    return actor


async def _administrator(
    portal: "Portal", practice_id: UUID, demo: Demo, run_queued_jobs: Callable[[], Awaitable[None]]
) -> tuple[str, Any]:
    """Invite Ada, who accepts and sets up her second factor. Returns its secret, and Ada as an actor."""
    job, visitor = SystemActor(practice_id, "portal demo"), VisitorActor(practice_id)
    roles: frozenset[Role] = frozenset({"administrator", "front_desk"})
    member = await portal.use_case(AddStaff)(
        job,
        AddStaffCommand(name="Ada Whitfield", email=ADMINISTRATOR, roles=roles),
    )
    await portal.use_case(InviteStaff)(job, member.id)
    code = await _mailed_code(portal, ADMINISTRATOR, run_queued_jobs)
    command = AcceptInvitationCommand(ADMINISTRATOR, code, demo.administrator_password)
    await portal.use_case(AcceptInvitation)(visitor, command)
    sign_in = SignInCommand(ADMINISTRATOR, demo.administrator_password, "bearer", "practice")
    actor = await _sign_in(portal, practice_id, sign_in)
    enroll = EnrollSecondFactorCommand(demo.administrator_password)
    enrollment = await portal.use_case(EnrollSecondFactor)(actor, enroll)
    # The previous time step's code is still accepted; this leaves the current one unused for signing in.
    confirm = ConfirmSecondFactorCommand(code_at(enrollment.secret, portal.parts.clock().now(), steps=-1))
    await portal.use_case(ConfirmSecondFactor)(actor, confirm)
    await portal.use_case(SignOut)(actor)
    return str(enrollment.secret), actor


async def _sign_in(portal: "Portal", practice_id: UUID, command: SignInCommand) -> Any:
    """Return the person as an actor, which stays usable here when they are signed out."""
    signed_in = await portal.use_case(SignIn)(VisitorActor(practice_id), command)
    assert isinstance(signed_in, SessionTokens)
    asks = AuthenticateCommand(practice_id, signed_in.access_token, active=True, enrollment_exempt=True)
    return (await portal.use_case(Authenticate)(asks)).actor


def code_at(secret: str, at: datetime, *, steps: int = 0) -> str:
    """Return the code that an authenticator app shows at an instant, shifted by `steps` of 30 seconds."""
    shown: str = pyotp.TOTP(secret).at(at, counter_offset=steps)
    return shown


def unused_code(demo: Demo, folder: Path, clock: Clock, wait: Callable[[float], None]) -> str:
    """Return a code of the administrator's that was not returned before, because each works once.

    The code of the next 30 seconds is accepted already; after that one, `wait` for the time of another.
    """
    printed = folder / PRINTED_STEP
    now = clock.now().timestamp()
    present = int(now // CODE_SECONDS)
    step = max(present, int(printed.read_text()) + 1 if printed.exists() else 0)
    if step > present + 1:
        wait((step - 1) * CODE_SECONDS - now)
    printed.write_text(str(step))
    return code_at(demo.administrator_secret, datetime.fromtimestamp(step * CODE_SECONDS, UTC))


async def _mailed_code(portal: "Portal", to: str, run_queued_jobs: Callable[[], Awaitable[None]]) -> str:
    for _ in range(5):  # a job may queue another
        await run_queued_jobs()
        for mail in await portal.parts.captured_mail().latest(50):
            if mail.to == to and (found := _CODE.findall(mail.body)):
                return str(found[-1])
    raise RuntimeError(f"no mail for {to}")


def _password(tokens: Any) -> str:
    return "-".join(tokens.code().lower() for _ in range(3))
