"""Booking options in PostgreSQL, read by one statement."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import ColumnElement, Text, any_, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from adapters.codec import converter
from adapters.postgres.appointments.tables import appointment_settings, appointment_types, locations
from adapters.postgres.engine.columns import Uuid, Uuids
from adapters.postgres.engine.settings import StoredSettings, decode_settings, settings_text
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import care_team, clients, clinicians, practices
from portal_core.appointments.ports import BookingDirectory, BookingSetup
from portal_core.appointments.scheduling.durations import AppointmentTiming
from portal_core.appointments.settings import (
    AppointmentSettings,
    AppointmentType,
    BookingOptions,
    Client,
    Clinician,
    Location,
)
from portal_core.kernel.audit import AuditEntry

EMPTY_TEXT: ColumnElement[str] = literal_column("''", Text)
APPOINTMENT_SETTINGS = StoredSettings.of(appointment_settings, AppointmentSettings)
SETTINGS = settings_text(appointment_settings)
"""What `settings_of` takes, for statements that join `appointment_settings`."""

DISPLAY_NAME: ColumnElement[str] = (
    func.coalesce(func.nullif(clients.c.chosen_name, EMPTY_TEXT), clients.c.given_name)
    + literal_column("' '")
    + clients.c.family_name
)
"""The same as `accounts.people.Client.display_name`."""
PRONOUNS = func.nullif(clients.c.pronouns, EMPTY_TEXT)


_appointment_types = (
    select(
        func.jsonb_agg(
            func.jsonb_build_array(
                appointment_types.c.id,
                appointment_types.c.name,
                appointment_types.c.timing,
                appointment_types.c.seats,
                appointment_types.c.self_bookable,
                appointment_types.c.active,
                appointment_types.c.version,
            )
        )
    )
    .where(appointment_types.c.practice_id == bindparam("practice_id"))
    .scalar_subquery()
)
_locations = (
    select(
        func.jsonb_agg(
            func.jsonb_build_array(
                locations.c.id,
                locations.c.name,
                locations.c.time_zone,
                locations.c.address,
                locations.c.active,
                locations.c.version,
            )
        )
    )
    .where(locations.c.practice_id == bindparam("practice_id"))
    .scalar_subquery()
)
_CLINICIAN = (
    clinicians.c.id,
    clinicians.c.name,
    clinicians.c.credentials,
    func.portal.clinician_account(clinicians.c.practice_id, clinicians.c.id, type_=Uuid),
    clinicians.c.room_link,
    clinicians.c.active,
)
_all_clinicians = select(func.jsonb_agg(func.jsonb_build_array(*_CLINICIAN))).where(
    clinicians.c.practice_id == bindparam("practice_id")
)
_team = _all_clinicians.join(
    care_team,
    (care_team.c.practice_id == clinicians.c.practice_id) & (care_team.c.clinician_id == clinicians.c.id),
).where(care_team.c.practice_id == bindparam("practice_id"), care_team.c.client_id == bindparam("client_id"))


_DISCHARGED = clients.c.status == "discharged"
_discharged = (
    select(_DISCHARGED)
    .where(clients.c.practice_id == bindparam("practice_id"), clients.c.id == bindparam("client_id"))
    .scalar_subquery()
)


def _booking_options(of: Any, *more: Any) -> Any:
    version = func.coalesce(appointment_settings.c.version, literal_column("0"))
    return (
        select(SETTINGS, practices.c.time_zone, _appointment_types, _locations, of.scalar_subquery(), version, *more)
        .select_from(practices)
        .outerjoin(appointment_settings, appointment_settings.c.practice_id == practices.c.id)
        .where(practices.c.id == bindparam("practice_id"))
    )


FOR_CLIENT = statement("booking_options.for_client", _booking_options(_team, _discharged))
FOR_PRACTICE = statement("booking_options.for_practice", _booking_options(_all_clinicians))
CLINICIAN = statement(
    "booking_options.clinician",
    select(*_CLINICIAN).where(clinicians.c.practice_id == bindparam("practice_id"), clinicians.c.id == bindparam("id")),
)
CLIENTS = statement(
    "booking_options.clients",
    select(clients.c.id, DISPLAY_NAME, PRONOUNS, _DISCHARGED).where(
        clients.c.practice_id == bindparam("practice_id"),
        clients.c.id == any_(bindparam("client_ids", type_=Uuids)),
    ),
)


def _replace(table: Any) -> Any:
    """An upsert by id that updates only a row whose version is one lower."""
    row = insert(table).values({column.name: bindparam(column.name, type_=column.type) for column in table.c})
    changing = {column.name: row.excluded[column.name] for column in table.c if not column.primary_key}
    before = table.c.version == row.excluded.version - literal_column("1")
    return row.on_conflict_do_update(index_elements=["practice_id", "id"], set_=changing, where=before)


SAVE_APPOINTMENT_TYPE = statement("booking_options.save_appointment_type", _replace(appointment_types))
SAVE_LOCATION = statement("booking_options.save_location", _replace(locations))


def settings_of(values: str | None) -> AppointmentSettings:
    """The settings from the JSON text of `SETTINGS`."""
    return decode_settings(AppointmentSettings, values)


def _clinician(row: Any) -> Clinician:
    account = row[3] if row[3] is None or isinstance(row[3], UUID) else UUID(row[3])
    return Clinician(
        id=row[0] if isinstance(row[0], UUID) else UUID(row[0]),
        name=row[1],
        credentials=row[2] or None,
        account_id=account,
        room_link=row[4] or None,
        active=row[5],
    )


def _appointment_type(row: Any) -> AppointmentType:
    timing = converter.structure(row[2], AppointmentTiming)
    return AppointmentType(
        id=timing.appointment_type_id,
        name=row[1],
        timing=timing,
        seats=row[3],
        self_bookable=row[4],
        active=row[5],
        version=row[6],
    )


def _location(row: Any) -> Location:
    return Location(
        id=UUID(row[0]), name=row[1], time_zone=row[2], address=row[3] or None, active=row[4], version=row[5]
    )


@define
class PostgresBookingDirectory(BookingDirectory):
    """Reads appointment types, locations and clinicians as JSON within the single row of the practice."""

    tx: Transaction

    async def for_client(self, client_id: UUID) -> BookingOptions:
        row = await self.tx.fetchrow(FOR_CLIENT, client_id=client_id)
        return _booking_options_of(row, discharged=bool(row and row[6]))

    async def for_practice(self) -> BookingOptions:
        return _booking_options_of(await self.tx.fetchrow(FOR_PRACTICE))

    async def clinician(self, clinician_id: UUID) -> Clinician | None:
        row = await self.tx.fetchrow(CLINICIAN, id=clinician_id)
        return None if row is None else _clinician(row)

    async def clients(self, client_ids: Collection[UUID]) -> Mapping[UUID, Client]:
        rows = await self.tx.fetch(CLIENTS, client_ids=list(client_ids))
        return {row[0]: Client(id=row[0], name=row[1], pronouns=row[2], discharged=row[3]) for row in rows}


def _booking_options_of(row: Any, *, discharged: bool = False) -> BookingOptions:
    assert row is not None, "a unit of work only opens for an existing practice"
    return BookingOptions(
        time_zone=row[1],
        settings=settings_of(row[0]),
        appointment_types={one.id: one for one in map(_appointment_type, row[2] or ())},
        locations={one.id: one for one in map(_location, row[3] or ())},
        clinicians={one.id: one for one in map(_clinician, row[4] or ())},
        discharged=discharged,
        settings_version=row[5],
    )


@define
class PostgresBookingSetup(BookingSetup):
    """Appointment types and locations."""

    tx: Transaction

    async def save_appointment_type(self, appointment_type: AppointmentType, audit_entry: AuditEntry) -> None:
        await self.tx.save(
            SAVE_APPOINTMENT_TYPE,
            id=appointment_type.id,
            name=appointment_type.name,
            timing=converter.unstructure(appointment_type.timing),
            seats=appointment_type.seats,
            self_bookable=appointment_type.self_bookable,
            active=appointment_type.active,
            version=appointment_type.version,
        )
        self.tx.add_audit_entry(audit_entry)

    async def save_location(self, location: Location, audit_entry: AuditEntry) -> None:
        await self.tx.save(
            SAVE_LOCATION,
            id=location.id,
            name=location.name,
            time_zone=location.time_zone,
            address=location.address or "",
            active=location.active,
            version=location.version,
        )
        self.tx.add_audit_entry(audit_entry)
