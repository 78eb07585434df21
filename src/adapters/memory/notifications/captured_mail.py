"""Captured mail in memory."""

from attrs import define

from adapters.local.mail import CapturedMail, CapturedMailStore
from adapters.memory.engine.store import MemoryStore


@define
class MemoryCapturedMailStore(CapturedMailStore):
    """Captured mail in a table of the memory store."""

    store: MemoryStore

    async def keep(self, mail: CapturedMail) -> None:
        self.store.table("captured_mail")[mail.id] = mail

    async def latest(self, limit: int | None) -> tuple[CapturedMail, ...]:
        found = sorted(self.store.table("captured_mail").values(), key=lambda mail: (mail.at, mail.id), reverse=True)
        return tuple(found[:limit])
