"""The contract of every unit of work for the audit log and the outbox. Subclasses provide the fixture `world`."""

from uuid import UUID

import pytest
from attrs import evolve

from portal_core.accounts.events import AccountClosed
from portal_core.accounts.use_cases.process_email_request import ProcessEmailRequest
from portal_core.kernel.actor import Actor, Area, ClientActor, Origin, ProxyActor, Role, StaffActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Forbidden, NotFound, StaleVersion, Unauthenticated
from portal_core.kernel.idempotency import IdempotentRequest, Replayed
from tests.support.contracts.accounts.world import AccountsWorld

ENTRY = AuditEntry("test.wrote", UUID(int=7), outcome="failed", facts={"reason": "token"})
JOB = (ProcessEmailRequest, {"email_request_id": UUID(int=7)})
DEFERRED = ("process_email_request", {"email_request_id": UUID(int=7)})


async def _client(world: AccountsWorld) -> ClientActor:
    return ClientActor(world.practice_id, world.ids.new(), await world.add_client())


STAFF_RIGHTS: frozenset[Role] = frozenset({"front_desk", "biller"})
STAFF_ACCOUNT = UUID(int=77)


def _repeated() -> Origin:
    return Origin(idempotent_request=IdempotentRequest("makeThing", "key", b"the same"))


def _staff(world: AccountsWorld, roles: frozenset[Role]) -> StaffActor:
    return StaffActor(world.practice_id, STAFF_ACCOUNT, roles, origin=_repeated())


def _again(actor: Actor) -> Actor:
    """The actor with the same request sent once more."""
    return evolve(actor, origin=_repeated())


async def _answered(world: AccountsWorld, actor: Actor) -> None:
    async with world.begin(_again(actor)) as unit:
        await unit.commit("made")


class UnitOfWorkContract:
    """Audit entries and jobs are committed together with the work, in order, or not at all."""

    async def test_committed_entries_and_jobs_are_stored_in_order(self, world: AccountsWorld) -> None:
        later = AuditEntry("test.read")
        async with world.begin(world.system) as unit:
            await unit.audit.record(ENTRY)
            await unit.audit.record(later)
            await unit.outbox.defer(JOB[0], **JOB[1])
            await unit.commit(None)
        assert (await world.audit())[-2:] == [ENTRY, later]
        assert await world.jobs() == [DEFERRED]

    async def test_event_becomes_job_with_its_ids(self, world: AccountsWorld) -> None:
        async with world.begin(world.system) as unit:
            await unit.outbox.publish(AccountClosed(UUID(int=7), UUID(int=8)))
            await unit.outbox.publish(AccountClosed(UUID(int=9)))
            await unit.commit(None)
        assert await world.jobs() == [
            ("account_closed", {"account_id": UUID(int=7), "client_id": UUID(int=8)}),
            ("account_closed", {"account_id": UUID(int=9)}),
        ]

    async def test_rollback_keeps_nothing(self, world: AccountsWorld) -> None:
        before = await world.audit()
        async with world.begin(world.system) as unit:
            await unit.audit.record(ENTRY)
            await unit.outbox.defer(JOB[0], **JOB[1])
        assert (await world.audit(), await world.jobs()) == (before, [])

    @pytest.mark.parametrize("error", [Forbidden(), NotFound("goal", UUID(int=8)), RuntimeError()])
    async def test_rollback_keeps_only_denials(self, world: AccountsWorld, error: Exception) -> None:
        before = await world.audit()
        with pytest.raises(type(error)):
            async with world.begin(world.system) as unit:
                await unit.audit.record(ENTRY)
                await unit.outbox.defer(JOB[0], **JOB[1])
                raise error
        denied = [(one.action, one.outcome) for one in (await world.audit())[len(before) :]]
        assert denied == ([] if isinstance(error, RuntimeError) else [("access.denied", "denied")])
        assert await world.jobs() == []

    async def test_response_is_repeated_to_whoever_has_the_same_rights_or_more(self, world: AccountsWorld) -> None:
        rights = STAFF_RIGHTS
        await _answered(world, _staff(world, rights))
        for held in (rights, rights | {"administrator"}):
            with pytest.raises(Replayed) as replayed:
                async with world.begin(_staff(world, held)):
                    pytest.fail("the unit must not open")
            assert replayed.value.response == b'"made"'

    async def test_request_is_checked_again_for_whoever_lost_rights(self, world: AccountsWorld) -> None:
        """Without an effect: what refuses access is raised, and the response is repeated if nothing does."""
        client_id, one, two = await world.add_client(), world.ids.new(), world.ids.new()

        def proxy(account_id: UUID, *areas: Area, may_write: bool) -> ProxyActor:
            return ProxyActor(world.practice_id, account_id, client_id, frozenset(areas), may_write)

        for before, after in (
            (_staff(world, STAFF_RIGHTS), _staff(world, frozenset({"biller"}))),
            (proxy(one, "profile", "messages", may_write=True), proxy(one, "messages", may_write=True)),
            (proxy(two, "profile", may_write=True), proxy(two, "profile", may_write=False)),
        ):
            await _answered(world, before)
            stored = await world.audit()
            for refusal in (Forbidden(), NotFound("thing"), Unauthenticated()):
                with pytest.raises(type(refusal)):
                    async with world.begin(_again(after)) as unit:
                        await unit.audit.record(ENTRY)
                        raise refusal
            denied = [entry.action for entry in (await world.audit())[len(stored) :]]
            assert denied == ["access.denied", "access.denied"]
            with pytest.raises(Replayed) as replayed:
                async with world.begin(_again(after)) as unit:
                    await unit.audit.record(ENTRY)
                    await unit.commit("made twice")
            assert replayed.value.response == b'"made"'
            with pytest.raises(Replayed):
                async with world.begin(_again(after)):
                    raise StaleVersion
            assert len(await world.audit()) == len(stored) + 2

    async def test_audit_and_jobs_are_kept_per_practice(self, world: AccountsWorld) -> None:
        other = await world.other_practice()
        before = await other.audit()
        async with world.begin(world.system) as unit:
            await unit.audit.record(ENTRY)
            await unit.outbox.defer(JOB[0], **JOB[1])
            await unit.commit(None)
        assert (await other.audit(), await other.jobs()) == (before, [])

    async def test_read_only_unit_commits_each_read_with_the_entries_before_it(self, world: AccountsWorld) -> None:
        actor = await _client(world)
        before = await world.audit()
        async with world.begin(actor, read_only=True) as unit:
            await unit.audit.record(ENTRY)
            assert await unit.practice_record.get()
        assert (await world.audit())[len(before) :] == [ENTRY]

    async def test_read_only_unit_commits_the_entries_after_its_last_read(self, world: AccountsWorld) -> None:
        actor = await _client(world)
        before = await world.audit()
        async with world.begin(actor, read_only=True) as unit:
            assert await unit.practice_record.get()
            await unit.audit.record(ENTRY)
            assert await unit.commit("read") == "read"
        assert (await world.audit())[len(before) :] == [ENTRY]

    async def test_read_only_unit_refuses_to_write(self, world: AccountsWorld) -> None:
        async with world.begin(await _client(world), read_only=True) as unit:
            with pytest.raises(TypeError):
                await unit.outbox.defer(JOB[0], **JOB[1])
        assert await world.jobs() == []

    @pytest.mark.parametrize("read_only", [False, True])
    async def test_reads_together_return_their_results_in_order(self, world: AccountsWorld, read_only: bool) -> None:
        actor = await _client(world)
        async with world.begin(actor, read_only=read_only) as unit:
            client, practice, none = await unit.read_together(
                unit.client_records.get(actor.client_id),
                unit.practice_record.get(),
                unit.client_records.get(UUID(int=1)),
            )
            assert (client, practice) == (
                await unit.client_records.get(actor.client_id),
                await unit.practice_record.get(),
            )
        assert client.id == actor.client_id
        assert none is None

    async def test_combinations_can_be_combined(self, world: AccountsWorld) -> None:
        actor = await _client(world)
        async with world.begin(actor) as unit:
            (client, practice), again = await unit.read_together(
                unit.read_together(unit.client_records.get(actor.client_id), unit.practice_record.get()),
                unit.practice_record.get(),
            )
            assert await unit.client_records.get(actor.client_id) == client
        assert practice == again

    async def test_error_of_one_read_is_raised(self, world: AccountsWorld) -> None:
        async def fails() -> None:
            raise NotFound("goal", UUID(int=8))

        async with world.begin(world.system) as unit:
            with pytest.raises(NotFound):
                await unit.read_together(unit.practice_record.get(), fails(), unit.practice_record.get())
            assert await unit.practice_record.get()
