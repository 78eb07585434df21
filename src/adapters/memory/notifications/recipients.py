"""People and their addresses, in memory."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define

from adapters.memory.engine.rows import own_key, own_rows
from adapters.memory.engine.settings import StoredSettings
from adapters.memory.engine.store import MemoryTransaction
from adapters.memory.notifications.inbox import record_language, stored_settings
from portal_core.kernel.notices import AppointmentState
from portal_core.notifications.branding import BrandingSettings, PracticeBranding
from portal_core.notifications.ports import (
    AppointmentTimes,
    Recipient,
    Recipients,
)
from portal_core.notifications.settings import NO_ACCOUNT_ID, NotificationSettings

BASE_URL = "http://127.0.0.1:8000"
BRANDING_SETTINGS = StoredSettings("branding_settings", BrandingSettings)


@define
class MemoryRecipients(Recipients):
    """People by the accounts' tables, whose rows name their practice themselves."""

    tx: MemoryTransaction

    async def account(self, account_id: UUID) -> Recipient | None:
        found = next((one for one in self._all("accounts") if one.id == account_id), None)
        return self._holder(found) if found is not None else None

    async def client(self, client_id: UUID) -> Recipient | None:
        for account in self._active_accounts():
            if account.client_id == client_id:
                return self._holder(account)
        return next((self._of_record(one) for one in self._all("clients") if one.id == client_id), None)

    async def accounts(self, account_ids: Collection[UUID]) -> tuple[Recipient, ...]:
        found = [one for one in self._active_accounts() if one.id in account_ids]
        return tuple(self._holder(one) for one in sorted(found, key=lambda one: one.id))

    async def unregistered(self, email: str, client_id: UUID | None = None) -> Recipient:
        settings = NotificationSettings(NO_ACCOUNT_ID, record_language=record_language(self.tx, client_id))
        return self._recipient(settings, email=email)

    async def former_email(self, account_id: UUID, change_id: UUID) -> str | None:
        changes = (one for one in self._all("email_changes") if one.account_id == account_id and one.id == change_id)
        return next((change.former_email for change in changes), None)

    def _active_accounts(self) -> list[Any]:
        return [one for one in self._all("accounts") if one.status == "active"]

    def _holder(self, account: Any) -> Recipient:
        return self._recipient(
            stored_settings(self.tx, account.id),
            account_id=account.id,
            client_id=account.client_id,
            email=account.email,
        )

    def _of_record(self, client: Any) -> Recipient:
        return self._recipient(
            NotificationSettings(NO_ACCOUNT_ID, record_language=client.language, time_zone=client.time_zone),
            client_id=client.id,
            email=client.email,
            invited_until=max(
                (
                    one.expires_at
                    for one in self._all("invitations")
                    if (one.kind, one.client_id, one.state) == ("client", client.id, "open")
                ),
                default=None,
            ),
        )

    def _recipient(self, settings: NotificationSettings, **who: Any) -> Recipient:
        practice = self._practice()
        branding = BRANDING_SETTINGS.load(self.tx).value
        voice = PracticeBranding.of(practice.name, practice.hosts, branding, BASE_URL, practice.phone, practice.address)
        return Recipient(voice, settings.time_zone or practice.time_zone, settings, **who)

    def _practice(self) -> Any:
        return next(one for one in self.tx.table("practices").values() if one.id == self.tx.practice_id)

    def _all(self, table: str) -> list[Any]:
        return [one for one in self.tx.table(table).values() if one.practice_id == self.tx.practice_id]


@define
class MemoryAppointmentTimes(AppointmentTimes):
    """Starts of appointments, by the appointments' tables."""

    tx: MemoryTransaction

    async def starts_at(
        self, client_id: UUID, appointment_id: UUID, state: AppointmentState = "booked"
    ) -> datetime | None:
        part = next(
            (
                one
                for one in own_rows(self.tx, "attendances")
                if one.appointment_id == appointment_id and one.client_id == client_id
            ),
            None,
        )
        found = self.tx.table("appointments").get(own_key(self.tx, appointment_id))
        if part is None or found is None:
            return None
        states = {
            "booked": found.status == "booked" and part.status == "attending",
            "cancelled": "cancelled" in (found.status, part.status),
        }
        starts: datetime = (part.left or found).starts_at
        return starts if states[state] else None
