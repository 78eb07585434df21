"""The PostgreSQL adapters fulfill the contracts of documents, with encryption and row-level security."""

import pytest_asyncio

from portal_core.documents.model import Withholding
from tests.support.accounts.postgres_world import PostgresAccountsWorld
from tests.support.contracts.documents.amendments import AmendmentRequestsContract
from tests.support.contracts.documents.documents import (
    READER,
    DocumentReadsContract,
    DocumentsContract,
    add_document,
)
from tests.support.engine.postgres import PortalDatabase


@pytest_asyncio.fixture
async def world(shared_database: PortalDatabase) -> PostgresAccountsWorld:
    return await PostgresAccountsWorld.create(shared_database)


class TestPostgresDocuments(DocumentsContract):
    async def test_title_and_reason_are_sealed(self, world: PostgresAccountsWorld) -> None:
        decision = Withholding(basis="danger_to_life_or_safety", decided_by=READER, decided_at=world.clock.now())
        document = await add_document(
            world, await world.add_client(), title="harbour", withholding=decision, withheld_reason="violet"
        )
        query = "SELECT title, withheld_reason FROM portal.documents WHERE id = %s"
        row = world.database.owner.execute(query, (document.id,)).fetchone()
        assert row is not None
        assert all(word not in bytes(stored) for stored in row for word in (b"violet", b"harbour"))


class TestPostgresDocumentReads(DocumentReadsContract): ...


class TestPostgresAmendmentRequests(AmendmentRequestsContract): ...
