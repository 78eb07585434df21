"""Sessions: authentication, expiry, refresh families, and signing out devices."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.accounts.errors import RefreshRefused, SecondFactorRequired
from portal_core.accounts.model import AccountKind
from portal_core.accounts.use_cases.authenticate import AuthenticateCommand
from portal_core.accounts.views import SessionTokens
from portal_core.kernel.actor import ClientActor, Origin, ProxyActor, StaffActor
from portal_core.kernel.errors import NotFound, Unauthenticated
from portal_core.kernel.idempotency import IdempotentRequest
from tests.unit.accounts.use_cases import ANN, BOB, OTHER, STAFF, AccountUseCases

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


async def signed_in_client() -> tuple[AccountUseCases, SessionTokens]:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    return use_cases, await use_cases.signed_in()


async def is_ended(use_cases: AccountUseCases, tokens: SessionTokens) -> bool:
    """Whether neither token works; does not count as activity if the session is live."""
    try:
        await use_cases.authenticated(tokens, active=False)
    except Unauthenticated:
        with pytest.raises(RefreshRefused):
            await use_cases.refreshed(tokens.refresh_token)
        return True
    return False


async def test_idle_timeout() -> None:
    use_cases, tokens = await signed_in_client()
    use_cases.world.clock.advance(15 * MINUTE - SECOND)
    assert not await is_ended(use_cases, tokens)
    use_cases.world.clock.advance(SECOND)
    assert await is_ended(use_cases, tokens)


async def test_only_user_activity_extends_session() -> None:
    use_cases, tokens = await signed_in_client()
    for _ in range(14):
        use_cases.world.clock.advance(MINUTE)
        assert (await use_cases.authenticated(tokens, active=False)).session.idle_ends_at == tokens.session.idle_ends_at
    use_cases.world.clock.advance(MINUTE)
    assert await is_ended(use_cases, tokens)


async def test_activity_is_written_at_most_once_a_minute() -> None:
    use_cases, tokens = await signed_in_client()
    start = tokens.session.idle_ends_at
    use_cases.world.clock.advance(MINUTE - SECOND)
    assert (await use_cases.authenticated(tokens)).session.idle_ends_at == start
    use_cases.world.clock.advance(SECOND)
    assert (await use_cases.authenticated(tokens)).session.idle_ends_at == start + MINUTE
    use_cases.world.clock.advance(59 * SECOND)
    assert (await use_cases.authenticated(tokens)).session.idle_ends_at == start + MINUTE


async def test_absolute_session_timeout() -> None:
    use_cases, tokens = await signed_in_client()
    first = tokens
    for _ in range(48):
        use_cases.world.clock.advance(10 * MINUTE - SECOND)
        await use_cases.authenticated(tokens)
        tokens = await use_cases.refreshed(tokens.refresh_token)
        assert tokens.session.ends_at == first.session.ends_at
        assert tokens.session.access_expires_at <= tokens.session.ends_at
        assert tokens.session.idle_ends_at <= tokens.session.ends_at
    use_cases.world.clock.at = first.session.ends_at - SECOND
    assert not await is_ended(use_cases, tokens)
    use_cases.world.clock.advance(SECOND)
    assert await is_ended(use_cases, tokens)


async def test_access_token_expires_after_an_hour_and_session_continues() -> None:
    use_cases, tokens = await signed_in_client()
    for _ in range(6):
        use_cases.world.clock.advance(10 * MINUTE - SECOND)
        await use_cases.authenticated(tokens)
    use_cases.world.clock.advance(6 * SECOND)
    with pytest.raises(Unauthenticated):
        await use_cases.authenticated(tokens)
    fresh = await use_cases.refreshed(tokens.refresh_token)
    assert (await use_cases.authenticated(fresh)).session.id == tokens.session.id


async def test_extending_session_restarts_idle_timeout() -> None:
    use_cases, tokens = await signed_in_client()
    actor = await use_cases.holder(tokens)
    use_cases.world.clock.advance(30 * SECOND)
    view = await use_cases.extend(actor)
    assert view.idle_ends_at == tokens.session.idle_ends_at + 30 * SECOND
    assert (await use_cases.authenticated(tokens, active=False)).session == view
    use_cases.world.clock.advance(15 * MINUTE)
    with pytest.raises(Unauthenticated):
        await use_cases.extend(actor)
    with pytest.raises(Unauthenticated):
        await use_cases.extend(evolve(actor, session_id=None))
    with pytest.raises(Unauthenticated):
        await use_cases.extend(use_cases.visitor())


async def test_refresh_does_not_count_as_activity() -> None:
    use_cases, tokens = await signed_in_client()
    use_cases.world.clock.advance(10 * MINUTE)
    fresh = await use_cases.refreshed(tokens.refresh_token)
    assert fresh.session.idle_ends_at == tokens.session.idle_ends_at


async def test_refresh_invalidates_previous_tokens() -> None:
    use_cases, tokens = await signed_in_client()
    fresh = await use_cases.refreshed(tokens.refresh_token)
    with pytest.raises(Unauthenticated):
        await use_cases.authenticated(tokens)
    assert (await use_cases.authenticated(fresh)).session.id == tokens.session.id


async def test_reused_refresh_token_ends_session() -> None:
    use_cases, tokens = await signed_in_client()
    bystander = await use_cases.signed_in()
    second = await use_cases.refreshed(tokens.refresh_token)
    third = await use_cases.refreshed(second.refresh_token)
    with pytest.raises(RefreshRefused):
        await use_cases.refreshed(tokens.refresh_token)
    assert await is_ended(use_cases, third)
    assert not await is_ended(use_cases, bystander)
    [entry] = [one for one in await use_cases.world.audit() if one.action == "session.ended"]
    assert (entry.target, entry.outcome, entry.facts) == (tokens.session.id, "denied", {"by": "refresh_reuse"})


@pytest.mark.parametrize("token", ["", ".", "nonsense", "a.b", "\ud800.\x00"])
async def test_malformed_refresh_token_changes_nothing(token: str) -> None:
    use_cases, tokens = await signed_in_client()
    family, secret = tokens.refresh_token.split(".")
    for bad in (token, secret, f".{secret}", f"{secret}.{family}", tokens.access_token):
        with pytest.raises(RefreshRefused):
            await use_cases.refreshed(bad)
    assert not await is_ended(use_cases, tokens)
    with pytest.raises(Unauthenticated):
        await use_cases.authenticated(token)


async def test_tokens_of_another_practice_are_unknown() -> None:
    use_cases, tokens = await signed_in_client()
    other = AccountUseCases(await use_cases.world.other_practice())
    with pytest.raises(Unauthenticated):
        await other.authenticated(tokens)
    with pytest.raises(RefreshRefused):
        await other.refreshed(tokens.refresh_token)
    assert not await is_ended(use_cases, tokens)


async def test_sign_out_ends_both_tokens_of_this_session_only() -> None:
    use_cases, tokens = await signed_in_client()
    bystander = await use_cases.signed_in()
    actor = await use_cases.holder(tokens)
    for _ in range(2):
        await use_cases.sign_out(actor)
    assert await is_ended(use_cases, tokens)
    assert not await is_ended(use_cases, bystander)
    await use_cases.sign_out(evolve(actor, session_id=None))
    await use_cases.sign_out(evolve(actor, session_id=UUID(int=404)))
    assert (await use_cases.actions()).count("session.ended") == 1
    with pytest.raises(Unauthenticated):
        await use_cases.sign_out(use_cases.visitor())


async def test_ended_session_cannot_be_ended_again() -> None:
    use_cases, _ = await signed_in_client()
    [stored] = use_cases.world.store.table("sessions").values()
    session = stored.end(use_cases.world.clock.now())
    assert session.end(use_cases.world.clock.now() + MINUTE) == session


async def test_list_sessions() -> None:
    use_cases, first = await signed_in_client()
    await use_cases.add_client_account(BOB)
    await use_cases.signed_in(BOB)
    use_cases.world.clock.advance(MINUTE)
    second = await use_cases.signed_in()
    listed = (await use_cases.list_sessions(await use_cases.holder(second))).items
    assert [(one.id, one.current) for one in listed] == [(second.session.id, True), (first.session.id, False)]
    assert {one.device for one in listed} == {"Firefox on Linux"}
    use_cases.world.clock.advance(14 * MINUTE)
    assert [one.id for one in (await use_cases.list_sessions(await use_cases.holder(second))).items] == [
        second.session.id
    ]


async def test_ending_session_of_another_device() -> None:
    use_cases, lost = await signed_in_client()
    mine = await use_cases.signed_in()
    actor = await use_cases.holder(mine)
    await use_cases.end_session(actor, lost.session.id)
    assert await is_ended(use_cases, lost)
    assert not await is_ended(use_cases, mine)
    with pytest.raises(NotFound):
        await use_cases.end_session(actor, lost.session.id)


async def test_session_of_another_account_is_not_found() -> None:
    use_cases, _ = await signed_in_client()
    await use_cases.add_client_account(BOB)
    theirs = await use_cases.signed_in(BOB)
    mine = await use_cases.holder(await use_cases.signed_in())
    for target in (theirs.session.id, UUID(int=404)):
        with pytest.raises(NotFound):
            await use_cases.end_session(mine, target)
    assert not await is_ended(use_cases, theirs)
    denied = [entry for entry in await use_cases.world.audit() if entry.action == "access.denied"]
    assert [entry.target for entry in denied] == [theirs.session.id, UUID(int=404)]


async def test_tokens_of_closed_account_are_refused() -> None:
    use_cases, tokens = await signed_in_client()
    account = await use_cases.account()
    rows = use_cases.world.store.table("accounts")
    rows[account.practice_id, account.id] = account.close(use_cases.world.clock.now())
    assert await is_ended(use_cases, tokens)


async def test_departed_staff_lose_access_at_once_and_roles_are_current() -> None:
    use_cases = AccountUseCases()
    staff_id = await use_cases.world.add_staff(STAFF, ("clinician",), sees_clients=True)
    account = await use_cases.world.account(STAFF, kind="staff", staff_id=staff_id)
    tokens = await use_cases.open_session_for(account)
    actor = await use_cases.holder(tokens)
    assert isinstance(actor, StaffActor)
    assert actor.clinician_id == await use_cases.world.clinician_of(staff_id)
    people = use_cases.world.store.table("staff")
    key = (account.practice_id, staff_id)
    people[key] = people[key].with_changes(roles=frozenset({"biller"}))
    assert (await use_cases.holder(tokens)).roles == {"biller"}  # type: ignore[union-attr]
    people[key] = people[key].with_changes(active=False)
    with pytest.raises(Unauthenticated):
        await use_cases.holder(tokens)


async def test_client_account_without_record_is_refused() -> None:
    use_cases, tokens = await signed_in_client()
    rows = use_cases.world.store.table("accounts")
    account = await use_cases.account()
    rows[account.practice_id, account.id] = evolve(account, client_id=None)
    with pytest.raises(Unauthenticated):
        await use_cases.authenticated(tokens)


@pytest.mark.parametrize("kind", ["client", "proxy", "staff"])
async def test_actor_carries_request_origin(kind: AccountKind) -> None:
    use_cases, origin = AccountUseCases(), Origin("192.0.2.3", "curl", "r-1")
    tokens = await use_cases.open_session_for(await use_cases.world.account(BOB, kind=kind))
    assert (await use_cases.holder(tokens, origin=origin)).origin == origin


async def test_proxy_acts_within_grant_on_named_record() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.world.account(BOB, kind="proxy")
    tokens = await use_cases.open_session_for(account)
    child, other = await use_cases.world.add_client(), await use_cases.world.add_client()
    grant = await use_cases.world.add_grant(child, account.id, ("appointments", "messages"), may_write=True)
    plain = ProxyActor(account.practice_id, account.id, session_id=tokens.session.id)
    assert await use_cases.holder(tokens) == plain
    areas, origin = frozenset({"appointments", "messages"}), Origin("192.0.2.3", "curl", "r-1")
    assert await use_cases.holder(tokens, record=child, origin=origin) == evolve(
        plain, client_id=child, areas=areas, may_write=True, grant_id=grant, origin=origin
    )
    for record in (strangers := (other, UUID(int=404))):
        with pytest.raises(NotFound):
            await use_cases.holder(tokens, record=record)
    denied = [(one.target, one.facts) for one in await use_cases.world.audit() if one.action == "access.denied"]
    assert denied == [(one, {"kind": "record"}) for one in strangers]
    await use_cases.world.revoke_grant(child, grant)
    with pytest.raises(NotFound):
        await use_cases.holder(tokens, record=child)


@pytest.mark.parametrize(
    ("time_zone", "at", "in_force"),
    [
        ("America/New_York", "2026-05-17T03:59:59+00:00", True),
        ("America/New_York", "2026-05-17T04:00:00+00:00", False),
        ("Pacific/Auckland", "2026-05-16T11:59:59+00:00", True),
        ("Pacific/Auckland", "2026-05-16T12:00:00+00:00", False),
        ("America/New_York", "2026-03-02T04:59:59+00:00", False),
        ("America/New_York", "2026-03-02T05:00:00+00:00", True),
    ],
)
async def test_grant_dates_follow_practice_time_zone(time_zone: str, at: str, in_force: bool) -> None:
    use_cases = AccountUseCases()
    await use_cases.world.set_rules(time_zone=time_zone)
    account = await use_cases.world.account(BOB, kind="proxy")
    child = await use_cases.world.add_client()
    await use_cases.world.add_grant(
        child, account.id, ("appointments",), starts_on=date(2026, 3, 2), until=date(2026, 5, 17)
    )
    use_cases.world.clock.at = datetime.fromisoformat(at)
    tokens = await use_cases.open_session_for(account)
    if in_force:
        actor = await use_cases.holder(tokens, record=child)
        assert (actor.client_id, actor.until) == (child, date(2026, 5, 17))  # type: ignore[union-attr]
    else:
        with pytest.raises(NotFound) as refused:
            await use_cases.holder(tokens, record=child)
        assert (refused.value.kind, refused.value.target_id) == ("record", child)


async def test_twelfth_birthday_closes_areas_during_session() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.world.account(BOB, kind="proxy")
    child = await use_cases.world.add_client()
    await use_cases.world.add_grant(
        child, account.id, ("appointments", "messages", "measures"), restricted_from=date(2026, 3, 3)
    )
    use_cases.world.clock.at = datetime.fromisoformat("2026-03-03T04:59:00+00:00")
    tokens = await use_cases.open_session_for(account)
    assert len((await use_cases.holder(tokens, record=child)).areas) == 3  # type: ignore[union-attr]
    use_cases.world.clock.advance(MINUTE)
    assert (await use_cases.holder(tokens, record=child)).areas == {"appointments"}  # type: ignore[union-attr]


async def test_client_may_name_own_record_or_one_they_are_proxy_for() -> None:
    use_cases, tokens = await signed_in_client()
    account = await use_cases.account()
    child, other = await use_cases.world.add_client(), await use_cases.world.add_client()
    await use_cases.world.add_grant(child, account.id, ("appointments",))
    assert isinstance(await use_cases.holder(tokens, record=account.client_id), ClientActor)
    acting = await use_cases.holder(tokens, record=child)
    assert isinstance(acting, ProxyActor)
    assert (acting.client_id, acting.may_write) == (child, False)
    with pytest.raises(NotFound):
        await use_cases.holder(tokens, record=other)


async def test_staff_cannot_name_a_record() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_staff_account()
    child = await use_cases.world.add_client()
    await use_cases.world.add_grant(child, account.id, ("appointments",))
    with pytest.raises(NotFound):
        await use_cases.holder(await use_cases.open_session_for(account), record=child)


async def test_session_without_required_second_factor_may_only_enroll() -> None:
    use_cases, tokens = await signed_in_client()
    command = AuthenticateCommand(use_cases.world.practice_id, tokens.access_token, active=True)
    assert not (await use_cases.authenticate(command)).must_enroll
    await use_cases.world.set_rules(client_second_factor_required=True)
    with pytest.raises(SecondFactorRequired):
        await use_cases.authenticate(command)
    assert (await use_cases.authenticate(evolve(command, enrollment_exempt=True))).must_enroll
    assert (await use_cases.refreshed(tokens.refresh_token)).must_enroll
    denied = [entry for entry in await use_cases.world.audit() if entry.action == "access.denied"]
    assert [entry.facts for entry in denied] == [{"code": "second_factor_required"}]


async def test_denial_does_not_claim_idempotency_key() -> None:
    use_cases, tokens = await signed_in_client()
    idempotent_request = IdempotentRequest("op", "key", b"digest")
    with pytest.raises(NotFound):
        await use_cases.holder(tokens, record=UUID(int=404), origin=Origin(idempotent_request=idempotent_request))
    assert not idempotent_request.claimed


async def test_a_password_reset_ends_every_session() -> None:
    use_cases, tokens = await signed_in_client()
    other = await use_cases.signed_in()
    await use_cases.reset_forgotten_password(ANN, OTHER)
    assert await is_ended(use_cases, tokens)
    assert await is_ended(use_cases, other)


async def test_authentication_takes_one_read() -> None:
    use_cases, tokens = await signed_in_client()
    calls = []
    live = use_cases.world.live

    class Counting:
        async def find_by_access_hash(self, *args):  # type: ignore[no-untyped-def]
            calls.append("find")
            return await live.find_by_access_hash(*args)

        async def mark_active(self, *args):  # type: ignore[no-untyped-def]
            calls.append("mark")

    object.__setattr__(use_cases.authenticate, "live", Counting())
    await use_cases.authenticated(tokens)
    assert calls == ["find"]
    use_cases.world.clock.advance(MINUTE)
    await use_cases.authenticated(tokens, active=False)
    assert calls == ["find"] * 2
    await use_cases.authenticated(tokens)
    assert calls == ["find"] * 3 + ["mark"]
