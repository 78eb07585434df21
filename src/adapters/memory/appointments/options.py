"""Booking options in memory."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from attrs import define, evolve

from adapters.memory.engine.row_visibility import is_visible_client
from adapters.memory.engine.rows import own_key, own_rows, time_zone_at, visible
from adapters.memory.engine.sealing import key_destroyed
from adapters.memory.engine.settings import StoredSettings
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.ports import (
    BookingDirectory,
    BookingSetup,
)
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

APPOINTMENT_SETTINGS = StoredSettings("appointment_settings", AppointmentSettings)


@define
class MemoryBookingDirectory(BookingDirectory):
    """Appointment types, locations and settings; clinicians, clients and care teams from the practice's people."""

    tx: MemoryTransaction

    async def for_client(self, client_id: UUID) -> BookingOptions:
        known = await self.clients([client_id])
        client = known.get(client_id, Client(id=client_id, name=""))
        options = load_booking_options(self.tx, self._team(client_id))
        return evolve(options, discharged=client.discharged, erased=client.erased)

    def _team(self, client_id: UUID) -> set[UUID]:
        own = own_key(self.tx, client_id)
        return {key[2] for key in self.tx.table("care_team") if key[:2] == own and visible(self.tx, client_id)}

    async def published_hours(self, client_id: UUID, on: date) -> list[PublishedHours]:
        team, found = self._team(client_id), set[PublishedHours]()
        for rule in own_rows(self.tx, "availability_rules"):
            if rule.clinician_id in team and (rule.valid_until is None or rule.valid_until >= on):
                found.add(
                    PublishedHours(
                        clinician_id=rule.clinician_id,
                        location_id=rule.location_id,
                        appointment_type_ids=rule.appointment_type_ids,
                    )
                )
        for one in own_rows(self.tx, "availability_exceptions"):
            if one.clinician_id in team and one.available and one.date >= on:
                found.add(PublishedHours(clinician_id=one.clinician_id, location_id=one.location_id))
        return list(found)

    async def for_practice(self) -> BookingOptions:
        return load_booking_options(self.tx, None)

    async def clinician(self, clinician_id: UUID) -> Clinician | None:
        return load_booking_options(self.tx, [clinician_id]).clinicians.get(clinician_id)

    async def clients(self, client_ids: Collection[UUID]) -> Mapping[UUID, Client]:
        known = load_clients(self.tx)
        return {one: known[one] for one in client_ids if one in known and visible(self.tx, one) and self._mine(one)}

    def _mine(self, client_id: UUID) -> bool:
        return own_clients_of(self.tx.actor) is None or is_visible_client(self.tx, client_id)


def load_booking_options(tx: MemoryTransaction, clinicians: Collection[UUID] | None) -> BookingOptions:
    """The practice's booking options, with the given clinicians, or with all for None."""
    stored = APPOINTMENT_SETTINGS.load(tx)
    return BookingOptions(
        time_zone=time_zone_at(tx, None),
        settings=stored.value,
        appointment_types={one.id: one for one in own_rows(tx, "appointment_types")},
        locations={one.id: one for one in own_rows(tx, "locations")},
        clinicians={
            one.id: Clinician(
                id=one.id,
                name=one.name,
                credentials=one.credentials,
                account_id=_account_id(tx, one.id),
                room_link=one.room_link,
                active=one.active,
                room_missing=tx.store.needs_clinician_link and one.room_link is None,
            )
            for one in practice_rows(tx, "clinicians")
            if clinicians is None or one.id in clinicians
        },
        settings_version=stored.version,
    )


def _account_id(tx: MemoryTransaction, clinician_id: UUID) -> UUID | None:
    members = {one.id for one in practice_rows(tx, "staff") if one.clinician_id == clinician_id}
    accounts = (one.id for one in practice_rows(tx, "accounts") if one.staff_id in members and one.status != "closed")
    return next(accounts, None)


def practice_rows(tx: MemoryTransaction, table: str) -> list[Any]:
    """The practice's rows of the people's tables, whose keys do not include the practice."""
    return [one for one in tx.table(table).values() if one.practice_id == tx.practice_id]


@define
class MemoryBookingSetup(BookingSetup):
    """Writes appointment types, locations and rules."""

    tx: MemoryTransaction

    async def save_appointment_type(self, appointment_type: AppointmentType, audit_entry: AuditEntry) -> None:
        self._save("appointment_types", appointment_type)
        await self.tx.audit.record(audit_entry)

    async def save_location(self, location: Location, audit_entry: AuditEntry) -> None:
        self._save("locations", location)
        await self.tx.audit.record(audit_entry)

    def _save(self, table: str, row: AppointmentType | Location) -> None:
        key = own_key(self.tx, row.id)
        write = self.tx.save if key in self.tx.table(table) else self.tx.insert
        write(table, key, row)


def load_clients(tx: MemoryTransaction) -> dict[UUID, Client]:
    """The practice's clients, by id."""
    return {
        one.id: Client(
            id=one.id,
            name=one.display_name,
            pronouns=one.pronouns,
            discharged=one.status == "discharged",
            erased=key_destroyed(tx, one.id),
        )
        for one in practice_rows(tx, "clients")
    }
