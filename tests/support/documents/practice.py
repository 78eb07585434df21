"""A practice with documents: every use case of files and documents, over any world, with files in memory."""

from collections.abc import AsyncIterator
from typing import Any, TypeVar
from uuid import UUID

import attrs
from attrs import define, field

from adapters.local.kind_recognizer import ThreadedKindRecognizer
from adapters.local.signature_scanner import SignatureScanner
from adapters.local.sources import SystemTokens
from adapters.memory.engine.limits import MemoryRateLimits
from adapters.memory.files.store import MemoryFileStore
from portal_core.documents.model import Document
from portal_core.documents.use_cases.add_document import AddDocument, AddDocumentCommand
from portal_core.documents.use_cases.send_client_document_content import (
    SendClientDocumentContent,
    SendClientDocumentContentCommand,
)
from portal_core.documents.use_cases.send_document_content import SendDocumentContent, SendDocumentContentCommand
from portal_core.documents.use_cases.upload_document import UploadDocument, UploadDocumentCommand
from portal_core.documents.views import DocumentView, PracticeDocumentView
from portal_core.files.content_ports import FileContent, MalwareScanner, ScanResult
from portal_core.files.model import StoredFile
from portal_core.files.receiving import ContentReceiver
from portal_core.files.use_cases.check_file import CheckFile, CheckFileCommand
from portal_core.files.use_cases.delete_content import DeleteContent
from portal_core.kernel.actor import Actor, Area, ClientActor, ProxyActor, Role, StaffActor
from portal_core.kernel.errors import Unavailable
from tests.support.contracts.accounts.world import AccountsWorld
from tests.support.contracts.documents.documents import begin_documents

T = TypeVar("T")
HELLO = b"Hello, here is my letter.\n"


@define
class SilentScanner(MalwareScanner):
    """A scanner that does not respond while `away`; then as the built-in one."""

    away: bool = False
    scanner: SignatureScanner = field(factory=SignatureScanner)

    async def scan(self, content: FileContent) -> ScanResult:
        if self.away:
            raise Unavailable
        return await self.scanner.scan(content)


async def pieces(content: bytes, size: int = 7) -> AsyncIterator[bytes]:
    """The content as it arrives."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


@define
class DocumentsPractice:
    """The world's practice. `use(CheckFile)` is a use case over its parts."""

    world: AccountsWorld
    file_store: MemoryFileStore = field(factory=MemoryFileStore)
    malware_scanner: SilentScanner = field(factory=SilentScanner)
    kind_recognizer: ThreadedKindRecognizer = field(factory=ThreadedKindRecognizer)
    tokens: SystemTokens = field(factory=SystemTokens)
    limits: MemoryRateLimits = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.limits = MemoryRateLimits(self.world.clock)

    def use(self, kind: type[T]) -> T:
        world = self.world
        receiver = ContentReceiver(
            world.begin,  # type: ignore[arg-type]  # of all features
            self.file_store,
            self.kind_recognizer,
            world.clock,
            world.ids,
            self.tokens,
        )
        parts: dict[str, Any] = {
            "begin": world.begin,
            "clock": world.clock,
            "ids": world.ids,
            "tokens": self.tokens,
            "limits": self.limits,
            "file_store": self.file_store,
            "malware_scanner": self.malware_scanner,
            "content_receiver": receiver,
        }
        wanted: Any = kind
        return kind(**{one.name: parts[one.name] for one in attrs.fields(wanted)})

    def staff(self, *roles: Role, clinician_id: UUID | None = None) -> StaffActor:
        return StaffActor(self.world.practice_id, self.world.ids.new(), frozenset(roles), clinician_id)

    def clinician(self) -> StaffActor:
        return self.staff("clinician", clinician_id=self.world.ids.new())

    def client(self, client_id: UUID) -> ClientActor:
        return ClientActor(self.world.practice_id, UUID(int=55), client_id)

    def proxy(self, client_id: UUID, *areas: Area, may_write: bool = False) -> ProxyActor:
        return ProxyActor(self.world.practice_id, UUID(int=56), client_id, frozenset(areas), may_write)

    async def add(
        self, actor: Actor, client_id: UUID, content: bytes | None = HELLO, **more: Any
    ) -> PracticeDocumentView:
        """A document of the practice, with its content unless that is None; scanned."""
        values = {"category": "letter", "title": "A letter", "file_name": "letter.txt"} | more
        view = await self.use(AddDocument)(actor, AddDocumentCommand(client_id=client_id, **values))
        if content is None:
            return view
        return await self.send(actor, client_id, view.id, content)

    async def send(self, actor: Actor, client_id: UUID, document_id: UUID, content: bytes) -> PracticeDocumentView:
        command = SendClientDocumentContentCommand(client_id, document_id, pieces(content))
        view = await self.use(SendClientDocumentContent)(actor, command)
        await self.scan(client_id)
        return view

    async def upload(
        self, actor: Actor, content: bytes | None = HELLO, *, scan: bool = True, **more: Any
    ) -> DocumentView:
        """A document that a client or proxy sends."""
        values = {"category": "insurance", "file_name": "card.txt"} | more
        view = await self.use(UploadDocument)(actor, UploadDocumentCommand(**values))
        if content is None:
            return view
        command = SendDocumentContentCommand(view.id, pieces(content))
        view = await self.use(SendDocumentContent)(actor, command)
        if scan:
            assert isinstance(actor, ClientActor | ProxyActor)
            assert actor.client_id is not None
            await self.scan(actor.client_id)
        return view

    async def files(self, client_id: UUID) -> list[StoredFile]:
        """The client's files, the latest first."""
        found = list[StoredFile]()
        async with begin_documents(self.world)(self.world.system) as unit:
            for document in await self._documents(client_id):
                for file_id in await unit.documents.file_ids(client_id, document.id):
                    file = await unit.files.get(client_id, file_id)
                    assert file is not None
                    found.append(file)
        return sorted(found, key=lambda one: one.id, reverse=True)

    async def _documents(self, client_id: UUID) -> list[Document]:
        store: Any = self.world
        rows = store.store.table("documents").values()
        return [one for one in rows if one.client_id == client_id]

    async def delete_failed_uploads(self) -> None:
        """Delete what failed and replaced uploads left, as the worker does."""
        queued: Any = self.world.store  # type: ignore[attr-defined]  # of the memory adapter
        for name, ids in queued.jobs:
            if name == "delete_content":
                await self.use(DeleteContent)(self.world.system, ids["object_id"])

    async def scan(self, client_id: UUID) -> None:
        """Scan the client's files in quarantine, as the worker does."""
        for file in await self.files(client_id):
            await self.use(CheckFile)(self.world.system, CheckFileCommand(client_id, file.id))
