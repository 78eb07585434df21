"""Make a link under which a client downloads a document."""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from attrs import frozen

from portal_core.documents.access import find_file, find_readable
from portal_core.documents.model import Document
from portal_core.documents.policy import require_documents
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import DownloadLinkView
from portal_core.files.download_link import LINK_LIFETIME, DownloadLink
from portal_core.kernel.actor import Actor, ProxyActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen
class CreateDownloadLinkCommand:
    """`number`: of the version; the latest that can be opened for None. `in_page`: to show an image in a page."""

    document_id: UUID
    number: int | None = None
    in_page: bool = False


@frozen
class CreateDownloadLink:
    """A link to a document's content for five minutes, shorter if the share ends sooner. As `GetDocument`.

    The link ends with the session, a proxy's grant, and the share. Its token is shown once.

    Raises:
        NotFound: there is no such document or version, or it is not shared with them.
        DocumentWithheld: a clinician withholds it from them.
        FileNotAvailable: it is still being checked, or was refused.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def __call__(self, actor: Actor, command: CreateDownloadLinkCommand) -> DownloadLinkView:
        now, token = self.clock.now(), self.tokens.token()
        async with self.begin(actor) as unit:
            client_id, scope = require_documents(actor)
            holder = require_account_holder(actor)
            # Revoking or withholding it meanwhile waits for this unit, and then ends this link too.
            document = await find_readable(unit, client_id, scope, command.document_id, now, lock=True)
            file = await find_file(unit, document, command.number)
            file.readable()
            ends = [now + LINK_LIFETIME, *_share_ends(document)]
            link = DownloadLink(
                id=self.ids.new(),
                practice_id=actor.practice_id,
                client_id=client_id,
                account_id=holder.account_id,
                session_id=holder.session_id,
                grant_id=actor.grant_id if isinstance(actor, ProxyActor) else None,
                file_id=file.id,
                token_hash=sha256(token.encode()).digest(),
                in_page=command.in_page,
                expires_at=min(ends),
            )
            entry = AuditEntry("document.link_made", document.id, record=client_id, facts={"file": str(file.id)})
            await unit.download_links.add(link, entry)
            return await unit.commit(DownloadLinkView(token, link.expires_at))


def _share_ends(document: Document) -> list[datetime]:
    return [document.expires_at] if document.origin == "practice" and document.expires_at else []
