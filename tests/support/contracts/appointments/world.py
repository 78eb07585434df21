"""What an adapter provides for the contract suites of appointments: a new practice, and people to add to it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from portal_core.appointments.attendance import Attendance
from portal_core.appointments.booking import SlotChoice
from portal_core.appointments.model import Appointment, Booking, CalendarEntry
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import AppointmentSummaryView
from portal_core.appointments.scheduling.availability import AvailabilityRule
from portal_core.appointments.scheduling.durations import AppointmentTiming
from portal_core.appointments.scheduling.wall_clock import first_instant
from portal_core.appointments.settings import AppointmentSettings, AppointmentType, Location
from portal_core.kernel.actor import ClientActor, ProxyActor, Role, StaffActor, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import Notice
from portal_core.kernel.sources import IdSource, TokenSource
from portal_core.kernel.uow import Begin
from portal_core.people.model import ClientStatus
from tests.support.clock import FixedClock
from tests.support.contracts.people.erasing import erase_record

AUDIT_ENTRY = AuditEntry("test.wrote")
ZONE = "America/New_York"
WEEKDAYS = range(5)


class AppointmentsWorld(ABC):
    """A new practice in New York with no settings, appointment types, locations or people."""

    begin: Begin[AppointmentUnit]
    clock: FixedClock
    ids: IdSource
    tokens: TokenSource
    practice_id: UUID

    @abstractmethod
    async def add_clinician(
        self,
        name: str = "Dr. Grey",
        *,
        credentials: str | None = None,
        active: bool = True,
        room_link: str | None = None,
    ) -> UUID: ...

    @abstractmethod
    def use_clinician_rooms(self) -> None:
        """Have video visits take place in the clinicians' own rooms from now on."""

    @abstractmethod
    async def add_clinician_account(self, clinician_id: UUID) -> UUID:
        """The account of the staff member who is this clinician."""

    @abstractmethod
    async def add_client(
        self, *, given: str = "Ann", family: str = "Lee", chosen: str | None = None, pronouns: str | None = None
    ) -> UUID: ...

    @abstractmethod
    async def set_status(self, client_id: UUID, status: ClientStatus) -> None:
        """Discharge a client, or reactivate them."""

    @abstractmethod
    async def join_care_team(self, client_id: UUID, clinician_id: UUID) -> None: ...

    @abstractmethod
    async def jobs(self, name: str) -> list[dict[str, UUID]]:
        """The arguments of the practice's committed jobs of this name, oldest first."""

    @abstractmethod
    async def notices(self) -> list[Notice]:
        """The practice's committed notices, oldest first."""

    @abstractmethod
    async def audit(self) -> list[AuditEntry]:
        """The practice's committed audit entries, oldest first."""

    @abstractmethod
    async def other_practice(self) -> "AppointmentsWorld":
        """Another practice on the same storage and clock."""

    # Actors

    def as_client(self, client_id: UUID) -> ClientActor:
        return ClientActor(self.practice_id, self.ids.new(), client_id)

    def as_proxy(self, client_id: UUID, *, may_write: bool, areas: Iterable[str] = ("appointments",)) -> ProxyActor:
        return ProxyActor(self.practice_id, self.ids.new(), client_id, frozenset(areas), may_write)  # type: ignore[arg-type]

    def as_staff(self, *roles: Role, clinician_id: UUID | None = None, account_id: UUID | None = None) -> StaffActor:
        return StaffActor(self.practice_id, account_id or self.ids.new(), frozenset(roles), clinician_id)

    @property
    def front_desk(self) -> StaffActor:
        """A front-desk staff actor."""
        return self.as_staff("front_desk")

    @property
    def system(self) -> SystemActor:
        return SystemActor(self.practice_id, "test")

    # Booking options

    async def save_appointment_settings(self, settings: AppointmentSettings) -> None:
        async with self.begin(self.front_desk) as unit:
            await unit.appointment_settings.save(settings, None, AUDIT_ENTRY)
            await unit.commit(None)

    async def add_appointment_type(
        self,
        name: str = "Individual session",
        *,
        minutes: int = 50,
        before: int = 0,
        after: int = 0,
        step: int | None = None,
        notice_hours: int = 0,
        advance_days: int = 90,
        seats: int = 1,
        self_bookable: bool | None = None,
        clients_may_open: bool = True,
        cpt_code: str | None = None,
        active: bool = True,
    ) -> AppointmentType:
        """Add an appointment type; all times in minutes unless stated. Clients book it online if it has one seat,
        and begin appointments of types with more.
        """
        appointment_type_id = self.ids.new()
        timing = AppointmentTiming(
            appointment_type_id=appointment_type_id,
            duration=timedelta(minutes=minutes),
            buffer_before=timedelta(minutes=before),
            buffer_after=timedelta(minutes=after),
            slot_step=timedelta(minutes=step) if step else None,
            min_notice=timedelta(hours=notice_hours),
            max_advance_days=advance_days,
        )
        appointment_type = AppointmentType(
            id=appointment_type_id,
            name=name,
            timing=timing,
            seats=seats,
            self_bookable=seats == 1 if self_bookable is None else self_bookable,
            clients_may_open=clients_may_open,
            cpt_code=cpt_code,
            active=active,
        )
        async with self.begin(self.front_desk) as unit:
            await unit.setup.save_appointment_type(appointment_type, AUDIT_ENTRY)
            await unit.commit(None)
        return appointment_type

    async def add_location(
        self, name: str = "Main office", *, time_zone: str = ZONE, address: str = "1 Elm Street", active: bool = True
    ) -> Location:
        location = Location(id=self.ids.new(), name=name, time_zone=time_zone, address=address, active=active)
        async with self.begin(self.front_desk) as unit:
            await unit.setup.save_location(location, AUDIT_ENTRY)
            await unit.commit(None)
        return location

    async def open_week(
        self,
        clinician_id: UUID,
        *,
        location_id: UUID | None = None,
        start_time: time = time(9),
        end_time: time = time(17),
        appointment_type_ids: Iterable[UUID] = (),
        time_zone: str = ZONE,
    ) -> None:
        """Publish hours from Monday to Friday only."""
        rules = [
            AvailabilityRule(
                id=self.ids.new(),
                clinician_id=clinician_id,
                weekday=weekday,
                start_time=start_time,
                end_time=end_time,
                time_zone=time_zone,
                location_id=location_id,
                appointment_type_ids=frozenset(appointment_type_ids),
                valid_from=date(2026, 1, 1),
            )
            for weekday in WEEKDAYS
        ]
        async with self.begin(self.front_desk) as unit:
            await unit.availability.publish(clinician_id, rules, AUDIT_ENTRY)
            await unit.commit(None)

    # Data added without use cases

    def calendar_entry(
        self, clinician_id: UUID, starts_at: datetime, minutes: int = 50, **more: object
    ) -> CalendarEntry:
        return CalendarEntry(
            id=self.ids.new(),
            practice_id=self.practice_id,
            clinician_id=clinician_id,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=minutes),
            **{"purpose": "appointment", **more},  # type: ignore[arg-type]
        )

    async def occupy(self, entry: CalendarEntry) -> CalendarEntry:
        async with self.begin(self.front_desk) as unit:
            await unit.calendar.lock([entry.clinician_id], self.clock.now())
            await unit.calendar.occupy(entry)
            await unit.commit(None)
        return entry

    async def destroy_key(self, client_id: UUID) -> None:
        """Destroy the client's key as an administrator does: encrypted texts of the record become unreadable."""
        await erase_record(self.begin, self.practice_id, client_id, self.clock, self.ids)

    async def add_booking(
        self,
        clinician_id: UUID,
        appointment_type: AppointmentType,
        starts_at: datetime,
        *clients: UUID,
        location_id: UUID | None = None,
        series_id: UUID | None = None,
    ) -> Booking:
        """Add an appointment with its calendar entry."""
        ends_at = starts_at + appointment_type.timing.duration
        entry = self.calendar_entry(
            clinician_id, starts_at, int(appointment_type.timing.duration / timedelta(minutes=1))
        )
        now = self.clock.now()
        appointment = Appointment(
            id=self.ids.new(),
            practice_id=self.practice_id,
            clinician_id=clinician_id,
            appointment_type_id=appointment_type.id,
            location_id=location_id,
            starts_at=starts_at,
            ends_at=ends_at,
            time_zone=ZONE,
            calendar_entry_id=entry.id,
            attending=len(clients),
            booked_at=now,
            changed_at=now,
            shared=appointment_type.seats > 1,
            series_id=series_id,
            room=self.tokens.token(),
        )
        parts = tuple(
            Attendance(appointment_id=appointment.id, practice_id=self.practice_id, client_id=one) for one in clients
        )
        booking = Booking(appointment=appointment, attendances=parts)
        async with self.begin(self.front_desk) as unit:
            await unit.calendar.lock([clinician_id], now)
            await unit.calendar.occupy(entry)
            await unit.appointments.add(booking, AUDIT_ENTRY)
            await unit.commit(None)
        return booking

    @staticmethod
    def choice(
        clinician_id: UUID, appointment_type: AppointmentType, starts_at: datetime, location_id: UUID | None = None
    ) -> SlotChoice:
        return SlotChoice(
            clinician_id=clinician_id,
            appointment_type_id=appointment_type.id,
            location_id=location_id,
            starts_at=starts_at,
        )


def new_york(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    """The UTC instant of a time in 2026 in New York, where clocks go forward on 8 March."""
    return first_instant(datetime(2026, month, day, hour, minute), ZONE)  # noqa: DTZ001


def ids_of(appointments: Iterable[AppointmentSummaryView]) -> tuple[UUID, ...]:
    """The ids of appointments that an answer lists."""
    return tuple(one.id for one in appointments)
