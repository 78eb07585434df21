"""A client's own demographics, and email changes."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from attrs import define, evolve

from portal_core.access.model import GrantTerms
from portal_core.accounts.email_change import EMAIL_CHANGE_LIFETIME, MAX_CODE_ATTEMPTS
from portal_core.accounts.errors import AlreadyRegistered, CodeRefused, WrongPassword
from portal_core.accounts.identity_provider import Credential, Credentials
from portal_core.accounts.invitation_errors import EmailUnchanged
from portal_core.accounts.invitation_views import EmailChangeView
from portal_core.accounts.model import Account
from portal_core.accounts.use_cases.confirm_email_change import ConfirmEmailChangeCommand
from portal_core.accounts.use_cases.issue_email_change_code import IssueEmailChangeCode, IssueEmailChangeCodeCommand
from portal_core.accounts.use_cases.request_email_change import RequestEmailChangeCommand
from portal_core.kernel.actor import AccountHolder, ProxyActor
from portal_core.kernel.contact import ContactChanges, EmergencyContact, InvalidEmail
from portal_core.kernel.errors import (
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    StaleVersion,
    Unauthenticated,
    Unavailable,
)
from portal_core.kernel.notices import Notice
from portal_core.people.use_cases.change_profile import ChangeProfile, ChangeProfileCommand
from portal_core.people.use_cases.get_profile import GetProfile
from tests.support.contracts.people.world import AUDIT_ENTRY
from tests.support.people.use_cases import ANN, PASSWORD, birthday
from tests.unit.people.memory_world import MemoryPeopleUseCases

NEW = "ann.new@example.org"


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


# --- profile ----------------------------------------------------------------------------------------------------------


async def test_a_client_sees_and_changes_contact_fields(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    client = await world.add_client("Ann", "Lee", email=ANN, address="Old street 1", pronouns="she/her")
    actor = world.as_client(client.id)
    profile = await GetProfile(world.begin)(actor)
    assert (profile.name, profile.address, profile.version) == ("Ann Lee", "Old street 1", 1)
    changes = ContactChanges(
        chosen_name=" Andy ",
        pronouns=None,
        phone="(212) 555-0123",
        address="1 Elm  Street\n\n Apt 2 ",
        time_zone="Europe/Vienna",
        language="es-MX",
        emergency_contact=EmergencyContact(" Grace  Lee", "(518) 555-0199 x7", " "),
    )
    view = await ChangeProfile(world.begin)(actor, ChangeProfileCommand(changes, 1))
    assert (view.name, view.pronouns, view.phone) == ("Andy Lee", None, "+12125550123")
    assert (view.address, view.time_zone, view.language) == ("1 Elm Street\nApt 2", "Europe/Vienna", "es-MX")
    assert view.emergency_contact == EmergencyContact("Grace Lee", "+15185550199 ext. 7", None)
    assert view == await GetProfile(world.begin)(actor)
    (changed,) = await use_cases.audit_entries("profile.changed")
    assert changed.record == client.id
    assert set(changed.facts["fields"].split()) == {
        "chosen_name",
        "pronouns",
        "phone",
        "address",
        "time_zone",
        "language",
        "emergency_contact",
    }
    assert len(await use_cases.audit_entries("profile.read")) == 2
    with pytest.raises(StaleVersion):
        await ChangeProfile(world.begin)(actor, ChangeProfileCommand(ContactChanges(phone=None), 1))


async def test_omitted_fields_stay_and_empty_change_is_a_read(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    client = await world.add_client(phone="+12125550123", chosen_name="Andy")
    actor = world.as_client(client.id)
    changes = ContactChanges(chosen_name="  ")
    view = await ChangeProfile(world.begin)(actor, ChangeProfileCommand(changes, 1))
    assert (view.chosen_name, view.phone, view.version) == (None, "+12125550123", 2)
    assert (await ChangeProfile(world.begin)(actor, ChangeProfileCommand(ContactChanges(), 2))).version == 2
    assert [entry.action for entry in await use_cases.audit_entries("profile.changed", "profile.read")] == [
        "profile.changed",
        "profile.read",
    ]


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"phone": "12"}, "phone", "phone_invalid"),
        ({"phone": "+0123456789"}, "phone", "phone_invalid"),
        ({"phone": "+٤٣١٢٣٤٥٦٧٨"}, "phone", "phone_invalid"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "time_zone_unknown"),
        ({"time_zone": "../etc/passwd"}, "time_zone", "time_zone_unknown"),
        ({"language": "english"}, "language", "language_invalid"),
        ({"chosen_name": "x" * 81}, "chosen_name", "too_long"),
        ({"pronouns": "a\x00b"}, "pronouns", "characters_invalid"),
        ({"chosen_name": "a\ud800"}, "chosen_name", "characters_invalid"),
        ({"emergency_contact": EmergencyContact(" ", "+12125550123")}, "emergency_contact.name", "empty"),
        ({"emergency_contact": EmergencyContact("Grace", "12")}, "emergency_contact.phone", "phone_invalid"),
        (
            {"emergency_contact": EmergencyContact("Grace", "+12125550123", "x" * 81)},
            "emergency_contact.relationship",
            "too_long",
        ),
        ({"address": "a\x07"}, "address", "characters_invalid"),
        ({"address": "x" * 401}, "address", "too_long"),
    ],
)
async def test_invalid_profile_fields_are_reported_and_change_nothing(
    use_cases: MemoryPeopleUseCases, changes: dict[str, Any], path: str, code: str
) -> None:
    world = use_cases.world
    client = await world.add_client()
    with pytest.raises(Invalid) as refused:
        await ChangeProfile(world.begin)(
            world.as_client(client.id),
            ChangeProfileCommand(ContactChanges(**changes), 1),
        )
    assert [(one.path, one.code) for one in refused.value.fields] == [(path, code)]
    assert (await GetProfile(world.begin)(world.as_client(client.id))).version == 1


async def test_profile_permissions(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    child = await world.add_client(date_of_birth=birthday(8))
    await use_cases.add_proxy_for(child.id, terms=GrantTerms("parent"))

    def proxy(**more: Any) -> ProxyActor:
        values = {"areas": frozenset({"profile"}), "may_write": False} | more
        return ProxyActor(world.practice_id, UUID(int=5), child.id, **values)

    assert (await GetProfile(world.begin)(proxy())).client_id == child.id
    with pytest.raises(Forbidden):
        await ChangeProfile(world.begin)(proxy(), ChangeProfileCommand(ContactChanges(phone=None), 1))
    await ChangeProfile(world.begin)(proxy(may_write=True), ChangeProfileCommand(ContactChanges(language="en"), 1))
    gone = world.as_client(UUID(int=9))
    for actor in (proxy(areas=frozenset({"forms"})), world.staff(), world.visitor, gone):
        with pytest.raises(NotFound):
            await GetProfile(world.begin)(actor)
    with pytest.raises(NotFound):
        await ChangeProfile(world.begin)(gone, ChangeProfileCommand(ContactChanges(), 1))


# --- change of email --------------------------------------------------------------------------------------------------


def holder(use_cases: MemoryPeopleUseCases, account: Account) -> AccountHolder:
    if account.client_id is None:
        return use_cases.world.as_proxy(account.id)
    return use_cases.world.as_client(account.client_id, account.id)


async def request_change(use_cases: MemoryPeopleUseCases, account: Account, email: str = NEW) -> EmailChangeView:
    return await use_cases.request_change(holder(use_cases, account), RequestEmailChangeCommand(email, PASSWORD))


async def confirm(use_cases: MemoryPeopleUseCases, account: Account, code: str) -> None:
    await use_cases.confirm_change(holder(use_cases, account), ConfirmEmailChangeCommand(code))


async def test_email_change_is_confirmed_and_old_address_notified(use_cases: MemoryPeopleUseCases) -> None:
    account = await use_cases.add_client_with_account()
    change = await request_change(use_cases, account, NEW.upper())
    assert change.new_email == NEW
    assert use_cases.world.notices()[-1] == Notice(
        "email_change_code", "security", to_account=account.id, subject_id=change.id
    )
    code = await use_cases.change_code(account.id, change.id)
    assert (await use_cases.account(account.id)).email == ANN
    view = await use_cases.confirm_change(holder(use_cases, account), ConfirmEmailChangeCommand(code))
    assert view.email == NEW == (await use_cases.account(account.id)).email
    assert use_cases.pool.people["portal", account.id].email == NEW
    assert (await GetProfile(use_cases.world.begin)(holder(use_cases, account))).email == NEW
    assert use_cases.world.notices()[-1] == Notice(
        "email_changed", "security", to_account=account.id, subject_id=change.id
    )
    async with use_cases.world.begin(use_cases.world.system) as unit:
        stored = await unit.email_changes.get(account.id, change.id)
    assert (stored.former_email, stored.state, stored.code_hash) == (ANN, "completed", None)
    with pytest.raises(CodeRefused):
        await confirm(use_cases, account, code)
    assert code not in repr(use_cases.world.store.tables)


async def test_proxy_changes_own_email_and_no_record(use_cases: MemoryPeopleUseCases) -> None:
    child = await use_cases.world.add_client(date_of_birth=birthday(8), email="kid@example.org")
    proxy = await use_cases.add_proxy_for(child.id)
    change = await request_change(use_cases, proxy)
    on_record = use_cases.world.as_proxy(proxy.id, child.id)
    code = await use_cases.change_code(proxy.id, change.id)
    assert (await use_cases.confirm_change(on_record, ConfirmEmailChangeCommand(code))).email == NEW
    assert (await GetProfile(use_cases.world.begin)(use_cases.world.as_client(child.id))).email == "kid@example.org"


async def test_client_acting_for_child_changes_own_email(use_cases: MemoryPeopleUseCases) -> None:
    account = await use_cases.add_client_with_account()
    child = await use_cases.world.add_client(email="kid@example.org")
    change = await request_change(use_cases, account)
    code = await use_cases.change_code(account.id, change.id)
    await use_cases.confirm_change(use_cases.world.as_proxy(account.id, child.id), ConfirmEmailChangeCommand(code))
    assert (await GetProfile(use_cases.world.begin)(holder(use_cases, account))).email == NEW
    assert (await GetProfile(use_cases.world.begin)(use_cases.world.as_client(child.id))).email == "kid@example.org"


async def test_record_that_already_has_new_email_is_unchanged(use_cases: MemoryPeopleUseCases) -> None:
    account = await use_cases.add_client_with_account()
    change = await request_change(use_cases, account)
    async with use_cases.world.begin(use_cases.world.system) as unit:
        client = await unit.client_records.get(account.client_id)
        await unit.client_records.save(client.with_changes(email=NEW), AUDIT_ENTRY)
        await unit.commit(None)
    await confirm(use_cases, account, await use_cases.change_code(account.id, change.id))
    assert (await GetProfile(use_cases.world.begin)(holder(use_cases, account))).version == 2
    assert await use_cases.audit_entries("client.changed") == []


async def test_email_change_requires_password_and_another_email(use_cases: MemoryPeopleUseCases) -> None:
    account = await use_cases.add_client_with_account()
    actor = holder(use_cases, account)
    with pytest.raises(WrongPassword):
        await use_cases.request_change(actor, RequestEmailChangeCommand(NEW, "wrong password"))
    with pytest.raises(EmailUnchanged):
        await request_change(use_cases, account, ANN.upper())
    with pytest.raises(InvalidEmail):
        await request_change(use_cases, account, "ann")
    with pytest.raises(Forbidden):
        await use_cases.request_change(use_cases.world.staff(), RequestEmailChangeCommand(NEW, PASSWORD))
    with pytest.raises(Unauthenticated):
        await use_cases.request_change(use_cases.world.visitor, RequestEmailChangeCommand(NEW, PASSWORD))
    assert await use_cases.audit_entries("email_change.requested") == []


async def test_new_email_change_withdraws_previous_one(use_cases: MemoryPeopleUseCases) -> None:
    account = await use_cases.add_client_with_account()
    first = await request_change(use_cases, account, "typo@example.org")
    code = await use_cases.change_code(account.id, first.id)
    second = await request_change(use_cases, account)
    with pytest.raises(CodeRefused):
        await confirm(use_cases, account, code)
    await confirm(use_cases, account, await use_cases.change_code(account.id, second.id))
    assert [entry.target for entry in await use_cases.audit_entries("email_change.withdrawn")] == [first.id]


async def test_email_change_code_expires_after_an_hour_or_ten_attempts(use_cases: MemoryPeopleUseCases) -> None:
    account = await use_cases.add_client_with_account()
    change = await request_change(use_cases, account)
    code = await use_cases.change_code(account.id, change.id)
    issue = IssueEmailChangeCode(use_cases.world.begin, use_cases.world.clock, use_cases.tokens)
    use_cases.world.clock.advance(EMAIL_CHANGE_LIFETIME)
    assert await issue(use_cases.world.system, IssueEmailChangeCodeCommand(account.id, change.id)) is None
    assert await issue(use_cases.world.system, IssueEmailChangeCodeCommand(account.id, UUID(int=9))) is None
    with pytest.raises(Forbidden):
        await issue(holder(use_cases, account), IssueEmailChangeCodeCommand(account.id, change.id))
    with pytest.raises(CodeRefused):
        await confirm(use_cases, account, code)
    second = await request_change(use_cases, account)
    code = await use_cases.change_code(account.id, second.id)
    for _ in range(MAX_CODE_ATTEMPTS):
        use_cases.world.clock.advance(timedelta(minutes=4))
        with pytest.raises(CodeRefused):
            await confirm(use_cases, account, "WRONG")
    with pytest.raises(CodeRefused):
        await confirm(use_cases, account, code)
    assert (await use_cases.account(account.id)).email == ANN


async def test_code_attempts_are_limited_per_account(use_cases: MemoryPeopleUseCases) -> None:
    account = await use_cases.add_client_with_account()
    for _ in range(5):
        with pytest.raises(CodeRefused):
            await confirm(use_cases, account, "WRONG")
    with pytest.raises(RateLimited):
        await confirm(use_cases, account, "WRONG")


async def test_only_verified_holder_learns_that_email_is_taken(use_cases: MemoryPeopleUseCases) -> None:
    account = await use_cases.add_client_with_account()
    await use_cases.world.add_account(NEW, "proxy")
    change = await request_change(use_cases, account)
    with pytest.raises(CodeRefused):
        await confirm(use_cases, account, "WRONG")
    with pytest.raises(AlreadyRegistered):
        await confirm(use_cases, account, await use_cases.change_code(account.id, change.id))
    assert (await use_cases.account(account.id)).email == ANN
    assert use_cases.pool.people["portal", account.id].email == ANN


async def test_closed_account_cannot_confirm_email_change(use_cases: MemoryPeopleUseCases) -> None:
    account = await use_cases.add_client_with_account()
    change = await request_change(use_cases, account)
    code = await use_cases.change_code(account.id, change.id)
    async with use_cases.world.begin(use_cases.world.system) as unit:
        await unit.accounts.save(account.close(use_cases.world.clock.now()), AUDIT_ENTRY)
        await unit.commit(None)
    with pytest.raises(Unauthenticated):
        await confirm(use_cases, account, code)


@define
class CredentialsLosingAnswers(Credentials):
    """Carries out each call, but loses the response of the first one."""

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


async def test_same_code_finishes_email_change_after_crash(use_cases: MemoryPeopleUseCases) -> None:
    account = await use_cases.add_client_with_account()
    change = await request_change(use_cases, account)
    code = await use_cases.change_code(account.id, change.id)
    use_cases.confirm_change = evolve(
        use_cases.confirm_change, credentials=CredentialsLosingAnswers(use_cases.confirm_change.credentials)
    )
    with pytest.raises(Unavailable):
        await confirm(use_cases, account, code)
    assert (await use_cases.account(account.id)).email == ANN
    await confirm(use_cases, account, code)
    assert (await use_cases.account(account.id)).email == NEW


async def test_every_invalid_contact_field_is_named(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    client = await world.add_client()
    changes = ContactChanges("x" * 81, "x" * 41, "12", "x" * 401, "Mars/Base", "english", EmergencyContact(" ", "12"))
    with pytest.raises(Invalid) as refused:
        await ChangeProfile(world.begin)(world.as_client(client.id), ChangeProfileCommand(changes, 1))
    assert [fault.path for fault in refused.value.fields] == [
        *("chosen_name", "pronouns", "phone", "address", "time_zone", "language"),
        *("emergency_contact.name", "emergency_contact.phone"),
    ]
