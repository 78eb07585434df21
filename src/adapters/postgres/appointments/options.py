"""Booking options in PostgreSQL, read by one statement."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from attrs import define, evolve
from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Text,
    any_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import insert

from adapters.codec import converter
from adapters.postgres.appointments.tables import (
    appointment_settings,
    appointment_types,
    availability_exceptions,
    availability_rules,
    locations,
)
from adapters.postgres.engine.columns import Uuid, Uuids
from adapters.postgres.engine.entities import entity
from adapters.postgres.engine.settings import StoredSettings, decode_settings, settings_text
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.tables import client_keys
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.own_clients import is_own
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
    PublishedHours,
)
from portal_core.kernel.actor import own_clients_of
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


_TYPE = entity(AppointmentType, appointment_types, id=(appointment_types.c.id,), timing=(appointment_types.c.timing,))
_LOCATION = entity(Location, locations, id=(locations.c.id,), address=func.nullif(locations.c.address, EMPTY_TEXT))
_CLINICIAN = entity(
    Clinician,
    clinicians,
    id=(clinicians.c.id,),
    credentials=func.nullif(clinicians.c.credentials, EMPTY_TEXT),
    account_id=(func.portal.clinician_account(clinicians.c.practice_id, clinicians.c.id, type_=Uuid),),
    room_link=func.nullif(clinicians.c.room_link, EMPTY_TEXT),
    room_missing=(),
)


def _as_json(rows: Select[Any]) -> Any:
    """All rows in one value: an array of objects."""
    return select(func.json_agg(rows.subquery().table_valued())).scalar_subquery()


_practice = bindparam("practice_id", type_=Uuid)
_appointment_types = _as_json(select(*_TYPE.columns).where(appointment_types.c.practice_id == _practice))
_locations = _as_json(select(*_LOCATION.columns).where(locations.c.practice_id == _practice))
_all_clinicians = select(*_CLINICIAN.columns).where(clinicians.c.practice_id == _practice)
_team = _all_clinicians.join(
    care_team,
    (care_team.c.practice_id == clinicians.c.practice_id) & (care_team.c.clinician_id == clinicians.c.id),
).where(care_team.c.practice_id == _practice, care_team.c.client_id == bindparam("client_id"))


_DISCHARGED = clients.c.status == "discharged"
_key = client_keys.c.practice_id == clients.c.practice_id, client_keys.c.client_id == clients.c.id
_ERASED = ~select(client_keys.c.client_id).where(*_key).exists()
_CLIENT = entity(Client, clients, name=DISPLAY_NAME, pronouns=PRONOUNS, discharged=_DISCHARGED, erased=_ERASED)
_status = [
    select(one)
    .where(clients.c.practice_id == _practice, clients.c.id == bindparam("client_id"))
    .scalar_subquery()
    .label(name)
    for name, one in (("discharged", _DISCHARGED), ("erased", _ERASED))
]


_on = bindparam("on", type_=Date())


def _of_clinician(table: Any) -> Any:
    return (care_team.c.practice_id == table.c.practice_id) & (care_team.c.clinician_id == table.c.clinician_id)


def _booking_options(team: Select[Any], *more: Any) -> Any:
    return (
        select(
            SETTINGS,
            practices.c.time_zone,
            _appointment_types.label("appointment_types"),
            _locations.label("locations"),
            _as_json(team).label("clinicians"),
            func.coalesce(appointment_settings.c.version, literal_column("0")).label("settings_version"),
            *more,
        )
        .select_from(practices)
        .outerjoin(appointment_settings, appointment_settings.c.practice_id == practices.c.id)
        .where(practices.c.id == _practice)
    )


FOR_CLIENT = statement("booking_options.for_client", _booking_options(_team, *_status))
_team_member = care_team.c.practice_id == _practice, care_team.c.client_id == bindparam("client_id")
PUBLISHED_HOURS = statement(
    "booking_options.published_hours",
    union(
        select(
            availability_rules.c.clinician_id,
            availability_rules.c.location_id,
            availability_rules.c.appointment_type_ids,
        )
        .select_from(availability_rules.join(care_team, _of_clinician(availability_rules)))
        .where(
            availability_rules.c.practice_id == _practice,
            *_team_member,
            or_(availability_rules.c.valid_until.is_(None), availability_rules.c.valid_until >= _on),
        ),
        select(
            availability_exceptions.c.clinician_id,
            availability_exceptions.c.location_id,
            literal_column("'{}'::uuid[]", Uuids),
        )
        .select_from(availability_exceptions.join(care_team, _of_clinician(availability_exceptions)))
        .where(
            availability_exceptions.c.practice_id == _practice,
            *_team_member,
            availability_exceptions.c.available,
            availability_exceptions.c.date >= _on,
        ),
    ),
)
FOR_PRACTICE = statement("booking_options.for_practice", _booking_options(_all_clinicians))
CLINICIAN = statement("booking_options.clinician", _all_clinicians.where(clinicians.c.id == bindparam("id")))
_clients = select(*_CLIENT.columns).where(clients.c.practice_id == _practice)
# Of its own, because a record's plan is made for all values, and PostgreSQL 15 then expects an array to hold many ids.
CLIENT = statement("booking_options.client", _clients.where(clients.c.id == bindparam("client_id")))
CLIENTS = statement(
    "booking_options.clients",
    _clients.where(clients.c.id == any_(bindparam("client_ids", type_=Uuids))),
    scope_exemption="the practice books for several clients; row-level security confines a client to their own record",
)
_MY_OWN = "a clinician who sees own clients only books for them; the condition confines them"
OWN_CLIENTS = statement(
    "booking_options.own_clients",
    _clients.where(clients.c.id == any_(bindparam("client_ids", type_=Uuids)), is_own(clients.c.id)),
    scope_exemption=_MY_OWN,
)


def _replace(table: Any) -> Any:
    """An upsert by id that updates only a row whose version is one lower."""
    row = insert(table)
    changing = {column.name: row.excluded[column.name] for column in table.c if not column.primary_key}
    before = table.c.version == row.excluded.version - literal_column("1")
    return row.on_conflict_do_update(index_elements=["practice_id", "id"], set_=changing, where=before)


SAVE_APPOINTMENT_TYPE = statement("booking_options.save_appointment_type", _replace(appointment_types))
SAVE_LOCATION = statement("booking_options.save_location", _replace(locations))


def settings_of(values: str | None) -> AppointmentSettings:
    """The settings from the JSON text of `SETTINGS`."""
    return decode_settings(AppointmentSettings, values)


def _clinician(row: Any, tx: Transaction) -> Clinician:
    return _CLINICIAN.of(
        row,
        id=_uuid(row["id"]),
        account_id=_uuid(row["clinician_account"]),
        room_missing=tx.needs_clinician_link and row["room_link"] is None,
    )


def _uuid(value: UUID | str | None) -> Any:
    """An id from a column, or from JSON."""
    return UUID(value) if isinstance(value, str) else value


def _appointment_type(row: Any) -> AppointmentType:
    return _TYPE.of(row, id=UUID(row["id"]), timing=converter.structure(row["timing"], AppointmentTiming))


def _location(row: Any) -> Location:
    return _LOCATION.of(row, id=UUID(row["id"]))


@define
class PostgresBookingDirectory(BookingDirectory):
    """Reads appointment types, locations and clinicians as JSON within the single row of the practice."""

    tx: Transaction

    async def for_client(self, client_id: UUID) -> BookingOptions:
        row = await self.tx.fetchrow(FOR_CLIENT, client_id=client_id)
        found = _booking_options_of(row, self.tx)
        return evolve(found, discharged=bool(row and row["discharged"]), erased=bool(row and row["erased"]))

    async def published_hours(self, client_id: UUID, on: date) -> list[PublishedHours]:
        rows = await self.tx.fetch(PUBLISHED_HOURS, client_id=client_id, on=on)
        return [
            PublishedHours(
                clinician_id=row["clinician_id"],
                location_id=row["location_id"],
                appointment_type_ids=frozenset(row["appointment_type_ids"]),
            )
            for row in rows
        ]

    async def for_practice(self) -> BookingOptions:
        return _booking_options_of(await self.tx.fetchrow(FOR_PRACTICE), self.tx)

    async def clinician(self, clinician_id: UUID) -> Clinician | None:
        row = await self.tx.fetchrow(CLINICIAN, id=clinician_id)
        return None if row is None else _clinician(row, self.tx)

    async def clients(self, client_ids: Collection[UUID]) -> Mapping[UUID, Client]:
        ids, clinician_id = list(client_ids), own_clients_of(self.tx.actor)
        if clinician_id is not None:
            rows = await self.tx.fetch(OWN_CLIENTS, client_ids=ids, own_clinician=clinician_id)
        elif len(ids) == 1:
            rows = await self.tx.fetch(CLIENT, client_id=ids[0])
        else:
            rows = await self.tx.fetch(CLIENTS, client_ids=ids)
        return {row["id"]: _CLIENT.of(row) for row in rows}


def _booking_options_of(row: Any, tx: Transaction) -> BookingOptions:
    assert row is not None, "a unit of work only opens for an existing practice"
    return BookingOptions(
        time_zone=row["time_zone"],
        settings=settings_of(row["settings"]),
        appointment_types={one.id: one for one in map(_appointment_type, row["appointment_types"] or ())},
        locations={one.id: one for one in map(_location, row["locations"] or ())},
        clinicians={one.id: one for one in (_clinician(each, tx) for each in row["clinicians"] or ())},
        settings_version=row["settings_version"],
    )


@define
class PostgresBookingSetup(BookingSetup):
    """Appointment types and locations."""

    tx: Transaction

    async def save_appointment_type(self, appointment_type: AppointmentType, audit_entry: AuditEntry) -> None:
        timing = converter.unstructure(appointment_type.timing)
        await self.tx.save(
            SAVE_APPOINTMENT_TYPE, **_TYPE.values(appointment_type, id=appointment_type.id, timing=timing)
        )
        self.tx.add_audit_entry(audit_entry)

    async def save_location(self, location: Location, audit_entry: AuditEntry) -> None:
        values = _LOCATION.values(location, id=location.id, address=location.address or "")
        await self.tx.save(SAVE_LOCATION, **values)
        self.tx.add_audit_entry(audit_entry)
