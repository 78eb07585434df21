"""What a page needs when it loads: before anybody has signed in, and about the account that has."""

from uuid import UUID

import pytest

from portal_core.accounts.settings import AccountSettings
from portal_core.accounts.use_cases.get_own_account import GetOwnAccount
from portal_core.accounts.use_cases.get_start import GetStart
from portal_core.kernel.actor import ProxyActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Unauthenticated
from tests.unit.accounts.use_cases import ANN, STAFF, AccountUseCases


async def test_everybody_reads_the_practice_and_its_rules() -> None:
    use_cases = AccountUseCases()
    async with use_cases.world.begin(use_cases.system) as unit:
        await unit.account_settings.save(AccountSettings(min_password_length=15), None, AuditEntry("settings.changed"))
        await unit.commit(None)
    await use_cases.add_client_account()
    client = await use_cases.holder(await use_cases.signed_in())
    for actor in (use_cases.visitor(), client):
        start = await GetStart(use_cases.world.begin)(actor)
        assert (start.practice.name, start.practice.time_zone) == ("Elm Street", "America/New_York")
        assert (start.password_rules.min_length, start.password_rules.max_length) == (15, 128)
        assert start.languages == ("en", "es")
        assert {one.kind: (one.call, one.text) for one in start.crisis_lines} == {
            "suicide_and_crisis": ("988", "988"),
            "emergency": ("911", None),
        }


async def test_client_reads_their_account_and_name_audited() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    client = await use_cases.holder(await use_cases.signed_in())
    view = await GetOwnAccount(use_cases.world.begin)(client)
    assert (view.id, view.email, view.kind, view.second_factor) == (account.id, ANN, "client", "none")
    assert (view.name, view.client_id, view.staff_id, view.roles) == ("Ann Lee", account.client_id, None, ())
    last = (await use_cases.world.audit())[-1]
    assert (last.action, last.target, last.record) == ("account.read", account.id, account.client_id)


async def test_staff_member_reads_their_roles() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_staff_account()
    member = await use_cases.holder(await use_cases.open_session_for(account))
    view = await GetOwnAccount(use_cases.world.begin)(member)
    assert (view.email, view.kind, view.name) == (STAFF, "staff", "Sam Wu")
    assert (view.staff_id, view.client_id, view.roles) == (account.staff_id, None, ("front_desk",))


async def test_proxy_without_a_record_reads_their_account() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.world.account("pat@example.org", kind="proxy")
    view = await GetOwnAccount(use_cases.world.begin)(ProxyActor(use_cases.world.practice_id, account.id))
    assert (view.kind, view.email, view.name, view.client_id) == ("proxy", "pat@example.org", None, None)


async def test_visitor_and_unknown_account_are_refused() -> None:
    use_cases = AccountUseCases()
    for actor in (use_cases.visitor(), ProxyActor(use_cases.world.practice_id, UUID(int=9))):
        with pytest.raises(Unauthenticated):
            await GetOwnAccount(use_cases.world.begin)(actor)
