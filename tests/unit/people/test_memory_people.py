"""The contract suites of people on the memory adapter."""

import pytest_asyncio

from tests.support.contracts.access.grants_and_invitations import (
    EmailChangesContract,
    GrantsContract,
    InvitationsContract,
)
from tests.support.contracts.people.care_teams import CareTeamsContract
from tests.support.contracts.people.client_accounts import ClientAccountsContract
from tests.support.contracts.people.client_pages import ClientPagesContract
from tests.support.contracts.people.destroyed_records import DestroyedRecordContract
from tests.support.contracts.people.many_clients import ManyClientsContract
from tests.support.contracts.people.people import ClientRecordsContract, PracticeContract, StaffContract
from tests.unit.people.memory_world import MemoryPeopleWorld


@pytest_asyncio.fixture
async def world() -> MemoryPeopleWorld:
    return await MemoryPeopleWorld.create()


class TestMemoryPractice(PracticeContract): ...


class TestMemoryClientRecords(ClientRecordsContract): ...


class TestMemoryClientPages(ClientPagesContract): ...


class TestMemoryClientAccounts(ClientAccountsContract): ...


class TestMemoryDestroyedRecords(DestroyedRecordContract): ...


class TestMemoryManyClients(ManyClientsContract): ...


class TestMemoryCareTeams(CareTeamsContract): ...


class TestMemoryStaff(StaffContract): ...


class TestMemoryInvitations(InvitationsContract): ...


class TestMemoryGrants(GrantsContract): ...


class TestMemoryEmailChanges(EmailChangesContract): ...
