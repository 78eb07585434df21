"""Sessions: who is asking, how long it lasts, refresh families, and signing devices out."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.accounts.errors import RefreshRefused, SecondFactorRequired
from portal_core.accounts.use_cases.authenticate import AuthenticateCommand
from portal_core.accounts.views import SessionTokens
from portal_core.kernel.actor import ClientActor, Origin, ProxyActor, StaffActor
from portal_core.kernel.errors import NotFound, Unauthenticated
from portal_core.kernel.idempotency import Attempt
from tests.unit.accounts.use_cases import ANN, BOB, OTHER, STAFF, FrontDoor

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


async def opened() -> tuple[FrontDoor, SessionTokens]:
    door = FrontDoor()
    await door.joined()
    return door, await door.signed_in()


async def dead(door: FrontDoor, tokens: SessionTokens) -> bool:
    """Whether neither token opens anything; looks without touching when it is alive."""
    try:
        await door.who(tokens, active=False)
    except Unauthenticated:
        with pytest.raises(RefreshRefused):
            await door.refreshed(tokens.refresh_token)
        return True
    return False


async def test_idle_for_fifteen_minutes_is_the_end() -> None:
    door, tokens = await opened()
    door.world.clock.advance(15 * MINUTE - SECOND)
    assert not await dead(door, tokens)
    door.world.clock.advance(SECOND)
    assert await dead(door, tokens)


async def test_only_what_a_person_does_counts() -> None:
    door, tokens = await opened()
    for _ in range(14):
        door.world.clock.advance(MINUTE)
        assert (await door.who(tokens, active=False)).session.idle_ends_at == tokens.session.idle_ends_at
    door.world.clock.advance(MINUTE)
    assert await dead(door, tokens)


async def test_activity_is_written_once_a_minute() -> None:
    door, tokens = await opened()
    start = tokens.session.idle_ends_at
    door.world.clock.advance(MINUTE - SECOND)
    assert (await door.who(tokens)).session.idle_ends_at == start
    door.world.clock.advance(SECOND)
    assert (await door.who(tokens)).session.idle_ends_at == start + MINUTE
    door.world.clock.advance(59 * SECOND)
    assert (await door.who(tokens)).session.idle_ends_at == start + MINUTE


async def test_eight_hours_are_the_end_however_active() -> None:
    door, tokens = await opened()
    first = tokens
    for _ in range(48):
        door.world.clock.advance(10 * MINUTE - SECOND)
        await door.who(tokens)
        tokens = await door.refreshed(tokens.refresh_token)
        assert tokens.session.ends_at == first.session.ends_at
        assert tokens.session.access_expires_at <= tokens.session.ends_at
        assert tokens.session.idle_ends_at <= tokens.session.ends_at
    door.world.clock.at = first.session.ends_at - SECOND
    assert not await dead(door, tokens)
    door.world.clock.advance(SECOND)
    assert await dead(door, tokens)


async def test_an_access_token_is_good_for_an_hour_and_its_session_outlives_it() -> None:
    door, tokens = await opened()
    for _ in range(6):
        door.world.clock.advance(10 * MINUTE - SECOND)
        await door.who(tokens)
    door.world.clock.advance(6 * SECOND)
    with pytest.raises(Unauthenticated):
        await door.who(tokens)
    fresh = await door.refreshed(tokens.refresh_token)
    assert (await door.who(fresh)).session.id == tokens.session.id


async def test_extending_starts_the_idle_time_anew() -> None:
    door, tokens = await opened()
    actor = await door.holder(tokens)
    door.world.clock.advance(30 * SECOND)
    shown = await door.extend(actor)
    assert shown.idle_ends_at == tokens.session.idle_ends_at + 30 * SECOND
    assert (await door.who(tokens, active=False)).session == shown
    door.world.clock.advance(15 * MINUTE)
    with pytest.raises(Unauthenticated):
        await door.extend(actor)
    with pytest.raises(Unauthenticated):
        await door.extend(evolve(actor, session_id=None))
    with pytest.raises(Unauthenticated):
        await door.extend(door.visitor())


async def test_a_refresh_is_no_activity() -> None:
    door, tokens = await opened()
    door.world.clock.advance(10 * MINUTE)
    fresh = await door.refreshed(tokens.refresh_token)
    assert fresh.session.idle_ends_at == tokens.session.idle_ends_at


async def test_a_refresh_kills_the_tokens_before_it() -> None:
    door, tokens = await opened()
    fresh = await door.refreshed(tokens.refresh_token)
    with pytest.raises(Unauthenticated):
        await door.who(tokens)
    assert (await door.who(fresh)).session.id == tokens.session.id


async def test_a_refresh_token_used_again_ends_the_whole_session() -> None:
    door, tokens = await opened()
    bystander = await door.signed_in()
    second = await door.refreshed(tokens.refresh_token)
    third = await door.refreshed(second.refresh_token)
    with pytest.raises(RefreshRefused):
        await door.refreshed(tokens.refresh_token)
    assert await dead(door, third)
    assert not await dead(door, bystander)
    [entry] = [one for one in await door.world.audit() if one.action == "session.ended"]
    assert (entry.target, entry.outcome, entry.facts) == (tokens.session.id, "denied", {"by": "refresh_reuse"})


@pytest.mark.parametrize("token", ["", ".", "nonsense", "a.b", "\ud800.\x00"])
async def test_a_token_that_is_none_refreshes_nothing_and_ends_nothing(token: str) -> None:
    door, tokens = await opened()
    family, secret = tokens.refresh_token.split(".")
    for bad in (token, secret, f".{secret}", f"{secret}.{family}", tokens.access_token):
        with pytest.raises(RefreshRefused):
            await door.refreshed(bad)
    assert not await dead(door, tokens)
    with pytest.raises(Unauthenticated):
        await door.who(token)


async def test_the_tokens_of_another_practice_are_nobodys_here() -> None:
    door, tokens = await opened()
    other = FrontDoor(await door.world.beside())
    with pytest.raises(Unauthenticated):
        await other.who(tokens)
    with pytest.raises(RefreshRefused):
        await other.refreshed(tokens.refresh_token)
    assert not await dead(door, tokens)


async def test_signing_out_kills_both_tokens_and_that_session_alone() -> None:
    door, tokens = await opened()
    bystander = await door.signed_in()
    actor = await door.holder(tokens)
    for _ in range(2):
        await door.log_out(actor)
    assert await dead(door, tokens)
    assert not await dead(door, bystander)
    await door.log_out(evolve(actor, session_id=None))
    await door.log_out(evolve(actor, session_id=UUID(int=404)))
    assert (await door.actions()).count("session.ended") == 1
    with pytest.raises(Unauthenticated):
        await door.log_out(door.visitor())


async def test_the_dead_do_not_end_twice() -> None:
    door, _ = await opened()
    [kept] = door.world.store.table("sessions").values()
    session = kept.end(door.world.clock.now())
    assert session.end(door.world.clock.now() + MINUTE) == session


async def test_where_am_i_signed_in() -> None:
    door, first = await opened()
    await door.joined(BOB)
    await door.signed_in(BOB)
    door.world.clock.advance(MINUTE)
    second = await door.signed_in()
    shown = await door.list_sessions(await door.holder(second))
    assert [(one.id, one.current) for one in shown] == [(second.session.id, True), (first.session.id, False)]
    assert {one.device for one in shown} == {"Firefox on Linux"}
    door.world.clock.advance(14 * MINUTE)
    assert [one.id for one in await door.list_sessions(await door.holder(second))] == [second.session.id]


async def test_signing_another_device_out() -> None:
    door, lost = await opened()
    mine = await door.signed_in()
    actor = await door.holder(mine)
    await door.end_session(actor, lost.session.id)
    assert await dead(door, lost)
    assert not await dead(door, mine)
    with pytest.raises(NotFound):
        await door.end_session(actor, lost.session.id)


async def test_what_is_anothers_session_does_not_exist() -> None:
    door, _ = await opened()
    await door.joined(BOB)
    theirs = await door.signed_in(BOB)
    mine = await door.holder(await door.signed_in())
    for target in (theirs.session.id, UUID(int=404)):
        with pytest.raises(NotFound):
            await door.end_session(mine, target)
    assert not await dead(door, theirs)
    denied = [entry for entry in await door.world.audit() if entry.action == "access.denied"]
    assert [entry.target for entry in denied] == [theirs.session.id, UUID(int=404)]


async def test_a_closed_account_opens_nothing() -> None:
    door, tokens = await opened()
    account = await door.account()
    rows = door.world.store.table("accounts")
    rows[account.practice_id, account.id] = account.close(door.world.clock.now())
    assert await dead(door, tokens)


async def test_staff_who_left_are_out_at_once_and_roles_are_the_present_ones() -> None:
    door = FrontDoor()
    staff_id = await door.world.add_staff(STAFF, ("clinician",), sees_clients=True)
    account = await door.world.account(STAFF, kind="staff", staff_id=staff_id)
    tokens = await door.signed_in_as(account)
    actor = await door.holder(tokens)
    assert isinstance(actor, StaffActor)
    assert actor.clinician_id == await door.world.clinician_of(staff_id)
    people = door.world.store.table("staff")
    key = (account.practice_id, staff_id)
    people[key] = people[key].amended(roles=frozenset({"biller"}))
    assert (await door.holder(tokens)).roles == {"biller"}  # type: ignore[union-attr]
    people[key] = people[key].amended(active=False)
    with pytest.raises(Unauthenticated):
        await door.holder(tokens)


async def test_an_account_without_its_record_opens_nothing() -> None:
    door, tokens = await opened()
    rows = door.world.store.table("accounts")
    account = await door.account()
    rows[account.practice_id, account.id] = evolve(account, client_id=None)
    with pytest.raises(Unauthenticated):
        await door.who(tokens)


async def test_the_origin_of_the_request_goes_with_the_actor() -> None:
    door, tokens = await opened()
    origin = Origin("192.0.2.3", "curl", "r-1")
    assert (await door.holder(tokens, origin=origin)).origin == origin


async def test_a_proxy_acts_within_the_grant_on_the_record_that_is_named() -> None:
    door = FrontDoor()
    account = await door.world.account(BOB, kind="proxy")
    tokens = await door.signed_in_as(account)
    child, other = await door.world.add_client(), await door.world.add_client()
    grant = await door.world.add_grant(child, account.id, ("appointments", "messages"), may_write=True)
    plain = ProxyActor(account.practice_id, account.id, session_id=tokens.session.id)
    assert await door.holder(tokens) == plain
    assert await door.holder(tokens, record=child) == evolve(
        plain, client_id=child, areas=frozenset({"appointments", "messages"}), may_write=True, grant_id=grant
    )
    for record in (other, UUID(int=404)):
        with pytest.raises(NotFound):
            await door.holder(tokens, record=record)
    denied = [entry for entry in await door.world.audit() if entry.action == "access.denied"]
    assert [(entry.target, entry.facts) for entry in denied] == [
        (other, {"kind": "record"}),
        (UUID(int=404), {"kind": "record"}),
    ]
    await door.world.revoke_grant(child, grant)
    with pytest.raises(NotFound):
        await door.holder(tokens, record=child)


@pytest.mark.parametrize(
    ("zone", "at", "in_force"),
    [
        ("America/New_York", "2026-05-17T03:59:59+00:00", True),
        ("America/New_York", "2026-05-17T04:00:00+00:00", False),
        ("Pacific/Auckland", "2026-05-16T11:59:59+00:00", True),
        ("Pacific/Auckland", "2026-05-16T12:00:00+00:00", False),
        ("America/New_York", "2026-03-02T04:59:59+00:00", False),
        ("America/New_York", "2026-03-02T05:00:00+00:00", True),
    ],
)
async def test_a_grant_holds_by_the_practices_days(zone: str, at: str, in_force: bool) -> None:
    door = FrontDoor()
    await door.world.set_rules(zone=zone)
    account = await door.world.account(BOB, kind="proxy")
    child = await door.world.add_client()
    await door.world.add_grant(child, account.id, ("appointments",), starts=date(2026, 3, 2), until=date(2026, 5, 17))
    door.world.clock.at = datetime.fromisoformat(at)
    tokens = await door.signed_in_as(account)
    if in_force:
        actor = await door.holder(tokens, record=child)
        assert (actor.client_id, actor.until) == (child, date(2026, 5, 17))  # type: ignore[union-attr]
    else:
        with pytest.raises(NotFound):
            await door.holder(tokens, record=child)


async def test_a_twelfth_birthday_shuts_areas_in_the_middle_of_a_session() -> None:
    door = FrontDoor()
    account = await door.world.account(BOB, kind="proxy")
    child = await door.world.add_client()
    await door.world.add_grant(child, account.id, ("appointments", "messages", "measures"), narrows_on=date(2026, 3, 3))
    door.world.clock.at = datetime.fromisoformat("2026-03-03T04:59:00+00:00")
    tokens = await door.signed_in_as(account)
    assert len((await door.holder(tokens, record=child)).areas) == 3  # type: ignore[union-attr]
    door.world.clock.advance(MINUTE)
    assert (await door.holder(tokens, record=child)).areas == {"appointments"}  # type: ignore[union-attr]


async def test_a_client_names_their_own_record_or_one_they_are_proxy_for() -> None:
    door, tokens = await opened()
    account = await door.account()
    child, other = await door.world.add_client(), await door.world.add_client()
    await door.world.add_grant(child, account.id, ("appointments",))
    assert isinstance(await door.holder(tokens, record=account.client_id), ClientActor)
    acting = await door.holder(tokens, record=child)
    assert isinstance(acting, ProxyActor)
    assert (acting.client_id, acting.may_write) == (child, False)
    with pytest.raises(NotFound):
        await door.holder(tokens, record=other)


async def test_staff_name_no_record() -> None:
    door = FrontDoor()
    account = await door.hired()
    child = await door.world.add_client()
    await door.world.add_grant(child, account.id, ("appointments",))
    with pytest.raises(NotFound):
        await door.holder(await door.signed_in_as(account), record=child)


async def test_without_the_second_factor_that_is_required_only_enrolling_is_open() -> None:
    door, tokens = await opened()
    command = AuthenticateCommand(door.world.practice_id, tokens.access_token, active=True)
    assert not (await door.authenticate(command)).must_enrol
    await door.world.set_rules(clients_need_second_factor=True)
    with pytest.raises(SecondFactorRequired):
        await door.authenticate(command)
    assert (await door.authenticate(evolve(command, enrolling=True))).must_enrol
    assert (await door.refreshed(tokens.refresh_token)).must_enrol
    denied = [entry for entry in await door.world.audit() if entry.action == "access.denied"]
    assert [entry.facts for entry in denied] == [{"code": "second_factor_required"}]


async def test_a_denial_leaves_the_requests_idempotency_key_alone() -> None:
    door, tokens = await opened()
    attempt = Attempt("op", "key", b"digest")
    with pytest.raises(NotFound):
        await door.holder(tokens, record=UUID(int=404), origin=Origin(attempt=attempt))
    assert not attempt.claimed


async def test_a_password_reset_ends_every_session() -> None:
    door, tokens = await opened()
    other = await door.signed_in()
    await door.forgotten(ANN, OTHER)
    assert await dead(door, tokens)
    assert await dead(door, other)


async def test_reading_who_asks_is_one_read() -> None:
    door, tokens = await opened()
    calls = []
    live = door.world.live

    class Counting:
        async def find_by_access_hash(self, *args):  # type: ignore[no-untyped-def]
            calls.append("find")
            return await live.find_by_access_hash(*args)

        async def mark_active(self, *args):  # type: ignore[no-untyped-def]
            calls.append("mark")

    object.__setattr__(door.authenticate, "live", Counting())
    await door.who(tokens)
    assert calls == ["find"]
    door.world.clock.advance(MINUTE)
    await door.who(tokens, active=False)
    assert calls == ["find"] * 2
    await door.who(tokens)
    assert calls == ["find"] * 3 + ["mark"]
