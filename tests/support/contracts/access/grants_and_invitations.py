"""Contract of the repositories of invitations, grants and email changes. Subclasses provide the fixture `world`."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.access.errors import GrantExists
from portal_core.access.model import Grant, GrantTerms
from portal_core.access.views import GrantHolderView
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.invitations import MAX_INVITATION_ATTEMPTS
from portal_core.kernel.actor import AREAS
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.page import PageRequest
from tests.support.contracts.people.world import AUDIT_ENTRY, TODAY, PeopleWorld

EMAIL = "ann@example.org"
TERMS = (
    GrantTerms("parent"),
    GrantTerms("guardian", frozenset({"messages", "profile"}), True, date(2027, 1, 2), True),
    GrantTerms("other", frozenset(AREAS)),
)


class InvitationsContract:
    """Invitations."""

    async def test_every_field_is_stored(self, world: PeopleWorld) -> None:
        client, member = await world.add_client(), await world.add_staff()
        for terms in TERMS:
            invitation = await world.add_invitation(client.id, kind="proxy", terms=terms, invited_by=UUID(int=77))
            changed = evolve(
                invitation, state="withdrawn", code_hash=b"h" * 32, attempts=3, account_id=UUID(int=5), version=2
            )
            async with world.begin(world.system) as unit:
                assert await unit.invitations.get(invitation.id) == invitation
                await unit.invitations.save(changed, AUDIT_ENTRY)
                assert await unit.invitations.get(invitation.id) == changed
                await unit.commit(None)
            with pytest.raises(StaleVersion):
                async with world.begin(world.system) as unit:
                    await unit.invitations.save(changed, AUDIT_ENTRY)
        of_staff = await world.add_invitation(None, kind="staff", staff_id=member.id)
        async with world.begin(world.system) as unit:
            assert await unit.invitations.get(of_staff.id) == of_staff
            assert await unit.invitations.get(world.ids.new()) is None
        assert (await world.audit()).count(AUDIT_ENTRY) == 1 + 2 + 3 + 3 + 1

    async def test_attempt_counts_against_every_open_invitation_to_email(self, world: PeopleWorld) -> None:
        client = await world.add_client()
        one, two = await world.add_invitation(client.id), await world.add_invitation(client.id)
        others = [
            await world.add_invitation(client.id, "b@example.org"),
            await world.add_invitation(client.id, state="accepted"),
            await world.add_invitation(client.id, state="withdrawn"),
            await world.add_invitation(client.id, expires_at=world.clock.now()),
            await world.add_invitation(client.id, attempts=MAX_INVITATION_ATTEMPTS),
        ]
        other_practice = await world.other_practice()
        foreign = await other_practice.add_invitation((await other_practice.add_client()).id)
        async with world.begin(world.system) as unit:
            attempted = await unit.invitations.attempt(EMAIL, world.clock.now())
            assert await unit.invitations.attempt("c@example.org", world.clock.now()) == ()
            await unit.commit(None)
        first, second = sorted((one, two), key=lambda each: each.id)
        assert attempted == (evolve(first, attempts=1, version=2), evolve(second, attempts=1, version=2))
        async with world.begin(world.system) as unit:
            assert [await unit.invitations.get(each.id) for each in (first, second)] == list(attempted)
            assert [await unit.invitations.get(each.id) for each in others] == others
            open_ids = [each.id for each in await unit.invitations.list_open_for(EMAIL)]
        assert open_ids == sorted([one.id, two.id, others[3].id, others[4].id])
        async with other_practice.begin(other_practice.system) as unit:
            assert await unit.invitations.get(foreign.id) == foreign

    async def test_open_invitations_to_an_email_or_of_a_client_by_any_address(self, world: PeopleWorld) -> None:
        client, other = await world.add_client(), await world.add_client()
        by_email = await world.add_invitation(other.id)
        elsewhere = await world.add_invitation(client.id, "b@example.org")
        await world.add_invitation(client.id, "b@example.org", state="withdrawn")
        await world.add_invitation(client.id, "b@example.org", kind="proxy")
        async with world.begin(world.system) as unit:
            found = await unit.invitations.list_open_for(EMAIL, client.id)
            assert await unit.invitations.list_open_for(EMAIL) == (by_email,)
        assert found == tuple(sorted((by_email, elsewhere), key=lambda each: each.id))

    async def test_open_invitations_of_a_client_and_their_proxies(self, world: PeopleWorld) -> None:
        client, other = await world.add_client(), await world.add_client()
        own = await world.add_invitation(client.id)
        expired = await world.add_invitation(client.id, "b@example.org", kind="proxy", expires_at=world.clock.now())
        await world.add_invitation(client.id, state="accepted")
        await world.add_invitation(client.id, state="withdrawn")
        await world.add_invitation(other.id)
        other_practice = await world.other_practice()
        async with world.begin(world.system) as unit:
            found = await unit.invitations.list_open_of(client.id)
        async with other_practice.begin(other_practice.system) as unit:
            assert await unit.invitations.list_open_of(client.id) == ()
        assert found == tuple(sorted((own, expired), key=lambda each: each.id))

    async def test_who_was_ever_invited_as_a_proxy_is_known(self, world: PeopleWorld) -> None:
        client, other = await world.add_client(), await world.add_client()
        terms = GrantTerms("parent")
        for email, state in (("a@example.org", "open"), ("b@example.org", "withdrawn"), ("b@example.org", "accepted")):
            await world.add_invitation(client.id, email, kind="proxy", terms=terms, state=state)
        await world.add_invitation(client.id, "c@example.org", kind="client")
        await world.add_invitation(other.id, "d@example.org", kind="proxy", terms=terms)
        async with world.begin(world.system) as unit:
            assert await unit.invitations.proxies_invited([client.id]) == {
                (client.id, "a@example.org"),
                (client.id, "b@example.org"),
            }
            assert len(await unit.invitations.proxies_invited([client.id, other.id])) == 3
            assert await unit.invitations.proxies_invited([]) == frozenset()

    async def test_concurrent_attempts_stop_at_limit(self, world: PeopleWorld) -> None:
        client = await world.add_client()
        invitation = await world.add_invitation(client.id)

        async def attempt() -> int:
            async with world.begin(world.system) as unit:
                return await unit.commit(len(await unit.invitations.attempt(EMAIL, world.clock.now())))

        assert (
            sum(await asyncio.gather(*(attempt() for _ in range(MAX_INVITATION_ATTEMPTS + 3))))
            == MAX_INVITATION_ATTEMPTS
        )
        async with world.begin(world.system) as unit:
            stored = await unit.invitations.get(invitation.id)
        assert stored is not None
        assert stored.attempts == MAX_INVITATION_ATTEMPTS

    async def test_rolled_back_attempt_is_not_counted(self, world: PeopleWorld) -> None:
        invitation = await world.add_invitation((await world.add_client()).id)
        async with world.begin(world.system) as unit:
            await unit.invitations.attempt(EMAIL, world.clock.now())
        async with world.begin(world.system) as unit:
            assert await unit.invitations.get(invitation.id) == invitation

    async def test_pages_are_newest_first_and_complete(self, world: PeopleWorld) -> None:
        client = await world.add_client()
        invitations = [await world.add_invitation(client.id, f"p{n}@example.org") for n in range(5)]
        expected = [InvitationView.of(one) for one in sorted(invitations, key=lambda one: one.id, reverse=True)]
        seen: list[InvitationView] = []
        after: str | None = None
        while True:
            async with world.begin(world.staff()) as unit:
                page = await unit.invitations.page(PageRequest(after, 2))
            seen += page.items
            after = page.next
            if not after:
                break
        assert seen == expected

    async def test_portal_users_and_other_practices_see_none(self, world: PeopleWorld) -> None:
        client = await world.add_client()
        invitation = await world.add_invitation(client.id)
        other = await world.other_practice()
        for begin, actor in ((world.begin, world.as_client(client.id)), (other.begin, other.staff())):
            async with begin(actor) as unit:
                assert await unit.invitations.get(invitation.id) is None
                assert await unit.invitations.list_open_for(EMAIL) == ()
                assert await unit.invitations.attempt(EMAIL, world.clock.now()) == ()
                assert (await unit.invitations.page(PageRequest())).items == ()


class GrantsContract:
    """Proxies' grants."""

    async def test_every_field_is_stored(self, world: PeopleWorld) -> None:
        client, proxy = await world.add_client(), await world.add_account("pa@example.org")
        full = await world.add_grant(
            client.id,
            proxy.id,
            relationship="guardian",
            areas=frozenset({"profile", "sensitive_documents"}),
            may_write=True,
            until=date(2027, 3, 1),
            requested_until=date(2028, 1, 1),
            restricted_from=date(2026, 9, 1),
            authorized_by_minor=True,
        )
        now = world.clock.now()
        changed = evolve(full, until=None, restricted_from=None, revoked_at=now, ended_at=now, version=2)
        async with world.begin(world.staff()) as unit:
            assert await unit.grants.get(client.id, full.id) == full
            assert await unit.grants.get(world.ids.new(), full.id) is None
            await unit.grants.save(changed, AUDIT_ENTRY)
            assert await unit.grants.get(client.id, full.id) == changed
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            async with world.begin(world.staff()) as unit:
                await unit.grants.save(changed, AUDIT_ENTRY)
        assert (await world.audit()).count(AUDIT_ENTRY) == 5

    async def test_one_active_grant_per_proxy_and_client(self, world: PeopleWorld) -> None:
        client, proxy = await world.add_client(), await world.add_account("pa@example.org")
        first = await world.add_grant(client.id, proxy.id)
        with pytest.raises(GrantExists):
            await world.add_grant(client.id, proxy.id)
        await world.save_grant(first.revoke(world.clock.now()))
        second = await world.add_grant(client.id, proxy.id)
        await world.save_grant(second.end(world.clock.now()))
        third = await world.add_grant(client.id, proxy.id)
        other = await world.add_grant((await world.add_client()).id, proxy.id)
        async with world.begin(world.staff()) as unit:
            found = await unit.grants.list_for_client(client.id)
            held = await unit.grants.list_held_by(proxy.id)
        assert [one.id for one in found] == sorted([first.id, second.id, third.id], reverse=True)
        assert {one.id for one, _ in held} == {third.id, other.id}

    async def test_holders_of_grants_are_shown_to_staff(self, world: PeopleWorld) -> None:
        child, mother = await world.add_client("Kim"), await world.add_client("Ann", chosen_name="Bo")
        accounts = [
            await world.add_account("pa@example.org"),
            await world.add_account("ma@example.org", "client", client_id=mother.id),
            await world.add_account("gone@example.org", status="closed"),
        ]
        grants = [await world.add_grant(child.id, one.id) for one in accounts]
        await world.add_grant(mother.id, accounts[0].id)
        shown = GrantHolderView("pa@example.org"), GrantHolderView("ma@example.org", "Bo Lee"), GrantHolderView()
        async with world.begin(world.staff()) as unit:
            found = await unit.grants.list_with_holders(child.id)
            assert [one for one, _ in found] == list(await unit.grants.list_for_client(child.id))
        assert {one.id: holder for one, holder in found} == dict(zip((one.id for one in grants), shown, strict=True))
        async with world.begin(world.as_client(child.id)) as unit:
            seen = await unit.grants.list_with_holders(child.id)
        assert [holder for _, holder in seen] == [GrantHolderView()] * 3

    async def test_clients_whose_profile_a_proxy_may_write_are_told(self, world: PeopleWorld) -> None:
        proxy, now = await world.add_account("pa@example.org"), world.clock.now()
        clients = [(await world.add_client()).id for _ in range(7)]
        written, other, read, elsewhere, revoked, ended = clients[:6]
        for client_id, more in (
            (written, {"may_write": True}),
            (other, {"may_write": True}),
            (read, {}),
            (elsewhere, {"may_write": True, "areas": frozenset({"messages"})}),
            (revoked, {"may_write": True, "revoked_at": now}),
            (ended, {"may_write": True, "ended_at": now}),
        ):
            await world.add_grant(client_id, proxy.id, **more)
        asked = set(clients) - {other}
        async with world.begin(world.staff()) as unit:
            assert await unit.grants.proxy_managed(asked) == {written}
            assert await unit.grants.proxy_managed(set()) == frozenset()
        elsewhere_practice = await world.other_practice()
        async with elsewhere_practice.begin(elsewhere_practice.staff()) as unit:
            assert await unit.grants.proxy_managed(asked) == frozenset()

    async def test_only_one_of_concurrent_grants_is_stored(self, world: PeopleWorld) -> None:
        client, proxy = await world.add_client(), await world.add_account("pa@example.org")
        results = await asyncio.gather(
            *(world.add_grant(client.id, proxy.id) for _ in range(5)), return_exceptions=True
        )
        assert sum(isinstance(one, Grant) for one in results) == 1
        assert sum(isinstance(one, GrantExists) for one in results) == 4

    async def test_proxy_lists_own_grants_by_client_name(self, world: PeopleWorld) -> None:
        proxy, other = await world.add_account("pa@example.org"), await world.add_account("ma@example.org")
        zoe = await world.add_client("Zoë", "Lee", chosen_name="Zed")
        ann = await world.add_client("Ann", "Lee")
        grants = {one.id: await world.add_grant(one.id, proxy.id) for one in (zoe, ann)}
        theirs = await world.add_grant(ann.id, other.id)
        for actor in (world.as_proxy(proxy.id), world.as_proxy(proxy.id, ann.id), world.staff()):
            async with world.begin(actor) as unit:
                held = await unit.grants.list_held_by(proxy.id)
            assert held == ((grants[ann.id], "Ann Lee"), (grants[zoe.id], "Zed Lee"))
        async with world.begin(world.as_proxy(proxy.id)) as unit:
            assert await unit.grants.list_held_by(other.id) == ()
            assert await unit.grants.get(ann.id, theirs.id) is None
            assert await unit.grants.list_for_client(ann.id) == (grants[ann.id],)
        async with world.begin(world.as_client(ann.id)) as unit:
            assert {one.id for one in await unit.grants.list_for_client(ann.id)} == {grants[ann.id].id, theirs.id}
            assert await unit.grants.list_for_client(zoe.id) == ()
        other_practice = await world.other_practice()
        async with other_practice.begin(other_practice.staff()) as unit:
            assert await unit.grants.get(ann.id, theirs.id) is None
            assert await unit.grants.list_for_client(ann.id) == ()
            assert await unit.grants.list_held_by(proxy.id) == ()

    async def test_expired_grants_are_listed_oldest_first(self, world: PeopleWorld) -> None:
        proxy = await world.add_account("pa@example.org")
        early = TODAY - timedelta(days=60)

        async def grant_until(until: date | None, **more: object) -> Grant:
            client = await world.add_client()
            return await world.add_grant(client.id, proxy.id, starts_on=early, until=until, **more)

        await grant_until(None)
        await grant_until(TODAY + timedelta(days=1))
        now = world.clock.now()
        await grant_until(TODAY, revoked_at=now)
        await grant_until(TODAY, ended_at=now)
        expired = [await grant_until(TODAY - timedelta(days=days)) for days in (0, 30, 1)]
        other_practice = await world.other_practice()
        async with world.begin(world.system) as unit:
            assert await unit.grants.list_expired(TODAY, 10) == (expired[1], expired[2], expired[0])
            assert await unit.grants.list_expired(TODAY, 2) == (expired[1], expired[2])
            assert await unit.grants.list_expired(TODAY - timedelta(days=1), 10) == (expired[1], expired[2])
        async with other_practice.begin(other_practice.system) as unit:
            assert await unit.grants.list_expired(TODAY, 10) == ()

    async def test_impossible_grants_are_rejected(self, world: PeopleWorld) -> None:
        client, proxy = await world.add_client(), await world.add_account("pa@example.org")
        for wrong in (
            world.grant(client.id, proxy.id, until=TODAY),
            world.grant(world.ids.new(), proxy.id),
            world.grant(client.id, world.ids.new()),
        ):
            with pytest.raises(AssertionError):
                async with world.begin(world.system) as unit:
                    await unit.grants.add(wrong, AUDIT_ENTRY)

    async def test_portal_users_cannot_write_grants(self, world: PeopleWorld) -> None:
        client, proxy = await world.add_client(), await world.add_account("pa@example.org")
        grant = await world.add_grant(client.id, proxy.id, until=TODAY + timedelta(days=1))
        second = await world.add_client()
        for actor in (world.as_proxy(proxy.id), world.as_proxy(proxy.id, client.id), world.as_client(client.id)):
            with pytest.raises(world.forbidden):
                async with world.begin(actor) as unit:
                    await unit.grants.add(world.grant(second.id, proxy.id), AUDIT_ENTRY)
            with pytest.raises(world.forbidden):
                async with world.begin(actor) as unit:
                    await unit.grants.save(evolve(grant, until=None, version=2), AUDIT_ENTRY)
        async with world.begin(world.system) as unit:
            assert await unit.grants.get(client.id, grant.id) == grant


class EmailChangesContract:
    """Pending email changes."""

    async def test_every_field_is_stored(self, world: PeopleWorld) -> None:
        account = await world.add_account("pa@example.org")
        change = await world.add_change(account)
        changed = evolve(change, state="completed", code_hash=b"h" * 32, attempts=2, version=2)
        async with world.begin(world.as_proxy(account.id)) as unit:
            assert await unit.email_changes.find_open(account.id) == change
            await unit.email_changes.save(changed, AUDIT_ENTRY)
            assert await unit.email_changes.get(account.id, change.id) == changed
            assert await unit.email_changes.find_open(account.id) is None
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            async with world.begin(world.system) as unit:
                await unit.email_changes.save(changed, AUDIT_ENTRY)
        async with world.begin(world.system) as unit:
            assert await unit.email_changes.get(account.id, change.id) == changed
        assert (await world.audit()).count(AUDIT_ENTRY) == 4

    async def test_users_reach_only_their_own_email_changes(self, world: PeopleWorld) -> None:
        account, other = await world.add_account("pa@example.org"), await world.add_account("ma@example.org")
        change = await world.add_change(account)
        other_practice = await world.other_practice()
        for begin, actor in ((world.begin, world.as_proxy(other.id)), (other_practice.begin, other_practice.system)):
            async with begin(actor) as unit:
                assert await unit.email_changes.get(account.id, change.id) is None
                assert await unit.email_changes.find_open(account.id) is None
        async with world.begin(world.system) as unit:
            assert await unit.email_changes.get(other.id, change.id) is None
        with pytest.raises(world.forbidden):
            async with world.begin(world.as_proxy(other.id)) as unit:
                await unit.email_changes.save(change.attempt(), AUDIT_ENTRY)
        with pytest.raises(world.forbidden):
            async with world.begin(world.as_proxy(other.id)) as unit:
                await unit.email_changes.add(evolve(change, id=world.ids.new()), AUDIT_ENTRY)
