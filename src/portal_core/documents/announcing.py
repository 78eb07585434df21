"""How a client learns that a document can be opened, and the practice that a client sent something."""

from collections.abc import Iterable
from uuid import UUID

from portal_core.documents.model import Document
from portal_core.documents.ports import DocumentStaffMember, DocumentsUnit
from portal_core.kernel.notices import CLIENT_SENT, DOCUMENT_SHARED, SENSITIVE_DOCUMENT_SHARED


async def announce(unit: DocumentsUnit, document: Document, file_id: UUID) -> None:
    """Notify the client, and the proxies who may see it: once for each share of each version. Nobody learns of one that
    is withheld from the client.
    """
    if document.is_withheld(proxy=False) or document.shared_at is None:
        return
    kind = SENSITIVE_DOCUMENT_SHARED if document.sensitive else DOCUMENT_SHARED
    key = f"document_shared:{file_id}:{document.shared_at.isoformat()}"
    await unit.outbox.notify(kind.to_client(document.client_id, subject_id=document.id, deduplication_key=key))


async def tell_care_team(unit: DocumentsUnit, client_id: UUID, subject_id: UUID) -> None:
    """Notify the clinicians on the client's care team; if none has an account, the front desk and administrators."""
    team = await unit.care_teams.of(client_id)
    staff = [one for one in await unit.staff_records.all() if one.active]
    told = await _accounts(unit, (one for one in staff if one.clinician_id in team))
    if not told:
        told = await _accounts(unit, (one for one in staff if one.roles & {"front_desk", "administrator"}))
    for account_id in told:
        await unit.outbox.notify(CLIENT_SENT.to_account(account_id, subject_id=subject_id))


async def _accounts(unit: DocumentsUnit, staff: Iterable[DocumentStaffMember]) -> list[UUID]:
    found = [await unit.accounts.find_by_person("practice", one.id) for one in staff]
    return [one.id for one in found if one is not None and one.status == "active"]
