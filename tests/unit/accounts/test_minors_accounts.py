"""No account of their own for a child under the age of the state's rule, whichever way it is tried."""

from datetime import date, timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from attrs import evolve

from portal_core.accounts.errors import CodeRefused, RefreshRefused, SignInRefused
from portal_core.accounts.invitation_errors import AccountNotAllowed
from portal_core.accounts.use_cases.invite_client import InviteClientCommand
from portal_core.accounts.use_cases.register_account import RegisterAccountCommand
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Unauthenticated
from portal_core.people.details import ClientDetails
from portal_core.people.import_rows import ClientRow
from portal_core.people.model import Client
from portal_core.people.use_cases.change_client import ChangeClient, ChangeClientCommand
from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand
from tests.support.people.use_cases import ANN, PASSWORD, birthday
from tests.unit.accounts.use_cases import AccountUseCases
from tests.unit.people.memory_world import MemoryPeopleUseCases

ATTACKER = "desk@example.org"


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


async def corrected(use_cases: MemoryPeopleUseCases, client_id: UUID, **changes: object) -> Client:
    """The client after the front desk changed these details."""
    world = use_cases.world
    async with world.begin(world.system) as unit:
        client = await unit.client_records.get(client_id)
    assert client is not None
    details = ClientDetails(
        given_name=client.given_name,
        family_name=client.family_name,
        **{"date_of_birth": client.date_of_birth, "email": client.email, "state": client.state} | changes,  # type: ignore[arg-type]
    )
    command = ChangeClientCommand(client_id, details, client.version)
    await ChangeClient(world.begin, world.clock)(world.staff("front_desk"), command)
    async with world.begin(world.system) as unit:
        changed: Client | None = await unit.client_records.get(client_id)
    assert changed is not None
    return changed


@pytest.mark.parametrize(
    ("state", "age"), [(None, 17), ("NY", 17), ("PA", 13), ("CA", 11), ("WA", 12), ("GA", 17), ("ID", 17)]
)
async def test_child_under_the_age_of_the_states_rule_is_not_invited(
    use_cases: MemoryPeopleUseCases, state: str | None, age: int
) -> None:
    front_desk = use_cases.world.staff("front_desk")
    child = await use_cases.world.add_client(email=ANN, state=state, date_of_birth=birthday(age))
    for email in (None, ATTACKER):
        with pytest.raises(AccountNotAllowed):
            await use_cases.invite_client(front_desk, InviteClientCommand(child.id, email))
    assert use_cases.world.notices() == []
    older = await use_cases.world.add_client(email=ANN, state=state, date_of_birth=birthday(age + 1))
    await use_cases.invite_client(front_desk, InviteClientCommand(older.id))


async def test_changing_the_childs_email_is_no_way_around_the_rule(use_cases: MemoryPeopleUseCases) -> None:
    child = await use_cases.world.add_client(email=ANN, date_of_birth=birthday(8))
    await corrected(use_cases, child.id, email=ATTACKER)
    with pytest.raises(AccountNotAllowed):
        await use_cases.invite_client(use_cases.world.staff("front_desk"), InviteClientCommand(child.id))


async def test_code_is_refused_after_the_date_of_birth_was_corrected(use_cases: MemoryPeopleUseCases) -> None:
    child = await use_cases.world.add_client(email=ANN)
    invitation = await use_cases.invite_client(use_cases.world.staff("front_desk"), InviteClientCommand(child.id))
    code = await use_cases.code(invitation.id)
    await corrected(use_cases, child.id, date_of_birth=birthday(8))
    with pytest.raises(CodeRefused):
        await use_cases.accepted(ANN, code, date_of_birth=birthday(8))
    assert use_cases.pool.people == {}


async def test_child_is_not_registered_and_the_visitor_learns_nothing() -> None:
    use_cases = AccountUseCases()
    born = birthday(8)
    await use_cases.world.add_client(ANN, date_of_birth=born)
    await use_cases.register(use_cases.visitor(), RegisterAccountCommand(ANN, born))
    assert await use_cases.work() == []
    assert use_cases.world.store.table("accounts") == {}


async def test_account_that_is_not_usable_yet_opens_and_keeps_no_session() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    tokens = await use_cases.signed_in()
    day = use_cases.world.clock.now().date()

    async def usable_from(day: date | None) -> None:
        async with use_cases.world.begin(use_cases.system) as unit:
            await unit.accounts.set_usable_from(account.id, day, AuditEntry("test.wrote"))
            await unit.commit(None)

    await usable_from(day + timedelta(days=1))
    with pytest.raises(Unauthenticated):
        await use_cases.holder(tokens)
    with pytest.raises(RefreshRefused):
        await use_cases.refreshed(tokens.refresh_token)
    with pytest.raises(SignInRefused):
        await use_cases.attempt_sign_in(ANN, PASSWORD)
    refused = [one for one in await use_cases.world.audit() if one.action == "sign_in.refused"]
    assert refused[-1].facts == {"side": "portal", "reason": "under_age"}
    await usable_from(day)
    await use_cases.holder(await use_cases.signed_in())


@pytest.mark.parametrize("way", ["staff", "import", "state"])
async def test_correction_that_makes_the_holder_too_young_ends_their_sessions_and_sign_in(
    use_cases: MemoryPeopleUseCases, way: str
) -> None:
    world = use_cases.world
    born = birthday(15)
    account = await use_cases.add_client_with_account(external_id="E-1", state="PA", date_of_birth=born)
    assert account.client_id is not None
    if way == "staff":
        await corrected(use_cases, account.client_id, date_of_birth=birthday(10), external_id="E-1")
    elif way == "state":
        await corrected(use_cases, account.client_id, state="NY", external_id="E-1")
    else:
        row = ClientRow(2, "E-1", "Ann", "Lee", birthday(10).isoformat(), email=ANN, state="PA")
        import_people = ImportPeople(world.begin, world.clock, world.ids)
        for dry_run in (True, False):
            report = await import_people(world.system, ImportPeopleCommand((), (row,), dry_run=dry_run))
            assert [(one.outcome, one.suspends_account) for one in report.rows] == [("changed", True)]
        for again in (row, evolve(row, family_name="Low"), evolve(row, date_of_birth=born.isoformat())):
            report = await import_people(world.system, ImportPeopleCommand((), (again,), dry_run=True))
            assert [one.suspends_account for one in report.rows] == [False]
    opens = date(2029, 3, 2) if way == "state" else date(2030, 3, 2)
    assert (await use_cases.account(account.id)).usable_from == opens
    (ended,) = await use_cases.audit_entries("sessions.ended")
    assert (ended.target, ended.record, ended.facts) == (account.id, account.client_id, {"by": "under_age"})
    assert ("account_suspended", {"account_id": account.id, "client_id": account.client_id}) in world.store.jobs
    again = await corrected(use_cases, account.client_id, state="PA", date_of_birth=born, external_id="E-1")
    assert (await use_cases.account(account.id)).usable_from is None
    await corrected(use_cases, again.id, date_of_birth=born + timedelta(days=1), external_id="E-1")
    assert len(await use_cases.audit_entries("sessions.ended")) == 1
