"""Every door by which an email comes in has the one rule of `normalize_email`."""

from collections.abc import Awaitable, Callable
from typing import Any, get_type_hints

import msgspec
import pytest
from attrs import evolve

from entrypoints.http.contract.bodies import decode_body
from entrypoints.http.contract.fields import Email, Request
from portal_core.access.model import GrantTerms
from portal_core.access.use_cases.grant_access import GrantAccess, GrantAccessCommand
from portal_core.accounts.use_cases.invite_proxy import InviteProxyCommand
from portal_core.accounts.use_cases.register_account import RegisterAccountCommand
from portal_core.accounts.use_cases.request_email_change import RequestEmailChangeCommand
from portal_core.accounts.use_cases.request_password_reset import RequestPasswordResetCommand
from portal_core.accounts.use_cases.resend_verification import ResendVerificationCommand
from portal_core.accounts.use_cases.reset_password import ResetPasswordCommand
from portal_core.accounts.use_cases.sign_in import SignInCommand
from portal_core.accounts.use_cases.verify_email import VerifyEmailCommand
from portal_core.kernel.errors import Invalid, PortalError
from portal_core.people.import_rows import ClientRow
from portal_core.people.use_cases.add_client import AddClient, AddClientCommand
from portal_core.people.use_cases.add_staff import AddStaff, AddStaffCommand
from portal_core.people.use_cases.change_client import ChangeClient, ChangeClientCommand
from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand
from tests.support.people.use_cases import PASSWORD, birthday
from tests.unit.accounts.test_staff_oidc import SAM, sign_in_with_token
from tests.unit.accounts.use_cases import STAFF, AccountUseCases
from tests.unit.http.test_api_contract import request_classes
from tests.unit.notifications.account_holder import SettingsOwner
from tests.unit.notifications.memory_world import MemoryNotificationsWorld
from tests.unit.people.memory_world import MemoryPeopleUseCases
from tests.unit.people.test_practice_administration import DETAILS

TERMS = GrantTerms("parent")


async def register(email: str) -> None:
    use_cases = AccountUseCases()
    await use_cases.register(use_cases.visitor(), RegisterAccountCommand(email, birthday(40)))


async def resend_verification(email: str) -> None:
    use_cases = AccountUseCases()
    await use_cases.resend(use_cases.visitor(), ResendVerificationCommand(email))


async def verify_email(email: str) -> None:
    use_cases = AccountUseCases()
    await use_cases.verify(use_cases.visitor(), VerifyEmailCommand(email, "1", PASSWORD))


async def sign_in(email: str) -> None:
    use_cases = AccountUseCases()
    await use_cases.sign_in(use_cases.visitor(), SignInCommand(email, PASSWORD, "bearer"))


async def request_password_reset(email: str) -> None:
    use_cases = AccountUseCases()
    await use_cases.request_password_reset(use_cases.visitor(), RequestPasswordResetCommand(email))


async def reset_password(email: str) -> None:
    use_cases = AccountUseCases()
    await use_cases.reset(use_cases.visitor(), ResetPasswordCommand(email, "1", PASSWORD))


async def accept_invitation(email: str) -> None:
    await (await MemoryPeopleUseCases.create()).accepted(email, "1")


async def invite_proxy(email: str) -> None:
    use_cases = await MemoryPeopleUseCases.create()
    child = await use_cases.world.add_client(date_of_birth=birthday(8))
    await use_cases.invite_proxy(use_cases.world.staff(), InviteProxyCommand(child.id, email, TERMS))


async def grant_access(email: str) -> None:
    world = (await MemoryPeopleUseCases.create()).world
    child = await world.add_client(date_of_birth=birthday(8))
    grant = GrantAccess(world.begin, world.clock, world.ids)
    await grant(world.staff("clinician"), GrantAccessCommand(child.id, email, TERMS))


async def change_email(email: str) -> None:
    use_cases = await MemoryPeopleUseCases.create()
    account = await use_cases.add_client_with_account()
    assert account.client_id is not None
    actor = use_cases.world.as_client(account.client_id, account.id)
    await use_cases.request_change(actor, RequestEmailChangeCommand(email, PASSWORD))


async def set_safe_email(email: str) -> None:
    holder = await SettingsOwner(MemoryNotificationsWorld()).sign_up()
    await holder.change(safe_email=email)


async def add_client(email: str) -> None:
    world = (await MemoryPeopleUseCases.create()).world
    add = AddClient(world.begin, world.clock, world.ids)
    await add(world.staff(), AddClientCommand(evolve(DETAILS, email=email)))


async def change_client(email: str) -> None:
    world = (await MemoryPeopleUseCases.create()).world
    client = await world.add_client()
    change = ChangeClient(world.begin, world.clock)
    await change(world.staff(), ChangeClientCommand(client.id, evolve(DETAILS, email=email), 1))


async def add_staff(email: str) -> None:
    """Also the door of `portal practice administrator`."""
    world = (await MemoryPeopleUseCases.create()).world
    add = AddStaff(world.begin, world.clock, world.ids)
    await add(world.staff(), AddStaffCommand("Kim", email, frozenset({"biller"})))


async def import_client(email: str) -> None:
    world = (await MemoryPeopleUseCases.create()).world
    row = ClientRow(2, "E-1", "Ann", "Lee", "1990-05-17", email=email)
    imported = ImportPeople(world.begin, world.clock, world.ids)
    for rejected in (await imported(world.system, ImportPeopleCommand((), (row,)))).rows:
        raise Invalid(*rejected.errors)


DOORS: dict[Callable[[str], Awaitable[None]], str] = {
    register: "email",
    resend_verification: "email",
    verify_email: "email",
    sign_in: "email",
    request_password_reset: "email",
    reset_password: "email",
    accept_invitation: "email",
    invite_proxy: "email",
    grant_access: "email",
    change_email: "new_email",
    set_safe_email: "safe_email",
    add_client: "email",
    change_client: "email",
    add_staff: "email",
    import_client: "email",
}
every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)


async def faults(door: Callable[[str], Awaitable[None]], email: str) -> list[tuple[str, str]]:
    """The fields at fault, if the door answers 422; it may refuse a good email for another reason."""
    try:
        await door(email)
    except Invalid as invalid:
        return [(fault.path, fault.code) for fault in invalid.fields if fault.code == "email_invalid"]
    except PortalError:
        pass
    return []


@every_door
@pytest.mark.parametrize("email", ["a..b@example.com", ".a@example.com", "a.@example.com", "jos\u00e9@example.com"])
async def test_address_that_mail_cannot_reach_is_invalid(door: Callable[[str], Awaitable[None]], email: str) -> None:
    assert await faults(door, email) == [(DOORS[door], "email_invalid")]


@every_door
@pytest.mark.parametrize("email", ["kim@example.com ", "\tkim@example.com\n", "Kim@b\u00fccher.example "])
async def test_blanks_around_an_address_are_left_out(door: Callable[[str], Awaitable[None]], email: str) -> None:
    assert await faults(door, email) == []


def email_fields() -> list[tuple[type[Request], str]]:
    """Every field of a request that holds an email."""
    return [
        (cls, name)
        for cls in request_classes()
        for name, hint in get_type_hints(cls, include_extras=True).items()
        if hint == Email or Email in getattr(hint, "__args__", ())
    ]


@pytest.mark.parametrize(("cls", "name"), email_fields(), ids=lambda one: getattr(one, "__name__", one))
def test_request_takes_blanks_around_an_address(cls: type[Request], name: str) -> None:
    hint = {field.encode_name: field.type for field in msgspec.structs.fields(cls)}[name]
    one: Any = msgspec.defstruct("One", [(name, hint)], bases=(Request,), kw_only=True, frozen=True)
    body = msgspec.json.encode({name: " kim@b\u00fccher.example\n"})
    assert getattr(decode_body(body, msgspec.json.Decoder(one)), name).strip() == "kim@b\u00fccher.example"


def test_email_fields_are_found() -> None:
    assert len(email_fields()) >= 11


async def test_both_forms_of_a_domain_are_one_account() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account("ann@xn--bcher-kva.example", PASSWORD)
    for email in ("ann@b\u00fccher.example", "Ann@B\u00dcCHER.example ", "ann@XN--BCHER-KVA.example"):
        assert await use_cases.signed_in(email, PASSWORD)


async def test_claim_of_an_issuer_is_read_by_the_same_rule() -> None:
    use_cases = AccountUseCases()
    await use_cases.world.add_staff(STAFF.replace("elm.", "xn--bcher-kva."))
    claimed = STAFF.replace("elm.", "b\u00fccher.").title()
    assert await sign_in_with_token(use_cases, evolve(SAM, email=f"{claimed} "))
