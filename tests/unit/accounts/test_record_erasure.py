"""A record is erased when one administrator asks for it and another confirms it, each with a fresh second factor."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve, field, frozen

from portal_core.access.model import GrantTerms
from portal_core.access.use_cases.grant_access import GrantAccess, GrantAccessCommand
from portal_core.accounts.errors import (
    CodeRefused,
    SecondFactorRequired,
    WrongPassword,
)
from portal_core.accounts.identity_provider import Credential
from portal_core.accounts.use_cases.confirm_record_erasure import ConfirmRecordErasure, ConfirmRecordErasureCommand
from portal_core.accounts.use_cases.end_credential import EndCredential
from portal_core.accounts.use_cases.lift_legal_hold import LiftLegalHold, LiftLegalHoldCommand
from portal_core.accounts.use_cases.list_record_erasures import ListRecordErasures
from portal_core.accounts.use_cases.request_record_erasure import RequestRecordErasure, RequestRecordErasureCommand
from portal_core.accounts.use_cases.withdraw_record_erasure import WithdrawRecordErasure, WithdrawRecordErasureCommand
from portal_core.kernel.actor import Origin, Role, StaffActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, RecordDestroyed, Unauthenticated
from portal_core.kernel.idempotency import IdempotentRequest
from portal_core.people.details import ClientDetails
from portal_core.people.erasure import ERASURE_TTL, RecordErasureView, erased
from portal_core.people.errors import ErasureNotOpen, ErasureOpen, UnderLegalHold
from portal_core.people.use_cases.add_staff import AddStaff, AddStaffCommand
from portal_core.people.use_cases.assign_care_team import AssignCareTeam, AssignCareTeamCommand
from portal_core.people.use_cases.change_client import ChangeClient, ChangeClientCommand
from portal_core.people.use_cases.change_staff import ChangeStaff, ChangeStaffCommand
from portal_core.people.use_cases.place_legal_hold import PlaceLegalHold
from tests.support.contracts.accounts.world import DATE_OF_BIRTH
from tests.unit.accounts.use_cases import ANN, PASSWORD, STEP, AccountUseCases


@frozen
class Administrator:
    """With the secret of their second factor."""

    actor: StaffActor
    secret: str


@frozen
class Practice:
    """Two administrators, and a client with an account."""

    use_cases: AccountUseCases
    first: Administrator
    second: Administrator
    client_id: UUID
    account_id: UUID
    request: RequestRecordErasure = field(init=False)
    confirm: ConfirmRecordErasure = field(init=False)
    withdraw: WithdrawRecordErasure = field(init=False)
    listed: ListRecordErasures = field(init=False)

    @request.default
    def _request(self) -> RequestRecordErasure:
        world = self.use_cases.world
        return RequestRecordErasure(world.begin, world.clock, world.ids, self.use_cases.reauthentication)

    @confirm.default
    def _confirm(self) -> ConfirmRecordErasure:
        return ConfirmRecordErasure(
            self.use_cases.world.begin, self.use_cases.world.clock, self.use_cases.reauthentication
        )

    @withdraw.default
    def _withdraw(self) -> WithdrawRecordErasure:
        return WithdrawRecordErasure(self.use_cases.world.begin)

    @listed.default
    def _listed(self) -> ListRecordErasures:
        return ListRecordErasures(self.use_cases.world.begin, self.use_cases.world.clock)

    @classmethod
    async def create(cls) -> "Practice":
        use_cases = AccountUseCases()
        account = await use_cases.add_client_account()
        assert account.client_id is not None
        first, second = [await cls._administrator(use_cases, f"{name}@elm.example") for name in ("ada", "grace")]
        return cls(use_cases, first, second, account.client_id, account.id)

    @staticmethod
    async def _administrator(use_cases: AccountUseCases, email: str, staff_id: UUID | None = None) -> Administrator:
        """One whom the operator appointed, or the administrator that this member of staff is."""
        staff_id = staff_id or await use_cases.world.add_staff(email, ["administrator"])
        account = await use_cases.world.account(email, kind="staff", staff_id=staff_id)
        await use_cases.passwords.create(Credential.of(account), PASSWORD)
        secret, _ = await use_cases.enrolled(await use_cases.signed_in(email, side="practice"))
        account = await use_cases.account(email, "practice")
        return Administrator(StaffActor(use_cases.world.practice_id, account.id, frozenset({"administrator"})), secret)

    async def appointed(self, email: str = "mallory@elm.example") -> Administrator:
        """Another administrator whom the first one just added, with an account of their own."""
        world = self.use_cases.world
        add = AddStaff(world.begin, world.clock, world.ids)
        member = await add(self.first.actor, AddStaffCommand("Mal", email, frozenset({"administrator"})))
        return await self._administrator(self.use_cases, email, member.id)

    async def change_staff(self, whose: Administrator, roles: frozenset[Role], *, active: bool = True) -> None:
        """The second administrator changes a member's roles."""
        world = self.use_cases.world
        async with world.begin(world.system) as unit:
            account = await unit.accounts.get(whose.actor.account_id)
            assert account is not None
            assert account.staff_id is not None
            member = await unit.staff_records.get(account.staff_id)
        assert member is not None
        command = ChangeStaffCommand(member.id, member.name, roles, None, active, member.version)
        await ChangeStaff(world.begin, world.clock)(self.second.actor, command)  # type: ignore[arg-type]

    async def lifted(self, by: Administrator, **more: str) -> None:
        values = {"password": PASSWORD} | (more if "code" in more else {"code": self.code(by), **more})
        lift = LiftLegalHold(self.use_cases.world.begin, self.use_cases.reauthentication)
        await lift(by.actor, LiftLegalHoldCommand(self.client_id, **values))

    def told(self) -> list[tuple[str, UUID | None]]:
        """Of which erasures and holds whom was told."""
        kinds = ("erasure_requested", "erasure_confirmed", "legal_hold_lifted")
        return [(one.kind, one.to_account) for one in self.use_cases.world.notices if one.kind in kinds]

    def code(self, by: Administrator) -> str:
        self.use_cases.world.clock.advance(STEP)
        return self.use_cases.totp(by.secret)

    async def ask(self, **more: Any) -> RecordErasureView:
        values = {"client_id": self.client_id, "password": PASSWORD, "code": self.code(self.first)} | more
        return await self.request(self.first.actor, RequestRecordErasureCommand(**values))

    async def confirmed(self, erasure: RecordErasureView, by: Administrator) -> RecordErasureView:
        command = ConfirmRecordErasureCommand(erasure.client_id, erasure.id, PASSWORD, self.code(by))
        return await self.confirm(by.actor, command)

    async def client(self) -> Any:
        async with self.use_cases.world.begin(self.use_cases.system) as unit:
            whole: Any = unit
            return await whole.client_records.get(self.client_id)


async def test_two_administrators_erase_a_record() -> None:
    practice = await Practice.create()
    before = await practice.client()
    session = await practice.use_cases.signed_in()
    asked = await practice.ask()
    assert (await practice.listed(practice.second.actor)).items == (asked,)
    assert await practice.client() == before
    done = await practice.confirmed(asked, practice.second)
    assert (done.state, done.id) == ("completed", asked.id)
    assert await practice.client() == erased(before)
    assert (await practice.listed(practice.second.actor)).items == ()
    with pytest.raises(Unauthenticated):
        await practice.use_cases.holder(session)
    with pytest.raises(Unauthenticated):
        await practice.use_cases.signed_in()
    actions = await practice.use_cases.actions()
    assert [one for one in actions if "eras" in one] == [
        "record.erasure_requested",
        "record_erasures.read",
        "record.erasure_confirmed",
        "record.erased",
        "account.erased",
        "record_erasures.read",
    ]
    # A repetition changes nothing.
    assert await practice.confirmed(asked, practice.second) == done
    assert (await practice.use_cases.actions()).count("record.erased") == 1
    with pytest.raises(RecordDestroyed):
        await practice.ask()


async def test_refused_attempt_is_refused_again_under_the_same_key() -> None:
    """The audit entry of a wrong password is committed, and is not the answer to the request."""
    practice = await Practice.create()
    for _ in range(2):
        keyed = Origin(idempotent_request=IdempotentRequest("request_record_erasure", "key-1", bytes(32)))
        with pytest.raises(WrongPassword):
            await practice.request(
                evolve(practice.first.actor, origin=keyed),
                RequestRecordErasureCommand(practice.client_id, "wrong", practice.code(practice.first)),
            )


async def test_erased_record_is_not_filled_again() -> None:
    practice = await Practice.create()
    await practice.confirmed(await practice.ask(), practice.second)
    world, client = practice.use_cases.world, await practice.client()
    details = ClientDetails(given_name="Ann", family_name="Lee", date_of_birth=DATE_OF_BIRTH, email=ANN)
    with pytest.raises(RecordDestroyed):
        await ChangeClient(world.begin, world.clock)(
            practice.first.actor, ChangeClientCommand(client.id, details, client.version)
        )
    with pytest.raises(RecordDestroyed):
        await AssignCareTeam(world.begin, world.clock)(practice.first.actor, AssignCareTeamCommand(client.id, ()))
    with pytest.raises(RecordDestroyed):
        await PlaceLegalHold(world.begin, world.clock)(practice.first.actor, client.id)
    grant = GrantAccessCommand(client.id, "pat@example.org", GrantTerms("representative", areas=frozenset({"profile"})))
    with pytest.raises(RecordDestroyed):
        await GrantAccess(world.begin, world.clock, world.ids)(practice.first.actor, grant)
    assert await practice.client() == client


async def test_account_is_deleted_at_the_identity_provider() -> None:
    practice = await Practice.create()
    account = await practice.use_cases.account(ANN)
    delete = EndCredential(practice.use_cases.world.begin, practice.use_cases.credentials)
    await delete(practice.use_cases.system, account.id)
    assert (account.side, account.id) in practice.use_cases.pool.people
    await practice.confirmed(await practice.ask(), practice.second)
    jobs = await practice.use_cases.world.jobs()
    assert ("end_credential", {"account_id": account.id}) in jobs
    assert ("account_closed", {"account_id": account.id, "client_id": practice.client_id}) in jobs
    for _ in range(2):
        await delete(practice.use_cases.system, account.id)
    await delete(practice.use_cases.system, UUID(int=5))
    assert "credential.deleted" in await practice.use_cases.actions()
    assert (account.side, account.id) not in practice.use_cases.pool.people


async def test_nobody_confirms_their_own_request() -> None:
    practice = await Practice.create()
    asked = await practice.ask()
    with pytest.raises(Forbidden):
        await practice.confirmed(asked, practice.first)
    assert (await practice.client()).given_name == "Ann"


async def test_the_operator_is_a_second_person() -> None:
    practice = await Practice.create()
    asked = await practice.ask()
    command = ConfirmRecordErasureCommand(practice.client_id, asked.id)
    assert (await practice.confirm(practice.use_cases.system, command)).state == "completed"


async def test_a_fresh_second_factor_is_required() -> None:
    practice = await Practice.create()
    with pytest.raises(WrongPassword):
        await practice.ask(password="wrong")
    with pytest.raises(CodeRefused):
        await practice.ask(code="000000")
    with pytest.raises(Invalid):
        await practice.ask(code="")
    asked = await practice.ask()
    with pytest.raises(CodeRefused):
        await practice.confirm(
            practice.second.actor, ConfirmRecordErasureCommand(practice.client_id, asked.id, PASSWORD, "000000")
        )
    staff_id = await practice.use_cases.world.add_staff("sam@elm.example", ["administrator"])
    account = await practice.use_cases.world.account("sam@elm.example", kind="staff", staff_id=staff_id)
    await practice.use_cases.passwords.create(Credential.of(account), PASSWORD)
    single = StaffActor(practice.use_cases.world.practice_id, account.id, frozenset({"administrator"}))
    with pytest.raises(SecondFactorRequired):
        await practice.request(single, RequestRecordErasureCommand(practice.client_id, PASSWORD))
    assert "record.erasure_refused" in await practice.use_cases.actions()
    assert (await practice.client()).given_name == "Ann"


async def test_only_administrators_take_part() -> None:
    practice = await Practice.create()
    asked = await practice.ask()
    clinician = evolve(practice.first.actor, roles=frozenset({"clinician"}))
    with pytest.raises(Forbidden):
        await practice.request(clinician, RequestRecordErasureCommand(practice.client_id, PASSWORD, "1"))
    with pytest.raises(Forbidden):
        await practice.confirm(clinician, ConfirmRecordErasureCommand(practice.client_id, asked.id, PASSWORD, "1"))
    with pytest.raises(Forbidden):
        await practice.withdraw(clinician, WithdrawRecordErasureCommand(practice.client_id, asked.id))
    with pytest.raises(Forbidden):
        await practice.listed(clinician)


async def test_unknown_clients_and_requests_are_not_found() -> None:
    practice = await Practice.create()
    with pytest.raises(NotFound):
        await practice.ask(client_id=UUID(int=5))
    asked = await practice.ask()
    for client_id, erasure_id in ((UUID(int=5), asked.id), (practice.client_id, UUID(int=5))):
        with pytest.raises(NotFound):
            await practice.confirmed(evolve(asked, client_id=client_id, id=erasure_id), practice.second)
        with pytest.raises(NotFound):
            command = WithdrawRecordErasureCommand(client_id, erasure_id)
            await practice.withdraw(practice.second.actor, command)


async def test_a_request_expires_and_can_be_withdrawn() -> None:
    practice = await Practice.create()
    late = await practice.ask()
    with pytest.raises(ErasureOpen):
        await practice.ask()
    practice.use_cases.world.clock.at = late.expires_at - timedelta(seconds=1) - STEP
    assert late.expires_at == late.requested_at + ERASURE_TTL
    assert (await practice.listed(practice.second.actor)).items == (late,)
    practice.use_cases.world.clock.advance(STEP + timedelta(seconds=1))
    assert (await practice.listed(practice.second.actor)).items == ()
    with pytest.raises(ErasureNotOpen):
        await practice.confirmed(late, practice.second)
    again = await practice.ask()
    command = WithdrawRecordErasureCommand(practice.client_id, again.id)
    assert (await practice.withdraw(practice.second.actor, command)).state == "withdrawn"
    with pytest.raises(ErasureNotOpen):
        await practice.withdraw(practice.second.actor, command)
    with pytest.raises(ErasureNotOpen):
        await practice.confirmed(again, practice.second)
    assert (await practice.client()).given_name == "Ann"


async def test_nothing_is_erased_under_a_legal_hold() -> None:
    practice = await Practice.create()
    place = PlaceLegalHold(practice.use_cases.world.begin, practice.use_cases.world.clock)
    lift = LiftLegalHold(practice.use_cases.world.begin, practice.use_cases.reauthentication)
    biller = evolve(practice.first.actor, roles=frozenset({"biller"}))
    for client_id, actor, error in (
        (UUID(int=5), practice.first.actor, NotFound),
        (practice.client_id, biller, Forbidden),
    ):
        with pytest.raises(error):
            await place(actor, client_id)
        with pytest.raises(error):
            await lift(actor, LiftLegalHoldCommand(client_id, PASSWORD, "1"))
    asked = await practice.ask()
    await place(practice.first.actor, practice.client_id)
    with pytest.raises(UnderLegalHold):
        await practice.confirmed(asked, practice.second)
    await practice.withdraw(practice.first.actor, WithdrawRecordErasureCommand(practice.client_id, asked.id))
    with pytest.raises(UnderLegalHold):
        await practice.ask()
    assert (await practice.client()).given_name == "Ann"
    await practice.lifted(practice.first)
    await place(practice.use_cases.system, practice.client_id)
    await lift(practice.use_cases.system, LiftLegalHoldCommand(practice.client_id))
    await practice.confirmed(await practice.ask(), practice.second)
    assert (await practice.client()).given_name == "Erased"


async def test_lifting_a_legal_hold_takes_a_fresh_second_factor() -> None:
    practice = await Practice.create()
    await PlaceLegalHold(practice.use_cases.world.begin, practice.use_cases.world.clock)(
        practice.first.actor, practice.client_id
    )
    for wrong, error in (
        ({"password": "wrong"}, WrongPassword),
        ({"code": "000000"}, CodeRefused),
        ({"code": ""}, Invalid),
    ):
        with pytest.raises(error):
            await practice.lifted(practice.first, **wrong)
    with pytest.raises(UnderLegalHold):
        await practice.ask()
    await practice.lifted(practice.first)
    assert (await practice.ask()).state == "open"
