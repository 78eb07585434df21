"""Kept mail in memory."""

from attrs import define

from adapters.local.mail import KeptMail, MailShelf
from adapters.memory.engine.store import MemoryStore


@define
class MemoryMailShelf(MailShelf):
    """Kept mail, in the store's own table."""

    store: MemoryStore

    async def keep(self, mail: KeptMail) -> None:
        self.store.table("kept_mail")[mail.id] = mail

    async def latest(self, limit: int) -> tuple[KeptMail, ...]:
        found = sorted(self.store.table("kept_mail").values(), key=lambda mail: (mail.at, mail.id), reverse=True)
        return tuple(found[:limit])
