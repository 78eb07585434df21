"""A practice in memory, with a client and the front desk."""

from uuid import UUID

import pytest

from portal_core.kernel.actor import StaffActor
from tests.support.documents.practice import DocumentsPractice
from tests.unit.accounts.memory_world import MemoryAccountsWorld


@pytest.fixture
def world() -> MemoryAccountsWorld:
    return MemoryAccountsWorld()


@pytest.fixture
def practice(world: MemoryAccountsWorld) -> DocumentsPractice:
    return DocumentsPractice(world)


@pytest.fixture
async def ann(world: MemoryAccountsWorld) -> UUID:
    return await world.add_client()


@pytest.fixture
def front_desk(practice: DocumentsPractice) -> StaffActor:
    return practice.staff("front_desk")


@pytest.fixture
def grey(practice: DocumentsPractice) -> StaffActor:
    """A clinician."""
    return practice.clinician()
