"""Contract of the repositories of accounts and sign-in. Subclasses provide the fixture `world`."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.model import Account, Challenge, EmailRequest, ExternalIdentity, SecondFactor
from portal_core.accounts.password_policy import date_of_birth_words
from portal_core.accounts.settings import AccountRules
from portal_core.accounts.sign_in_guard import SignInGuard
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion
from tests.support.contracts.accounts.world import AUDIT_ENTRY, DATE_OF_BIRTH, AccountsWorld

ANN = "ann@example.org"
BOB = "bob@example.org"
SUB = ExternalIdentity("https://idp.example.org", "sub-1")


class AccountsContract:
    """Accounts."""

    async def test_every_field_is_stored(self, world: AccountsWorld) -> None:
        account = await world.account(ANN)
        full = evolve(
            account,
            email=BOB,
            status="closed",
            second_factor="totp",
            external=SUB,
            closed_at=world.clock.now(),
            version=2,
        )
        async with world.begin(world.system) as unit:
            assert await unit.accounts.get(account.id) == account
            await unit.accounts.save(full, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.system) as unit:
            assert await unit.accounts.get(account.id) == full

    async def test_usable_from_is_set_and_cleared(self, world: AccountsWorld) -> None:
        account = await world.account(ANN)
        for version, usable_from in ((2, date(2030, 5, 17)), (3, None)):
            async with world.begin(world.system) as unit:
                await unit.accounts.set_usable_from(account.id, usable_from, AUDIT_ENTRY)
                await unit.commit(None)
            async with world.begin(world.system) as unit:
                assert await unit.accounts.get(account.id) == evolve(account, usable_from=usable_from, version=version)

    async def test_account_is_found_by_side_and_email_until_closed(self, world: AccountsWorld) -> None:
        client = await world.account(ANN, status="unverified")
        staff = await world.account(ANN, kind="staff")
        async with world.begin(world.visitor) as unit:
            assert await unit.accounts.find_by_email("portal", ANN) == client
            assert await unit.accounts.find_by_email("practice", ANN) == staff
            assert await unit.accounts.find_by_email("portal", BOB) is None
            closed = client.close(world.clock.now())
            await unit.accounts.save(closed, AUDIT_ENTRY)
            assert await unit.accounts.find_by_email("portal", ANN) is None
            assert await unit.accounts.get(client.id) == closed

    async def test_accounts_of_clients_are_found_until_closed(self, world: AccountsWorld) -> None:
        first, second = await world.account(ANN, status="unverified"), await world.account(BOB)
        staff = await world.account(ANN, kind="staff")
        await world.account("cy@example.org")
        asked = [one for one in (first.client_id, second.client_id, staff.staff_id) if one is not None]
        async with world.begin(world.system) as unit:
            found = await unit.accounts.find_by_clients(asked)
            assert found == {first.client_id: first, second.client_id: second}
            assert await unit.accounts.find_by_clients(set()) == {}
            await unit.accounts.save(second.close(world.clock.now()), AUDIT_ENTRY)
            assert await unit.accounts.find_by_clients(asked) == {first.client_id: first}

    async def test_account_is_found_by_external_identity(self, world: AccountsWorld) -> None:
        staff = (await world.account(ANN, kind="staff")).link(SUB)
        async with world.begin(world.visitor) as unit:
            assert await unit.accounts.find_by_external(SUB) is None
            await unit.accounts.save(staff, AUDIT_ENTRY)
            assert await unit.accounts.find_by_external(SUB) == staff
            assert await unit.accounts.find_by_external(evolve(SUB, issuer="https://other.example.org")) is None
            await unit.accounts.save(staff.close(world.clock.now()), AUDIT_ENTRY)
            assert await unit.accounts.find_by_external(SUB) is None

    async def test_account_is_found_by_person_until_closed(self, world: AccountsWorld) -> None:
        client, staff = await world.account(ANN), await world.account(ANN, kind="staff")
        await world.account(BOB, kind="proxy")
        assert client.client_id is not None
        assert staff.staff_id is not None
        other = await world.other_practice()
        async with world.begin(world.system) as unit:
            assert await unit.accounts.find_by_person("portal", client.client_id) == client
            assert await unit.accounts.find_by_person("practice", staff.staff_id) == staff
            assert await unit.accounts.find_by_person("practice", client.client_id) is None
            assert await unit.accounts.find_by_person("portal", staff.staff_id) is None
            await unit.accounts.save(client.close(world.clock.now()), AUDIT_ENTRY)
            assert await unit.accounts.find_by_person("portal", client.client_id) is None
        async with other.begin(other.system) as unit:
            assert await unit.accounts.find_by_person("portal", client.client_id) is None

    @pytest.mark.parametrize("twin", ["email", "client", "staff", "external"])
    async def test_open_accounts_are_unique_and_closing_frees_keys(self, world: AccountsWorld, twin: str) -> None:
        kind = "staff" if twin in ("staff", "external") else "client"
        first = await world.account(ANN, kind=kind)  # type: ignore[arg-type]
        other = await world.account(BOB, kind=kind)  # type: ignore[arg-type]
        if twin == "external":
            first = await self._saved(world, first.link(SUB))
        other = await self._saved(world, other.close(world.clock.now()))
        replacement = evolve(other, id=world.ids.new(), status="active", closed_at=None, version=1)
        conflicts = {
            "email": {"email": first.email},
            "client": {"client_id": first.client_id},
            "staff": {"staff_id": first.staff_id},
            "external": {"external": first.external},
        }
        with pytest.raises(AlreadyRegistered):
            async with world.begin(world.system) as unit:
                await unit.accounts.add(evolve(replacement, **conflicts[twin]), AuditEntry("test.twin"))
        assert AuditEntry("test.twin") not in await world.audit()
        async with world.begin(world.system) as unit:
            await unit.accounts.add(replacement, AUDIT_ENTRY)
            await unit.commit(None)
        if twin in ("email", "external"):
            changed = replacement.change_email(first.email) if twin == "email" else replacement.link(SUB)
            with pytest.raises(AlreadyRegistered):
                await self._saved(world, changed)
        await self._saved(world, first.close(world.clock.now()))
        async with world.begin(world.system) as unit:
            reregistered = evolve(first, id=world.ids.new(), status="active", closed_at=None, version=1)
            await unit.accounts.add(reregistered, AUDIT_ENTRY)
            await unit.commit(None)

    async def test_a_stale_save_changes_nothing(self, world: AccountsWorld) -> None:
        account = await world.account(ANN)
        newer = await self._saved(world, account.with_second_factor("totp"))
        with pytest.raises(StaleVersion):
            async with world.begin(world.system) as unit:
                await unit.accounts.save(account.close(world.clock.now()), AuditEntry("test.stale"))
        async with world.begin(world.system) as unit:
            assert await unit.accounts.get(account.id) == newer
        assert AuditEntry("test.stale") not in await world.audit()

    async def test_save_is_audited_only_when_committed(self, world: AccountsWorld) -> None:
        account = await world.account(ANN)
        entry = AuditEntry("account.closed", account.id, account.client_id)
        async with world.begin(world.system) as unit:
            await unit.accounts.save(account.close(world.clock.now()), entry)
        assert entry not in await world.audit()
        async with world.begin(world.system) as unit:
            assert await unit.accounts.get(account.id) == account
            await unit.accounts.save(account.close(world.clock.now()), entry)
            await unit.commit(None)
        assert entry in await world.audit()

    async def test_accounts_are_visible_to_holder_and_own_practice_only(self, world: AccountsWorld) -> None:
        mine, theirs = await world.account(ANN), await world.account(BOB, kind="proxy")
        other = await world.other_practice()
        for account, stranger in ((mine, theirs), (theirs, mine)):
            async with world.begin(world.actor_for(account)) as unit:
                assert await unit.accounts.get(account.id) == account
                assert await unit.accounts.get(stranger.id) is None
                assert await unit.accounts.find_by_email("portal", stranger.email) is None
        for actor in (other.system, other.visitor):
            async with other.begin(actor) as unit:
                assert await unit.accounts.get(mine.id) is None
                assert await unit.accounts.find_by_email("portal", ANN) is None
        twin = await other.account(ANN)
        async with other.begin(other.visitor) as unit:
            assert await unit.accounts.find_by_email("portal", ANN) == twin

    async def test_practice_rules_override_defaults(self, world: AccountsWorld) -> None:
        async with world.begin(world.visitor) as unit:
            assert await unit.account_rules.get() == AccountRules(practice_name="Elm Street")
        await world.set_rules(time_zone="America/Denver", min_password_length=15, idle_timeout=timedelta(minutes=5))
        async with world.begin(world.visitor) as unit:
            rules = await unit.account_rules.get()
        assert rules == AccountRules(
            practice_name="Elm Street",
            time_zone="America/Denver",
            min_password_length=15,
            idle_timeout=timedelta(minutes=5),
        )

    async def _saved(self, world: AccountsWorld, account: Account) -> Account:
        async with world.begin(world.system) as unit:
            await unit.accounts.save(account, AUDIT_ENTRY)
            await unit.commit(None)
        return account


class PersonDirectoryContract:
    """The directory of people who may have accounts."""

    async def test_client_matches_by_email_and_date_of_birth_only(self, world: AccountsWorld) -> None:
        client_id = await world.add_client(ANN)
        await world.add_client(BOB)
        await world.add_client()
        other = await world.other_practice()
        async with world.begin(world.system) as unit:
            assert await unit.people.find_unregistered_client(ANN, DATE_OF_BIRTH) == client_id
            assert await unit.people.find_unregistered_client(ANN, DATE_OF_BIRTH + timedelta(days=1)) is None
            assert await unit.people.find_unregistered_client("eve@example.org", DATE_OF_BIRTH) is None
            assert await unit.people.find_unregistered_client("", DATE_OF_BIRTH) is None
        async with other.begin(other.system) as unit:
            assert await unit.people.find_unregistered_client(ANN, DATE_OF_BIRTH) is None

    async def test_registered_client_matches_again_after_account_is_closed(self, world: AccountsWorld) -> None:
        account = await world.account(ANN, status="unverified")
        async with world.begin(world.system) as unit:
            assert await unit.people.find_unregistered_client(ANN, DATE_OF_BIRTH) is None
            await unit.accounts.save(account.close(world.clock.now()), AUDIT_ENTRY)
            assert await unit.people.find_unregistered_client(ANN, DATE_OF_BIRTH) == account.client_id

    async def test_ambiguous_matches_are_left_to_staff(self, world: AccountsWorld) -> None:
        first = await world.add_client(ANN)
        await world.add_client(ANN)
        async with world.begin(world.system) as unit:
            assert await unit.people.find_unregistered_client(ANN, DATE_OF_BIRTH) is None
        await world.account(BOB, client_id=first)
        async with world.begin(world.system) as unit:
            assert await unit.people.find_unregistered_client(ANN, DATE_OF_BIRTH) is None

    async def test_a_discharged_client_does_not_register(self, world: AccountsWorld) -> None:
        await world.add_client(ANN, status="discharged")
        async with world.begin(world.system) as unit:
            assert await unit.people.find_unregistered_client(ANN, DATE_OF_BIRTH) is None

    async def test_active_staff_match_by_email(self, world: AccountsWorld) -> None:
        staff_id = await world.add_staff(ANN)
        await world.add_staff(BOB, active=False)
        async with world.begin(world.visitor) as unit:
            assert await unit.people.find_unregistered_staff(ANN) == staff_id
            assert await unit.people.find_unregistered_staff(BOB) is None
        await world.account(ANN, kind="staff", staff_id=staff_id)
        async with world.begin(world.visitor) as unit:
            assert await unit.people.find_unregistered_staff(ANN) is None

    async def test_departed_staff_are_not_active(self, world: AccountsWorld) -> None:
        here, left = await world.add_staff(ANN), await world.add_staff(BOB, active=False)
        foreign = await (await world.other_practice()).add_staff(ANN)
        async with world.begin(world.visitor) as unit:
            staff_ids = (here, left, foreign, await world.add_client(ANN))
            assert [await unit.people.is_active_staff(one) for one in staff_ids] == [True, False, False, False]

    async def test_what_is_known_of_account_holder_is_context_of_their_password(self, world: AccountsWorld) -> None:
        client_id = await world.add_client(ANN, names=("Annabel", "Lee", "Bel"))
        staff_id = await world.add_staff(BOB, name="Sam Wu")
        accounts = {
            await world.account(ANN, client_id=client_id): {
                "Annabel",
                "Lee",
                "Bel",
                *date_of_birth_words(DATE_OF_BIRTH),
            },
            await world.account(BOB, kind="staff", staff_id=staff_id): {"Sam Wu"},
            await world.account("proxy@example.org", kind="proxy"): set(),
        }
        for account, words in accounts.items():
            async with world.begin(world.system) as unit:
                assert set(await unit.people.password_context(account)) == words


class SignInRecordsContract:
    """Guards, challenges, second factors and email requests."""

    async def test_guard_starts_empty_and_is_stored_by_key(self, world: AccountsWorld) -> None:
        key, now = world.hashed("k"), world.clock.now()
        other = await world.other_practice()
        async with world.begin(world.visitor) as unit:
            guard = await unit.sign_in_guards.lock(key)
            assert guard == SignInGuard(world.practice_id, key)
            attempted = evolve(guard, attempts=(now, now + timedelta(seconds=1)), locked_until=now, version=1)
            await unit.sign_in_guards.save(attempted)
            await unit.commit(None)
        async with world.begin(world.visitor) as unit:
            assert await unit.sign_in_guards.lock(key) == attempted
            await unit.sign_in_guards.save(attempted.clear())
        async with world.begin(world.visitor) as unit:
            assert await unit.sign_in_guards.lock(key) == attempted
            assert (await unit.sign_in_guards.lock(world.hashed("l"))).attempts == ()
        async with other.begin(other.visitor) as unit:
            assert (await unit.sign_in_guards.lock(key)).attempts == ()

    async def test_challenge_is_found_by_token_hash_only(self, world: AccountsWorld) -> None:
        account = await world.account(ANN)
        now, token = world.clock.now(), world.hashed("t")
        challenge = Challenge(world.ids.new(), world.practice_id, account.id, token, "state ✓", "bearer", now)
        other = await world.other_practice()
        async with world.begin(world.visitor) as unit:
            await unit.challenges.add(challenge)
            await unit.commit(None)
        used = evolve(challenge, attempts=3, used_at=now, version=2)
        async with world.begin(world.visitor) as unit:
            assert await unit.challenges.find(token) == challenge
            assert await unit.challenges.find(world.hashed("u")) is None
            await unit.challenges.save(used)
            await unit.commit(None)
        async with world.begin(world.visitor) as unit:
            assert await unit.challenges.find(token) == used
        async with other.begin(other.visitor) as unit:
            assert await unit.challenges.find(token) is None
        with pytest.raises(StaleVersion):
            async with world.begin(world.visitor) as unit:
                await unit.challenges.save(used)

    async def test_second_factor_belongs_to_its_account(self, world: AccountsWorld) -> None:
        mine, theirs = await world.account(ANN), await world.account(BOB)
        now = world.clock.now()
        second_factor = SecondFactor(mine.id, world.practice_id, "handle ✓", now, (b"1" * 32, b"2" * 32), version=1)
        actor = world.actor_for(mine)
        async with world.begin(actor) as unit:
            assert await unit.second_factors.lock(mine.id) == SecondFactor(mine.id, world.practice_id)
            await unit.second_factors.save(second_factor, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(actor) as unit:
            assert await unit.second_factors.lock(mine.id) == second_factor
            await unit.second_factors.save(second_factor.with_recovery_codes(()), AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.visitor) as unit:
            assert await unit.second_factors.lock(mine.id) == second_factor.with_recovery_codes(())
            assert await unit.second_factors.lock(theirs.id) == SecondFactor(theirs.id, world.practice_id)
        async with world.begin(actor) as unit:
            await unit.second_factors.remove(mine.id, AUDIT_ENTRY)
            await unit.second_factors.remove(mine.id, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(actor) as unit:
            assert await unit.second_factors.lock(mine.id) == SecondFactor(mine.id, world.practice_id)

    async def test_email_request_is_taken_once(self, world: AccountsWorld) -> None:
        now = world.clock.now()
        other = await world.other_practice()
        registration = EmailRequest(
            world.ids.new(), world.practice_id, "portal", "register", ANN, now, date(1990, 2, 28)
        )
        reset = EmailRequest(world.ids.new(), world.practice_id, "practice", "reset_password", "ü@example.org", now)
        async with world.begin(world.visitor) as unit:
            await unit.email_requests.add(registration, AUDIT_ENTRY)
            await unit.email_requests.add(reset, AUDIT_ENTRY)
            await unit.commit(None)
        async with other.begin(other.system) as unit:
            assert await unit.email_requests.take(registration.id) is None
        async with world.begin(world.system) as unit:
            assert await unit.email_requests.take(registration.id) == registration
        async with world.begin(world.system) as unit:
            assert await unit.email_requests.take(registration.id) == registration
            assert await unit.email_requests.take(reset.id) == reset
            assert await unit.email_requests.take(UUID(int=9)) is None
            await unit.commit(None)
        async with world.begin(world.system) as unit:
            assert await unit.email_requests.take(registration.id) is None

    async def test_untaken_email_requests_are_listed_by_request_time(self, world: AccountsWorld) -> None:
        now = world.clock.now()
        other = await world.other_practice()
        late, early, taken = (
            EmailRequest(
                world.ids.new(),
                world.practice_id,
                "portal",
                "password_reset_started",
                ANN,
                now + timedelta(minutes=minutes),
            )
            for minutes in (2, 1, 0)
        )
        async with world.begin(world.visitor) as unit:
            for email_request in (late, early, taken):
                await unit.email_requests.add(email_request, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.visitor) as unit:
            assert await unit.email_requests.take(taken.id) == taken
            await unit.commit(None)
        async with world.begin(world.system) as unit:
            assert await unit.email_requests.list_requested_before(late.requested_at + timedelta.resolution) == (
                early,
                late,
            )
            assert await unit.email_requests.list_requested_before(late.requested_at) == (early,)
            assert await unit.email_requests.list_requested_before(early.requested_at) == ()
        async with other.begin(other.system) as unit:
            assert await unit.email_requests.list_requested_before(late.requested_at + timedelta.resolution) == ()
