"""Grants when they begin, and when a child's date of birth or state is corrected."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.access.grant_lifecycle import grant_created_entry, new_grant, recalculate_grant_dates
from portal_core.access.model import Grant, GrantTerms
from portal_core.kernel.audit import AuditEntry
from tests.support.people.use_cases import birthday
from tests.unit.people.memory_world import MemoryPeopleUseCases

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


async def granted(use_cases: MemoryPeopleUseCases, terms: GrantTerms, age: int) -> Grant:
    child = await use_cases.world.add_client(date_of_birth=birthday(age), state="CA")
    async with use_cases.world.begin(use_cases.world.system) as unit:
        practice = await unit.practice_record.get()
    return new_grant(
        UUID(int=7), terms, account_id=UUID(int=8), client=child, practice=practice, by=UUID(int=9), now=NOW
    )


async def test_grant_records_who_decided_when_and_on_what_terms() -> None:
    use_cases = await MemoryPeopleUseCases.create()
    grant = await granted(use_cases, GrantTerms("parent", frozenset({"forms"}), authorized_by_minor=True), age=13)
    assert (grant.granted_by, grant.granted_at, grant.authorized_by_minor) == (UUID(int=9), NOW, True)
    assert (grant.starts_on, grant.requested_until) == (date(2026, 3, 2), None)
    assert not (await granted(use_cases, GrantTerms("parent"), age=8)).authorized_by_minor


@pytest.mark.parametrize("until", [None, date(2026, 12, 31)])
async def test_audit_names_the_relationship_and_the_last_day(until: date | None) -> None:
    grant = evolve(await granted(await MemoryPeopleUseCases.create(), GrantTerms("parent"), age=8), until=until)
    assert grant_created_entry(grant) == AuditEntry(
        "grant.created",
        grant.id,
        record=grant.client_id,
        facts={"relationship": "parent", "until": until.isoformat() if until else ""},
    )


async def test_every_active_grant_gets_the_corrected_dates() -> None:
    """Also those after one that was revoked, and each with its own entry."""
    use_cases = await MemoryPeopleUseCases.create()
    world = use_cases.world
    child = await world.add_client(date_of_birth=birthday(8), state="CA")
    for address in ("one@example.org", "two@example.org", "three@example.org"):
        await use_cases.add_proxy_for(child.id, address)
    corrected = evolve(child, date_of_birth=birthday(9))
    async with world.begin(world.system) as unit:
        first, *others = await unit.grants.list_for_client(child.id)
        await unit.grants.save(first.end(NOW), AuditEntry("grant.ended", first.id, record=child.id))
        await recalculate_grant_dates(unit, child, corrected, NOW)
        after = {one.id: one for one in await unit.grants.list_for_client(child.id)}
        await unit.commit(None)
    assert after[first.id].until == first.until
    entries = []
    for grant in others:
        recalculated = grant.with_recalculated_dates(birthday(9), "CA", previous_date_of_birth=birthday(8))
        assert after[grant.id] == recalculated != grant
        assert recalculated.until is not None
        facts = {"until": recalculated.until.isoformat()}
        entries.append(AuditEntry("grant.dates_recalculated", grant.id, record=child.id, facts=facts))
    assert len(entries) == 2
    assert await use_cases.audit_entries("grant.dates_recalculated") == entries
