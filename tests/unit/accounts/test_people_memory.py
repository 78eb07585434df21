"""The contract suites of people on the memory adapter."""

import pytest_asyncio

from tests.support.contracts.people import ClientRecordsContract, PracticeContract, StaffContract
from tests.support.contracts.people_access import EmailChangesContract, GrantsContract, InvitationsContract
from tests.support.contracts.people_keys import KeyContract
from tests.unit.accounts.people_memory import MemoryPeople


@pytest_asyncio.fixture
async def world() -> MemoryPeople:
    return await MemoryPeople.open()


class TestMemoryPractice(PracticeContract): ...


class TestMemoryClientRecords(ClientRecordsContract): ...


class TestMemoryKeys(KeyContract): ...


class TestMemoryStaff(StaffContract): ...


class TestMemoryInvitations(InvitationsContract): ...


class TestMemoryGrants(GrantsContract): ...


class TestMemoryEmailChanges(EmailChangesContract): ...
