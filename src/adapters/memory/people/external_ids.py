"""Unique external ids, as PostgreSQL's indexes keep them."""

from adapters.memory.engine.rows import own_rows
from adapters.memory.engine.store import MemoryTransaction
from portal_core.people.errors import DuplicateExternalId
from portal_core.people.model import Client, Clinician, StaffMember


def require_unique_external_id(tx: MemoryTransaction, table: str, row: Client | Clinician | StaffMember) -> None:
    """Raises DuplicateExternalId when another row of the table has this one's external id."""
    for other in own_rows(tx, table):
        if other.id != row.id and row.external_id is not None and other.external_id == row.external_id:
            raise DuplicateExternalId
