"""Contract of who has an account. Provide the fixture `world`."""

from datetime import timedelta
from uuid import UUID

from portal_core.accounts.model import Account, AccountStatus
from portal_core.kernel.page import PageRequest
from portal_core.people.model import ClientFilter
from portal_core.people.views import ClientAccountView
from tests.support.contracts.people.world import AUDIT_ENTRY, PeopleWorld


class ClientAccountsContract:
    """Clients' accounts, one by one and in the list of clients."""

    async def test_status_of_a_clients_account(self, world: PeopleWorld) -> None:
        now = world.clock.now()
        week = now + timedelta(days=7)
        tomorrow = (now + timedelta(days=1)).date()
        expected: dict[UUID, ClientAccountView] = {}

        async def add(account: ClientAccountView, *statuses: AccountStatus, **invitation: object) -> Account | None:
            client = await world.add_client(f"N{len(expected)}")
            expected[client.id] = account
            for status in statuses:
                email = f"{world.ids.new()}@example.org"
                added = await world.add_account(email, "client", client_id=client.id, status=status)
            if invitation:
                await world.add_invitation(client.id, f"{client.id}@example.org", **invitation)
            return added if statuses else None

        none, active, closed = (ClientAccountView(status) for status in ("none", "active", "closed"))  # type: ignore[arg-type]
        await add(none)
        await add(none, "unverified")
        await add(none, kind="client", expires_at=now)
        await add(none, kind="client", state="withdrawn")
        await add(none, kind="proxy")
        await add(ClientAccountView("invited", week), expires_at=week)
        await add(ClientAccountView("invited", week), "closed", expires_at=week)
        await add(closed, "closed", "closed")
        await add(active, "closed", "active", expires_at=week)
        holders = [await add(ClientAccountView("suspended"), "active"), await add(active, "active")]
        for holder, usable_from in zip(holders, (tomorrow, now.date()), strict=True):
            assert holder is not None
            async with world.begin(world.system) as unit:
                await unit.accounts.set_usable_from(holder.id, usable_from, AUDIT_ENTRY)
                await unit.commit(None)
        await (await world.other_practice()).add_client()
        async with world.begin(world.staff()) as unit:
            assert {one: await unit.client_accounts.of(one, now) for one in expected} == expected
            listed = await unit.client_records.page(PageRequest(size=100), now)
            assert {one.id: one.account for one in listed.items} == expected
            for status in ("none", "invited", "active", "suspended", "closed"):
                found = await unit.client_records.page(PageRequest(size=100), now, ClientFilter(status))
                of_status = {one for one, account in expected.items() if account.status == status}
                assert {one.id for one in found.items} == of_status, status
            first = await unit.client_records.page(PageRequest(size=3), now, ClientFilter("none"))
            rest = await unit.client_records.page(PageRequest(first.next, 3), now, ClientFilter("none"))
        assert [len(first.items), len(rest.items)] == [3, 2]
        somebody = next(iter(expected))
        async with world.begin(world.as_client(somebody)) as unit:
            assert await unit.client_accounts.of(somebody, now) == none
