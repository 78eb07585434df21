"""A client's own demographics, and the change of email."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from attrs import define, evolve

from portal_core.access.model import GrantTerms
from portal_core.accounts.errors import AlreadyRegistered, CodeRefused, PasswordRefused
from portal_core.accounts.errors_invitations import EmailUnchanged
from portal_core.accounts.identity import Credential, Credentials
from portal_core.accounts.invitations import CODE_TRIES, EMAIL_CHANGE_FOR
from portal_core.accounts.model import Account
from portal_core.accounts.use_cases.confirm_email_change import ConfirmEmailChangeCommand
from portal_core.accounts.use_cases.issue_email_change_code import IssueEmailChangeCode
from portal_core.accounts.use_cases.request_email_change import RequestEmailChangeCommand
from portal_core.accounts.views_invitations import EmailChangeView
from portal_core.kernel.actor import AccountHolder, ProxyActor
from portal_core.kernel.contact import ContactChanges, EmailUnfit
from portal_core.kernel.errors import (
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    StaleVersion,
    Unauthenticated,
    Unavailable,
)
from portal_core.kernel.outbox import Notice
from portal_core.people.use_cases.change_profile import ChangeProfile, ChangeProfileCommand
from portal_core.people.use_cases.show_profile import ShowProfile
from tests.support.contracts.people.world import AUDITED
from tests.support.people.use_cases import ANN, PASSWORD, birthday
from tests.unit.people.memory_world import MemoryDesk

NEW = "ann.new@example.org"


@pytest_asyncio.fixture
async def desk() -> MemoryDesk:
    return await MemoryDesk.open()


# --- profile ----------------------------------------------------------------------------------------------------------


async def test_a_client_sees_and_changes_contact_fields(desk: MemoryDesk) -> None:
    world = desk.world
    client = await world.add_client("Ann", "Lee", email=ANN, address="Old street 1", pronouns="she/her")
    actor = world.as_client(client.id)
    shown = await ShowProfile(world.begin)(actor)
    assert (shown.name, shown.address, shown.version) == ("Ann Lee", "Old street 1", 1)
    changes = ContactChanges(
        chosen_name=" Andy ",
        pronouns=None,
        phone="(212) 555-0123",
        address="1 Elm  Street\n\n Apt 2 ",
        zone="Europe/Vienna",
        language="es-MX",
    )
    view = await ChangeProfile(world.begin)(actor, ChangeProfileCommand(changes, 1))
    assert (view.name, view.pronouns, view.phone) == ("Andy Lee", None, "+12125550123")
    assert (view.address, view.zone, view.language) == ("1 Elm Street\nApt 2", "Europe/Vienna", "es-MX")
    assert view == await ShowProfile(world.begin)(actor)
    (changed,) = await desk.trail("profile.changed")
    assert changed.record == client.id
    assert set(changed.facts["fields"].split()) == {"chosen_name", "pronouns", "phone", "address", "zone", "language"}
    assert len(await desk.trail("profile.read")) == 2
    with pytest.raises(StaleVersion):
        await ChangeProfile(world.begin)(actor, ChangeProfileCommand(ContactChanges(phone=None), 1))


async def test_what_is_not_named_stays_and_nothing_changed_is_a_read(desk: MemoryDesk) -> None:
    world = desk.world
    client = await world.add_client(phone="+12125550123", chosen_name="Andy")
    actor = world.as_client(client.id)
    changes = ContactChanges(chosen_name="  ")
    view = await ChangeProfile(world.begin)(actor, ChangeProfileCommand(changes, 1))
    assert (view.chosen_name, view.phone, view.version) == (None, "+12125550123", 2)
    assert (await ChangeProfile(world.begin)(actor, ChangeProfileCommand(ContactChanges(), 2))).version == 2
    assert [entry.action for entry in await desk.trail("profile.changed", "profile.read")] == [
        "profile.changed",
        "profile.read",
    ]


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"phone": "12"}, "phone", "phone_invalid"),
        ({"phone": "+0123456789"}, "phone", "phone_invalid"),
        ({"phone": "+４３１２３４５６７８"}, "phone", "phone_invalid"),
        ({"zone": "Mars/Olympus"}, "zone", "zone_unknown"),
        ({"zone": "../etc/passwd"}, "zone", "zone_unknown"),
        ({"language": "english"}, "language", "language_invalid"),
        ({"chosen_name": "x" * 81}, "chosen_name", "too_long"),
        ({"pronouns": "a\x00b"}, "pronouns", "bad_characters"),
        ({"chosen_name": "a\ud800"}, "chosen_name", "bad_characters"),
        ({"address": "a\x07"}, "address", "bad_characters"),
        ({"address": "x" * 401}, "address", "too_long"),
    ],
)
async def test_bad_fields_are_named_and_change_nothing(
    desk: MemoryDesk, changes: dict[str, str], path: str, code: str
) -> None:
    world = desk.world
    client = await world.add_client()
    with pytest.raises(Invalid) as refused:
        await ChangeProfile(world.begin)(
            world.as_client(client.id),
            ChangeProfileCommand(ContactChanges(**changes), 1),  # type: ignore[arg-type]
        )
    assert [(one.path, one.code) for one in refused.value.fields] == [(path, code)]
    assert (await ShowProfile(world.begin)(world.as_client(client.id))).version == 1


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("1 212 555 0123", "+12125550123"), ("+43 1 234-5678", "+4312345678"), ("212.555.0123", "+12125550123")],
)
async def test_phones_are_kept_in_one_form(typed: str, kept: str) -> None:
    assert ContactChanges(phone=typed).checked().phone == kept


async def test_a_profile_is_for_its_client_and_for_proxies_with_it(desk: MemoryDesk) -> None:
    world = desk.world
    child = await world.add_client(born=birthday(8))
    await desk.proxy_of(child.id, terms=GrantTerms("parent"))

    def proxy(**more: Any) -> ProxyActor:
        values = {"areas": frozenset({"profile"}), "may_write": False} | more
        return ProxyActor(world.practice_id, UUID(int=5), child.id, **values)

    assert (await ShowProfile(world.begin)(proxy())).client_id == child.id
    with pytest.raises(Forbidden):
        await ChangeProfile(world.begin)(proxy(), ChangeProfileCommand(ContactChanges(phone=None), 1))
    await ChangeProfile(world.begin)(proxy(may_write=True), ChangeProfileCommand(ContactChanges(language="en"), 1))
    gone = world.as_client(UUID(int=9))
    for actor in (proxy(areas=frozenset({"forms"})), world.staff(), world.visitor, gone):
        with pytest.raises(NotFound):
            await ShowProfile(world.begin)(actor)
    with pytest.raises(NotFound):
        await ChangeProfile(world.begin)(gone, ChangeProfileCommand(ContactChanges(), 1))


# --- change of email --------------------------------------------------------------------------------------------------


def holder(desk: MemoryDesk, account: Account) -> AccountHolder:
    if account.client_id is None:
        return desk.world.as_proxy(account.id)
    return desk.world.as_client(account.client_id, account.id)


async def asked(desk: MemoryDesk, account: Account, email: str = NEW) -> EmailChangeView:
    return await desk.request_change(holder(desk, account), RequestEmailChangeCommand(email, PASSWORD))


async def confirm(desk: MemoryDesk, account: Account, code: str) -> None:
    await desk.confirm_change(holder(desk, account), ConfirmEmailChangeCommand(code))


async def test_the_new_email_is_proven_and_the_old_one_told(desk: MemoryDesk) -> None:
    account = await desk.client_with_account()
    change = await asked(desk, account, NEW.upper())
    assert change.new_email == NEW
    assert desk.world.notices()[-1] == Notice("email_change_code", "security", to_account=account.id, about=change.id)
    code = await desk.change_code(account.id, change.id)
    assert (await desk.account(account.id)).email == ANN
    view = await desk.confirm_change(holder(desk, account), ConfirmEmailChangeCommand(code))
    assert view.email == NEW == (await desk.account(account.id)).email
    assert desk.pool.people["portal", account.id].email == NEW
    assert (await ShowProfile(desk.world.begin)(holder(desk, account))).email == NEW
    assert desk.world.notices()[-1] == Notice("email_changed", "security", to_account=account.id, about=change.id)
    async with desk.world.begin(desk.world.system) as unit:
        kept = await unit.email_changes.get(account.id, change.id)
    assert (kept.former_email, kept.state, kept.code_hash) == (ANN, "done", None)
    with pytest.raises(CodeRefused):
        await confirm(desk, account, code)
    assert code not in repr(desk.world.store.tables)


async def test_a_proxy_changes_theirs_and_no_record(desk: MemoryDesk) -> None:
    child = await desk.world.add_client(born=birthday(8), email="kid@example.org")
    proxy = await desk.proxy_of(child.id)
    change = await asked(desk, proxy)
    on_record = desk.world.as_proxy(proxy.id, child.id)
    code = await desk.change_code(proxy.id, change.id)
    assert (await desk.confirm_change(on_record, ConfirmEmailChangeCommand(code))).email == NEW
    assert (await ShowProfile(desk.world.begin)(desk.world.as_client(child.id))).email == "kid@example.org"


async def test_a_client_who_acts_for_a_child_changes_their_own(desk: MemoryDesk) -> None:
    account = await desk.client_with_account()
    child = await desk.world.add_client(email="kid@example.org")
    change = await asked(desk, account)
    code = await desk.change_code(account.id, change.id)
    await desk.confirm_change(desk.world.as_proxy(account.id, child.id), ConfirmEmailChangeCommand(code))
    assert (await ShowProfile(desk.world.begin)(holder(desk, account))).email == NEW
    assert (await ShowProfile(desk.world.begin)(desk.world.as_client(child.id))).email == "kid@example.org"


async def test_a_record_that_has_the_new_email_already_is_left_alone(desk: MemoryDesk) -> None:
    account = await desk.client_with_account()
    change = await asked(desk, account)
    async with desk.world.begin(desk.world.system) as unit:
        client = await unit.client_records.get(account.client_id)
        await unit.client_records.save(client.amended(email=NEW), AUDITED)
        await unit.commit(None)
    await confirm(desk, account, await desk.change_code(account.id, change.id))
    assert (await ShowProfile(desk.world.begin)(holder(desk, account))).version == 2
    assert await desk.trail("client.changed") == []


async def test_asking_needs_the_password_and_another_email(desk: MemoryDesk) -> None:
    account = await desk.client_with_account()
    actor = holder(desk, account)
    with pytest.raises(PasswordRefused):
        await desk.request_change(actor, RequestEmailChangeCommand(NEW, "wrong password"))
    with pytest.raises(EmailUnchanged):
        await asked(desk, account, ANN.upper())
    with pytest.raises(EmailUnfit):
        await asked(desk, account, "ann")
    with pytest.raises(Forbidden):
        await desk.request_change(desk.world.staff(), RequestEmailChangeCommand(NEW, PASSWORD))
    with pytest.raises(Unauthenticated):
        await desk.request_change(desk.world.visitor, RequestEmailChangeCommand(NEW, PASSWORD))
    assert await desk.trail("email_change.asked") == []


async def test_asking_again_ends_the_one_before(desk: MemoryDesk) -> None:
    account = await desk.client_with_account()
    first = await asked(desk, account, "typo@example.org")
    code = await desk.change_code(account.id, first.id)
    second = await asked(desk, account)
    with pytest.raises(CodeRefused):
        await confirm(desk, account, code)
    await confirm(desk, account, await desk.change_code(account.id, second.id))
    assert [entry.target for entry in await desk.trail("email_change.withdrawn")] == [first.id]


async def test_the_code_is_good_for_an_hour_and_ten_tries(desk: MemoryDesk) -> None:
    account = await desk.client_with_account()
    change = await asked(desk, account)
    code = await desk.change_code(account.id, change.id)
    issue = IssueEmailChangeCode(desk.world.begin, desk.world.clock, desk.tokens)
    desk.world.clock.advance(EMAIL_CHANGE_FOR)
    assert await issue(desk.world.system, account.id, change.id) is None
    assert await issue(desk.world.system, account.id, UUID(int=9)) is None
    with pytest.raises(Forbidden):
        await issue(holder(desk, account), account.id, change.id)
    with pytest.raises(CodeRefused):
        await confirm(desk, account, code)
    second = await asked(desk, account)
    code = await desk.change_code(account.id, second.id)
    for _ in range(CODE_TRIES):
        desk.world.clock.advance(timedelta(minutes=4))
        with pytest.raises(CodeRefused):
            await confirm(desk, account, "WRONG")
    with pytest.raises(CodeRefused):
        await confirm(desk, account, code)
    assert (await desk.account(account.id)).email == ANN


async def test_tries_of_codes_are_limited_for_an_account(desk: MemoryDesk) -> None:
    account = await desk.client_with_account()
    for _ in range(5):
        with pytest.raises(CodeRefused):
            await confirm(desk, account, "WRONG")
    with pytest.raises(RateLimited):
        await confirm(desk, account, "WRONG")


async def test_only_the_proven_holder_learns_that_an_email_is_taken(desk: MemoryDesk) -> None:
    account = await desk.client_with_account()
    await desk.world.add_account(NEW, "proxy")
    change = await asked(desk, account)
    with pytest.raises(CodeRefused):
        await confirm(desk, account, "WRONG")
    with pytest.raises(AlreadyRegistered):
        await confirm(desk, account, await desk.change_code(account.id, change.id))
    assert (await desk.account(account.id)).email == ANN
    assert desk.pool.people["portal", account.id].email == ANN


async def test_a_closed_account_confirms_nothing(desk: MemoryDesk) -> None:
    account = await desk.client_with_account()
    change = await asked(desk, account)
    code = await desk.change_code(account.id, change.id)
    async with desk.world.begin(desk.world.system) as unit:
        await unit.accounts.save(account.close(desk.world.clock.now()), AUDITED)
        await unit.commit(None)
    with pytest.raises(Unauthenticated):
        await confirm(desk, account, code)


@define
class Flaky(Credentials):
    """Does what it is asked to, and then does not say so, the first time."""

    inner: Credentials
    failed: bool = False

    async def change_email(self, credential: Credential, email: str) -> None:
        await self.inner.change_email(credential, email)
        if not self.failed:
            self.failed = True
            raise Unavailable

    async def disable(self, credential: Credential) -> None:
        await self.inner.disable(credential)

    async def delete(self, credential: Credential) -> None:
        await self.inner.delete(credential)


async def test_a_crash_after_the_provider_is_finished_by_the_same_code(desk: MemoryDesk) -> None:
    account = await desk.client_with_account()
    change = await asked(desk, account)
    code = await desk.change_code(account.id, change.id)
    desk.confirm_change = evolve(desk.confirm_change, credentials=Flaky(desk.confirm_change.credentials))
    with pytest.raises(Unavailable):
        await confirm(desk, account, code)
    assert (await desk.account(account.id)).email == ANN
    await confirm(desk, account, code)
    assert (await desk.account(account.id)).email == NEW
