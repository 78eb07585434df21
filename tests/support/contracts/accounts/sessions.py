"""Contract of the repositories of sessions. Subclasses provide the fixture `world`."""

from datetime import date, timedelta

import pytest
from attrs import evolve

from portal_core.accounts.model import Account, Challenge
from portal_core.accounts.ports import ActiveStaff, HeldGrant, SessionContext
from portal_core.accounts.settings import AccountRules
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion
from tests.support.contracts.accounts.world import AUDIT_ENTRY, AccountsWorld

ANN = "ann@example.org"
BOB = "bob@example.org"
MINUTE = timedelta(minutes=1)


class SessionsContract:
    """Sessions inside units of work."""

    async def test_every_field_is_stored(self, world: AccountsWorld) -> None:
        account = await world.account(ANN)
        session = await world.session(account)
        assert await world.stored(account, session) == session
        now = world.clock.now()
        full = evolve(
            session,
            access_hash=world.hashed("1"),
            refresh_hash=world.hashed("2"),
            previous_refresh_hash=world.hashed("3"),
            rotation_salt="salt",
            rotated_at=now,
            access_expires_at=now + MINUTE,
            multi_factor=True,
            ended_at=now,
            version=2,
        )
        async with world.begin(world.actor_for(account)) as unit:
            await unit.sessions.save(full, AUDIT_ENTRY)
            await unit.commit(None)
        assert await world.stored(account, session) == full

    async def test_session_is_found_by_its_current_access_hash(self, world: AccountsWorld) -> None:
        session = await world.session(await world.account(ANN))
        other = await world.other_practice()
        async with world.begin(world.visitor) as unit:
            assert await unit.sessions.find_by_access_hash(session.access_hash) == session
            assert await unit.sessions.find_by_access_hash(session.family_hash) is None
        async with other.begin(other.visitor) as unit:
            assert await unit.sessions.find_by_access_hash(session.access_hash) is None

    async def test_session_is_found_by_family_hash_only(self, world: AccountsWorld) -> None:
        account = await world.account(ANN)
        session = await world.session(account)
        other = await world.other_practice()
        async with world.begin(world.visitor) as unit:
            assert await unit.sessions.find_by_family_hash(session.family_hash) == session
            assert await unit.sessions.find_by_family_hash(session.refresh_hash) is None
            assert await unit.sessions.find_by_family_hash(session.access_hash) is None
            await unit.sessions.save(session.end(world.clock.now()), AUDIT_ENTRY)
            assert await unit.sessions.find_by_family_hash(session.family_hash) == session.end(world.clock.now())
        async with other.begin(other.visitor) as unit:
            assert await unit.sessions.find_by_family_hash(session.family_hash) is None

    async def test_save_keeps_activity_written_meanwhile(self, world: AccountsWorld) -> None:
        account = await world.account(ANN)
        session = await world.session(account)
        await world.live.mark_active(world.practice_id, session.id, world.clock.now() + 2 * MINUTE)
        async with world.begin(world.actor_for(account)) as unit:
            await unit.sessions.save(session.with_multi_factor(True), AUDIT_ENTRY)
            await unit.commit(None)
        stored = await world.stored(account, session)
        assert stored == session.with_multi_factor(True).touched(world.clock.now() + 2 * MINUTE)

    async def test_a_stale_save_changes_nothing(self, world: AccountsWorld) -> None:
        account = await world.account(ANN)
        session = await world.session(account)
        async with world.begin(world.actor_for(account)) as unit:
            await unit.sessions.save(session.with_multi_factor(True), AUDIT_ENTRY)
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            async with world.begin(world.actor_for(account)) as unit:
                await unit.sessions.save(session.end(world.clock.now()), AuditEntry("test.stale"))
        assert await world.stored(account, session) == session.with_multi_factor(True)
        assert AuditEntry("test.stale") not in await world.audit()

    async def test_open_sessions_are_listed_by_latest_activity(self, world: AccountsWorld) -> None:
        account, stranger = await world.account(ANN), await world.account(BOB)
        first, second, ended, idle = [await world.session(account, name) for name in "abcd"]
        foreign = await world.session(stranger, "e")
        start = world.clock.now()
        for session, at in ((first, 15), (second, 16), (ended, 16)):
            await world.live.mark_active(world.practice_id, session.id, start + at * MINUTE)
        async with world.begin(world.actor_for(account)) as unit:
            await unit.sessions.save(ended.end(start), AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.actor_for(account)) as unit:
            found = await unit.sessions.list_open(account.id, start + 15 * MINUTE)
            assert found == (second.touched(start + 16 * MINUTE), first.touched(start + 15 * MINUTE))
            late = await unit.sessions.list_open(account.id, start + 30 * MINUTE)
            assert [one.id for one in late] == [second.id]
            early = await unit.sessions.list_open(account.id, start + 15 * MINUTE - timedelta(seconds=1))
            assert {one.id for one in early} == {first.id, second.id, idle.id}
            assert await unit.sessions.get(account.id, foreign.id) is None
            assert await unit.sessions.get(stranger.id, foreign.id) is None

    async def test_active_session_ends_at_absolute_limit(self, world: AccountsWorld) -> None:
        account = await world.account(ANN)
        session = await world.session(account)
        await world.live.mark_active(world.practice_id, session.id, session.ends_at - MINUTE)
        async with world.begin(world.actor_for(account)) as unit:
            assert len(await unit.sessions.list_open(account.id, session.ends_at - timedelta(seconds=1))) == 1
            assert await unit.sessions.list_open(account.id, session.ends_at) == ()

    async def test_end_all_keeps_given_session_and_other_accounts(self, world: AccountsWorld) -> None:
        account, stranger = await world.account(ANN), await world.account(BOB)
        kept, open_, ended = [await world.session(account, name) for name in "abc"]
        foreign = await world.session(stranger, "d")
        at = world.clock.now()
        async with world.begin(world.actor_for(account)) as unit:
            await unit.sessions.save(ended.end(at), AUDIT_ENTRY)
            await unit.commit(None)
        entry = AuditEntry("sessions.ended", account.id)
        async with world.begin(world.actor_for(account)) as unit:
            await unit.sessions.end_all(account.id, at + MINUTE, entry, keep=kept.id)
            await unit.commit(None)
        assert await world.stored(account, kept) == kept
        assert await world.stored(account, open_) == open_.end(at + MINUTE)
        assert await world.stored(account, ended) == ended.end(at)
        assert await world.stored(stranger, foreign) == foreign
        assert (await world.audit()).count(entry) == 1
        async with world.begin(world.visitor) as unit:
            await unit.sessions.end_all(account.id, at + MINUTE, entry)
            await unit.commit(None)
        assert await world.stored(account, kept) == kept.end(at + MINUTE)

    async def test_only_open_challenges_of_the_account_end(self, world: AccountsWorld) -> None:
        account, other, now = await world.account(ANN), await world.account(BOB), world.clock.now()

        def challenge(of: Account, name: str) -> Challenge:
            token, later = world.hashed(name), now + 5 * MINUTE
            return Challenge(world.ids.new(), world.practice_id, of.id, token, "", "cookie", later)

        waiting, of_other = challenge(account, "waiting"), challenge(other, "other")
        expired, used = evolve(challenge(account, "late"), expires_at=now), evolve(challenge(account, "u"), used_at=now)
        async with world.begin(world.visitor) as unit:
            for one in (waiting, of_other, expired, used):
                await unit.challenges.add(one)
            await unit.commit(None)
        world.clock.advance(timedelta(seconds=1))
        async with world.begin(world.actor_for(account)) as unit:
            await unit.sessions.end_challenges(account.id, world.clock.now())
            await unit.commit(None)
        ended = evolve(waiting, used_at=world.clock.now(), version=2)
        async with world.begin(world.visitor) as unit:
            found = [await unit.challenges.find(one.token_hash) for one in (waiting, of_other, expired, used)]
        assert found == [ended, of_other, expired, used]


class LiveSessionsContract:
    """Sessions as every request reads them."""

    async def test_access_token_finds_session_context(self, world: AccountsWorld) -> None:
        account = await world.account(ANN)
        session = await world.session(account)
        found = await world.live.find_by_access_hash(world.practice_id, session.access_hash)
        assert found == SessionContext(session, account, AccountRules(practice_name="Elm Street"))
        await world.set_rules(time_zone="America/Denver", client_second_factor_required=True)
        found = await world.live.find_by_access_hash(world.practice_id, session.access_hash)
        assert found is not None
        assert found.rules == AccountRules(
            practice_name="Elm Street", time_zone="America/Denver", client_second_factor_required=True
        )

    async def test_only_access_token_of_this_practice_is_found(self, world: AccountsWorld) -> None:
        session = await world.session(await world.account(ANN))
        other = await world.other_practice()
        for practice, token in (
            (world.practice_id, session.refresh_hash),
            (world.practice_id, session.family_hash),
            (other.practice_id, session.access_hash),
        ):
            assert await world.live.find_by_access_hash(practice, token) is None

    async def test_ended_sessions_are_found(self, world: AccountsWorld) -> None:
        account = await world.account(ANN)
        session = await world.session(account)
        closed = account.close(world.clock.now())
        async with world.begin(world.actor_for(account)) as unit:
            await unit.sessions.save(session.end(world.clock.now()), AUDIT_ENTRY)
            await unit.accounts.save(closed, AUDIT_ENTRY)
            await unit.commit(None)
        found = await world.live.find_by_access_hash(world.practice_id, session.access_hash)
        assert found is not None
        assert found.session == session.end(world.clock.now())
        assert found.account == closed

    async def test_staff_roles_are_current(self, world: AccountsWorld) -> None:
        seeing = await world.add_staff(ANN, ("clinician", "administrator"), sees_clients=True)
        gone = await world.add_staff(BOB, active=False)
        first = await world.session(await world.account(ANN, kind="staff", staff_id=seeing), "a")
        second = await world.session(await world.account(BOB, kind="staff", staff_id=gone), "b")
        found = await world.live.find_by_access_hash(world.practice_id, first.access_hash)
        assert found is not None
        roles = frozenset({"clinician", "administrator"})
        assert found.staff == ActiveStaff(roles, await world.clinician_of(seeing))
        assert found.staff.clinician_id is not None
        left = await world.live.find_by_access_hash(world.practice_id, second.access_hash)
        assert left is not None
        assert left.staff is None

    async def test_active_grant_for_named_record_is_found(self, world: AccountsWorld) -> None:
        proxy = await world.account(ANN, kind="proxy")
        stranger = await world.account(BOB, kind="proxy")
        session = await world.session(proxy)
        child, sibling = await world.add_client(), await world.add_client()
        grant_id = await world.add_grant(
            child,
            proxy.id,
            ("appointments", "messages"),
            may_write=True,
            starts_on=date(2026, 4, 1),
            until=date(2030, 5, 17),
            restricted_from=date(2028, 5, 17),
        )
        await world.add_grant(sibling, stranger.id, ("appointments",))
        areas = frozenset({"appointments", "messages"})
        held = HeldGrant(grant_id, child, areas, True, date(2026, 4, 1), date(2030, 5, 17), date(2028, 5, 17))

        async def grant(record: object) -> HeldGrant | None:
            found = await world.live.find_by_access_hash(world.practice_id, session.access_hash, record)  # type: ignore[arg-type]
            assert found is not None
            return found.grant

        assert await grant(child) == held
        assert await grant(sibling) is None
        assert await grant(None) is None
        await world.revoke_grant(child, grant_id)
        assert await grant(child) is None
        again = await world.add_grant(child, proxy.id, ("appointments",))
        assert await grant(child) == HeldGrant(
            again, child, frozenset({"appointments"}), False, date(2026, 1, 1), None, None
        )

    async def test_activity_is_monotonic(self, world: AccountsWorld) -> None:
        account = await world.account(ANN)
        session = await world.session(account)
        start = world.clock.now()
        for at, expected in ((start + 2 * MINUTE, 2), (start + MINUTE, 2), (start + 3 * MINUTE, 3)):
            await world.live.mark_active(world.practice_id, session.id, at)
            assert await world.stored(account, session) == session.touched(start + expected * MINUTE)
        other = await world.other_practice()
        await other.live.mark_active(other.practice_id, session.id, start + 9 * MINUTE)
        async with world.begin(world.actor_for(account)) as unit:
            await unit.sessions.save(session.end(start), AUDIT_ENTRY)
            await unit.commit(None)
        await world.live.mark_active(world.practice_id, session.id, start + 9 * MINUTE)
        assert await world.stored(account, session) == session.touched(start + 3 * MINUTE).end(start)
