"""The world of the notification contracts: a new practice, with methods to add people and appointments."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from portal_core.kernel.actor import Area, ClientActor, ProxyActor, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import Notice
from portal_core.kernel.sources import IdSource
from portal_core.kernel.uow import Begin
from portal_core.notifications.model import NoticeDelivery, Notification
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.safe_email import SafeEmailVerification
from portal_core.notifications.settings import NotificationSettings
from tests.support.clock import FixedClock

AUDIT_ENTRY = AuditEntry("test.wrote")


class NotificationsWorld(ABC):
    """A fresh practice in New York called "Elm Street", with no hosts and no settings of its own."""

    begin: Begin[NotificationsUnit]
    clock: FixedClock
    ids: IdSource
    practice_id: UUID

    @abstractmethod
    async def add_client(
        self, *, email: str = "", time_zone: str | None = None, language: str | None = None
    ) -> UUID: ...

    @abstractmethod
    async def set_practice_contact(self, phone: str, address: str) -> None: ...

    @abstractmethod
    async def add_account(self, email: str, *, client_id: UUID | None = None, status: str = "active") -> UUID:
        """A client's, or a proxy's."""

    @abstractmethod
    async def add_grant(
        self, client_id: UUID, account_id: UUID, areas: Iterable[Area], *, until: date | None = None
    ) -> None:
        """In force since yesterday."""

    @abstractmethod
    async def add_appointment(self, client_id: UUID, starts_at: datetime) -> UUID: ...

    @abstractmethod
    async def cancel_appointment(self, client_id: UUID, appointment_id: UUID) -> None: ...

    @abstractmethod
    async def add_invitation(self, client_id: UUID, expires_at: datetime, *, state: str = "open") -> None:
        """An invitation of the client to an account of their own."""

    @abstractmethod
    async def add_email_change(self, account_id: UUID, old: str, new: str) -> UUID: ...

    @abstractmethod
    async def jobs(self) -> list[tuple[str, dict[str, UUID]]]:
        """The practice's committed jobs, oldest first."""

    @abstractmethod
    async def audit(self) -> list[AuditEntry]:
        """The practice's committed entries, oldest first."""

    @abstractmethod
    async def other_practice(self) -> "NotificationsWorld":
        """Create another practice in the same store, with the same clock."""

    @property
    def system(self) -> SystemActor:
        return SystemActor(self.practice_id, "test")

    def client_actor(self, client_id: UUID, account_id: UUID) -> ClientActor:
        return ClientActor(self.practice_id, account_id, client_id)

    def proxy_actor(self, account_id: UUID, client_id: UUID | None, areas: Iterable[Area]) -> ProxyActor:
        return ProxyActor(self.practice_id, account_id, client_id, frozenset(areas), may_write=False)

    async def notify(self, notice: Notice) -> UUID:
        """Write a notice as a feature does, and return the id of its row."""
        async with self.begin(self.system) as unit:
            await unit.outbox.notify(notice)
            await unit.commit(None)
        return [ids["notice_id"] for name, ids in await self.jobs() if name == "deliver_notice"][-1]

    async def notice(self, notice_id: UUID) -> NoticeDelivery:
        async with self.begin(self.system) as unit:
            found = await unit.notices.get(notice_id)
        assert found is not None
        return found

    async def add_lines(self, *lines: Notification) -> None:
        async with self.begin(self.system) as unit:
            for line in lines:
                await unit.inbox.add(line, AUDIT_ENTRY)
            await unit.commit(None)

    async def keep(self, settings: NotificationSettings) -> None:
        async with self.begin(self.system) as unit:
            await unit.notification_settings.save(settings, AUDIT_ENTRY)
            await unit.commit(None)

    async def keep_verification(self, verification: SafeEmailVerification) -> None:
        async with self.begin(self.system) as unit:
            await unit.notification_settings.save_verification(verification, AUDIT_ENTRY)
            await unit.commit(None)
