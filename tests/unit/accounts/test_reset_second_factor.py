"""Lost phone, lost codes: what an administrator may do for another, who else may not, and what is over then."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.access.errors import GrantOver
from portal_core.accounts.errors import (
    AccountNotOpen,
    ChallengeOver,
    RefreshRefused,
    SecondFactorRefused,
    SecondFactorRequired,
)
from portal_core.accounts.identity import Credential
from portal_core.accounts.model import Account
from portal_core.accounts.use_cases.remove_second_factor import RemoveSecondFactorCommand
from portal_core.accounts.use_cases.reset_second_factor import IDENTITY_CHECKS, ResetSecondFactorCommand
from portal_core.kernel.actor import Actor, ClientActor, Origin, ProxyActor, Role, VisitorActor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, Unauthenticated
from portal_core.kernel.idempotency import Attempt, Replayed
from tests.unit.accounts.use_cases import BOB, PASSWORD, STAFF, STEP, FrontDoor

ADMIN = "ada@elm.example.org"


async def employed(door: FrontDoor, *roles: Role, email: str = ADMIN, strong: bool = True) -> Actor:
    """A member of staff with a session."""
    account = await door.world.account(email, kind="staff", staff_id=await door.world.add_staff(email, roles))
    return await door.holder(await door.signed_in_as(account, strong=strong))


async def locked_out() -> tuple[FrontDoor, Account, str, tuple[str, ...], Actor]:
    """A client who is signed in somewhere and has lost the secret and the codes given; and an administrator."""
    door = FrontDoor()
    await door.joined()
    secret, codes = await door.enrolled(await door.signed_in())
    admin = await employed(door, "administrator")
    await door.work()
    return door, await door.account(), secret, codes, admin


def for_client(account: Account, **more: Any) -> ResetSecondFactorCommand:
    assert account.client_id is not None
    return evolve(ResetSecondFactorCommand("portal", account.client_id, "called_back"), **more)


async def entries(door: FrontDoor, action: str) -> list[Audited]:
    return [one for one in await door.world.audit() if one.action == action]


# --- what it does -----------------------------------------------------------------------------------------------------


async def test_who_lost_everything_signs_in_with_the_password_again() -> None:
    door, account, secret, codes, admin = await locked_out()
    await door.reset_factor(admin, for_client(account))
    tokens = await door.signed_in()
    assert (await door.account()).second_factor == "none"
    assert not tokens.must_enrol
    assert await door.work() == [("second_factor_removed", account.id)]
    again, _ = await door.enrolled(tokens)
    assert again != secret
    with pytest.raises(SecondFactorRefused):
        await door.answered(await door.asked(), codes[0])


async def test_it_stands_on_the_clients_record_with_how_they_were_checked_and_no_word_more() -> None:
    door, account, _, _, admin = await locked_out()
    before = len(await door.world.audit())
    await door.reset_factor(admin, for_client(account))
    written = (await door.world.audit())[before:]
    assert written == [
        Audited("second_factor.reset", account.id, account.client_id, facts={"checked": "called_back"}),
        Audited("recovery_codes.removed", account.id, account.client_id),
        Audited("sessions.ended", account.id, account.client_id, facts={"by": "second_factor_reset"}),
    ]


async def test_all_that_was_open_or_half_open_is_over() -> None:
    """As if the phone had not been lost but stolen, and the password with it."""
    door, account, secret, codes, admin = await locked_out()
    inside = await door.answered(await door.asked(), door.totp(secret))
    halfway, other = await door.asked(), await door.asked()
    await door.reset_factor(admin, for_client(account))
    with pytest.raises(Unauthenticated):
        await door.who(inside)
    with pytest.raises(RefreshRefused):
        await door.refreshed(inside.refresh_token)
    with pytest.raises(SecondFactorRefused):
        await door.answered(halfway, door.totp(secret, 1))
    with pytest.raises(SecondFactorRefused):
        await door.answered(other, codes[0])
    assert (await door.account()).second_factor == "none"


@pytest.mark.parametrize("by", ["administrator", "owner"])
async def test_a_sign_in_from_before_is_over_though_the_provider_would_still_take_the_code(by: str) -> None:
    """As Cognito may: the core would believe that it is enrolled, and the one who was helped be shut out again."""
    door, account, secret, codes, admin = await locked_out()
    inside = await door.answered(await door.asked(), door.totp(secret))
    door.world.clock.advance(STEP)
    stolen = await door.asked()
    door.world.clock.advance(STEP)
    if by == "administrator":
        await door.reset_factor(admin, for_client(account))
    else:
        await door.remove(await door.holder(inside), RemoveSecondFactorCommand(PASSWORD, codes[0]))
    person = door.pool.known(Credential.of(account))
    assert person is not None

    async def tried() -> None:
        person.secret, was = secret, person.secret
        with pytest.raises(ChallengeOver):
            await door.answered(stolen, door.totp(secret))
        person.secret = was
        assert (await door.account()).second_factor == "none"

    await tried()
    door.world.clock.advance(STEP)
    actor = await door.holder(await door.signed_in())
    begun = await door.enroll(actor, PASSWORD)
    await tried()
    await door.confirm(actor, door.totp(begun.secret))
    assert (await door.account()).second_factor == "totp"


@pytest.mark.parametrize("required", [True, False])
async def test_where_one_is_required_the_next_sign_in_is_for_setting_up_only(required: bool) -> None:
    door, account, _, _, admin = await locked_out()
    await door.world.set_rules(clients_need_second_factor=required)
    await door.reset_factor(admin, for_client(account))
    tokens = await door.signed_in()
    assert tokens.must_enrol is required
    if required:
        with pytest.raises(SecondFactorRequired):
            await door.who(tokens, enrolling=False)
        await door.enrolled(tokens)
    assert (await door.who(tokens, enrolling=False)).actor.account_id == account.id


async def test_a_colleague_is_helped_too_and_sets_up_another_first() -> None:
    door = FrontDoor()
    lost = await door.hired()
    assert lost.staff_id is not None
    await door.enrolled(await door.signed_in(STAFF, side="practice"))
    admin = await employed(door, "administrator")
    await door.reset_factor(admin, ResetSecondFactorCommand("practice", lost.staff_id, "in_person"))
    tokens = await door.signed_in(STAFF, side="practice")
    assert tokens.must_enrol
    assert await entries(door, "second_factor.reset") == [
        Audited("second_factor.reset", lost.id, facts={"checked": "in_person"})
    ]


async def test_whoever_operates_the_deployment_helps_the_only_administrator() -> None:
    door = FrontDoor()
    lost = await door.hired()
    assert lost.staff_id is not None
    await door.enrolled(await door.signed_in(STAFF, side="practice"))
    await door.reset_factor(door.system, ResetSecondFactorCommand("practice", lost.staff_id, "video_call"))
    assert (await door.signed_in(STAFF, side="practice")).must_enrol


async def proxy(door: FrontDoor, client_id: UUID) -> tuple[Account, UUID]:
    """Somebody who acts for the client, with a second factor; and the grant."""
    account = await door.world.account(BOB, kind="proxy")
    await door.passwords.create(Credential.of(account), PASSWORD)
    await door.enrolled(await door.signed_in(BOB))
    return await door.account(BOB), await door.world.add_grant(client_id, account.id, {"appointments"})


async def test_a_proxy_is_helped_through_the_record_for_which_they_act() -> None:
    door, client, _, _, admin = await locked_out()
    assert client.client_id is not None
    parent, grant_id = await proxy(door, client.client_id)
    await door.reset_factor(admin, for_client(client, grant_id=grant_id))
    assert (await door.signed_in(BOB)).session.id
    assert (await door.account()).second_factor == "totp", "the client's own stays"
    [entry] = await entries(door, "second_factor.reset")
    assert (entry.target, entry.record) == (parent.id, client.client_id)


async def test_a_proxy_without_access_any_more_is_not_reached_by_it() -> None:
    door, client, _, _, admin = await locked_out()
    assert client.client_id is not None
    _, grant_id = await proxy(door, client.client_id)
    await door.world.revoke_grant(client.client_id, grant_id)
    with pytest.raises(GrantOver):
        await door.reset_factor(admin, for_client(client, grant_id=grant_id))
    with pytest.raises(NotFound):
        await door.reset_factor(admin, for_client(client, grant_id=door.world.ids.new()))
    assert (await door.account(BOB)).second_factor == "totp"


async def test_after_a_crash_it_is_done_again_and_whole() -> None:
    """Whichever of the two forgot and the other did not."""
    door, account, secret, _, admin = await locked_out()
    await door.second_factors.remove(Credential.of(account))
    await door.reset_factor(admin, for_client(account))
    await door.signed_in()
    person = door.pool.known(Credential.of(account))
    assert person is not None
    person.secret = secret  # confirmed by the provider, and the core never heard of it
    await door.asked()
    await door.reset_factor(admin, for_client(account))
    await door.signed_in()


# --- who may not ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["front_desk", "biller", "clinician", "auditor"])
async def test_other_staff_may_not(role: Role) -> None:
    door, account, _, _, _ = await locked_out()
    other = await employed(door, role, email="someone@elm.example.org")
    await refused(door, other, for_client(account), Forbidden)


async def test_clients_proxies_and_visitors_find_nothing() -> None:
    door, account, _, _, _ = await locked_out()
    assert account.client_id is not None
    practice_id = door.world.practice_id
    for actor in (
        ClientActor(practice_id, account.id, account.client_id),
        ProxyActor(practice_id, door.world.ids.new(), account.client_id, may_write=True),
        VisitorActor(practice_id),
    ):
        await refused(door, actor, for_client(account), NotFound)


async def test_nobody_resets_their_own() -> None:
    door = FrontDoor()
    staff_id = await door.world.add_staff(STAFF, ("administrator", "clinician"))
    account = await door.world.account(STAFF, kind="staff", staff_id=staff_id)
    own = ResetSecondFactorCommand("practice", staff_id, "in_person")
    await refused(door, await door.holder(await door.signed_in_as(account)), own, Forbidden)


async def test_a_session_without_a_second_factor_may_not_even_an_administrators() -> None:
    door, account, _, _, _ = await locked_out()
    weak = await employed(door, "administrator", email="weak@elm.example.org", strong=False)
    await refused(door, weak, for_client(account), SecondFactorRequired)
    await refused(door, evolve(weak, session_id=door.world.ids.new()), for_client(account), SecondFactorRequired)


async def test_within_the_process_there_is_no_session_to_look_at() -> None:
    door, account, _, _, admin = await locked_out()
    await door.reset_factor(evolve(admin, session_id=None), for_client(account))
    await door.signed_in()


async def test_another_practices_people_are_not_there() -> None:
    door, account, _, _, admin = await locked_out()
    other = FrontDoor(await door.world.beside())
    stranger = await employed(other, "administrator")
    await refused(other, stranger, for_client(account), NotFound)
    # Nor by an actor of this practice who names somebody of the other, or mixes the sides up.
    theirs = await other.hired()
    assert theirs.staff_id is not None
    await refused(door, admin, ResetSecondFactorCommand("practice", theirs.staff_id, "in_person"), NotFound)
    await refused(door, admin, for_client(account, side="practice"), NotFound)
    assert (await door.account()).second_factor == "totp"


async def test_a_grant_over_one_client_says_nothing_of_anothers_proxy() -> None:
    door, client, _, _, admin = await locked_out()
    assert client.client_id is not None
    other = await door.world.account("cleo@example.org")
    _, grant_id = await proxy(door, client.client_id)
    await refused(door, admin, for_client(other, grant_id=grant_id), NotFound)


async def test_there_must_be_an_account_that_is_open() -> None:
    door, _, _, _, admin = await locked_out()
    nobody = await door.world.add_client("nobody@example.org")
    unproven = await door.world.account("new@example.org", status="unverified")
    for client_id in (nobody, unproven.client_id):
        assert client_id is not None
        await refused(door, admin, ResetSecondFactorCommand("portal", client_id, "in_person"), AccountNotOpen)


def test_how_they_were_checked_is_one_of_a_closed_list() -> None:
    for word in ("", "she wept and I believed her", "in person"):
        with pytest.raises(Invalid) as refusal:
            ResetSecondFactorCommand("portal", UUID(int=1), word)  # type: ignore[arg-type]
        assert [(one.path, one.code) for one in refusal.value.fields] == [("checked", "check_unknown")]
    assert [ResetSecondFactorCommand("portal", UUID(int=1), one).checked for one in IDENTITY_CHECKS]


# --- again, and at once -----------------------------------------------------------------------------------------------


async def test_the_same_request_again_does_not_undo_what_came_after() -> None:
    door, account, _, _, admin = await locked_out()

    def asking() -> Actor:
        return evolve(admin, origin=Origin(attempt=Attempt("reset_second_factor_of_client", "key-1", b"digest")))

    await door.reset_factor(asking(), for_client(account))
    await door.enrolled(await door.signed_in())
    with pytest.raises(Replayed):
        await door.reset_factor(asking(), for_client(account))
    assert (await door.account()).second_factor == "totp"
    await door.asked()
    assert len(await entries(door, "second_factor.reset")) == 1


class Meanwhile:
    """A provider beside whom something else happens."""

    def __init__(self, happens: Callable[[], Any]) -> None:
        self.happens = happens

    async def remove(self, credential: Credential) -> None:
        await self.happens()


async def test_what_changed_while_the_provider_was_asked_is_looked_at_again() -> None:
    door, account, _, _, admin = await locked_out()

    async def closed() -> None:
        async with door.world.begin(door.system) as unit:
            await unit.accounts.save(account.close(door.world.clock.now()), Audited("account.closed", account.id))
            await unit.commit(None)

    object.__setattr__(door.reset_factor, "second_factors", Meanwhile(closed))
    with pytest.raises(AccountNotOpen):
        await door.reset_factor(admin, for_client(account))
    assert not await entries(door, "second_factor.reset")


async def refused(door: FrontDoor, actor: Actor, command: ResetSecondFactorCommand, error: type[Exception]) -> None:
    """Refused, and nothing is other than before but the audit trail."""
    before = kept(door)
    with pytest.raises(error):
        await door.reset_factor(actor, command)
    assert kept(door) == before
    assert not await entries(door, "second_factor.reset")


def kept(door: FrontDoor) -> Any:
    """All rows, and what the provider asks for."""
    rows = {name: dict(table) for name, table in door.world.store.tables.items() if table and name != "audit"}
    return rows, {key: person.secret for key, person in door.pool.people.items()}
