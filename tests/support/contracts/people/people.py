"""Contract of the repositories of practices, clients, clinicians, staff and care teams. Provide the fixture `world`."""

import asyncio
from uuid import UUID

import pytest
from attrs import evolve, fields

from portal_core.kernel.contact import EmergencyContact
from portal_core.kernel.errors import StaleVersion
from portal_core.people.errors import DuplicateExternalId, DuplicateStaff, HostTaken, LastAdministrator, SlugTaken
from portal_core.people.identifiers import License
from portal_core.people.model import Client, Clinician, StaffMember
from portal_core.people.use_cases.change_staff import ChangeStaff, ChangeStaffCommand
from tests.support.contracts.people.world import AUDIT_ENTRY, DATE_OF_BIRTH, PeopleWorld

NPI = "1234567893"


class PracticeContract:
    """The practice: how it is created, changed and found."""

    async def test_every_field_of_new_practice_is_stored(self, world: PeopleWorld) -> None:
        name = f"one.{world.ids.new().hex}.example"
        practice = await world.add_practice(
            state=None, hosts=(name, f"x{name}"), phone="+15185550100 ext. 2", address="12 Elm Street\nAlbany, NY 12207"
        )
        async with world.begin(evolve(world.system, practice_id=practice.id)) as unit:
            assert await unit.practice_record.get() == practice

    async def test_practice_creation_is_audited_in_new_practice(self, world: PeopleWorld) -> None:
        assert (await world.audit()).count(AUDIT_ENTRY) == 1

    async def test_practice_change_is_stored_once(self, world: PeopleWorld) -> None:
        more = {"npi": NPI, "tax_id": "12-3456789", "phone": "+15185550101", "address": "13 Elm Street"}
        changed = evolve(world.practice, name="Oak", time_zone="Europe/Vienna", state="CA", version=2, **more)
        async with world.begin(world.staff()) as unit:
            await unit.practice_record.save(changed, AUDIT_ENTRY)
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            async with world.begin(world.staff()) as unit:
                await unit.practice_record.save(evolve(changed, name="Elm"), AUDIT_ENTRY)
        async with world.begin(world.visitor) as unit:
            assert await unit.practice_record.get() == changed

    async def test_portal_users_cannot_change_practice(self, world: PeopleWorld) -> None:
        client = await world.add_client()
        for actor in (world.as_client(client.id), world.visitor):
            with pytest.raises(world.forbidden):
                async with world.begin(actor) as unit:
                    await unit.practice_record.save(evolve(world.practice, name="Mine", version=2), AUDIT_ENTRY)

    async def test_slug_and_host_are_unique(self, world: PeopleWorld) -> None:
        host = f"{world.ids.new().hex}.example"
        first = await world.add_practice(hosts=(host,))
        before = await world.directory.all()
        with pytest.raises(SlugTaken):
            await world.add_practice(slug=first.slug)
        with pytest.raises(HostTaken):
            await world.add_practice(hosts=(f"x{host}", host))
        with pytest.raises(HostTaken):
            async with world.begin(world.system) as unit:
                await unit.practice_record.save(world.practice.with_hosts((host,)), AUDIT_ENTRY)
        assert await world.directory.all() == before

    async def test_released_host_can_be_used_by_another_practice(self, world: PeopleWorld) -> None:
        one, two = f"{world.ids.new().hex}.example", f"{world.ids.new().hex}.example"
        first = await world.add_practice(hosts=(one, two))
        async with world.begin(evolve(world.system, practice_id=first.id)) as unit:
            await unit.practice_record.save(first.with_hosts((two,)), AUDIT_ENTRY)
            await unit.commit(None)
        taken = await world.add_practice(hosts=(one,))
        assert taken.hosts == (one,)

    async def test_directory_lists_every_practice(self, world: PeopleWorld) -> None:
        other = await world.other_practice()
        found = {one.id: one for one in await other.directory.all()}
        for practice in (world.practice, other.practice):
            assert (found[practice.id].slug, found[practice.id].hosts) == (practice.slug, practice.hosts)
        assert list(found) == sorted(found)


class ClientRecordsContract:
    """Clients."""

    async def test_every_field_is_stored(self, world: PeopleWorld) -> None:
        full = await world.add_client(
            "Ann",
            "O'Brien-Łę",
            external_id="E-1",
            chosen_name="Andy",
            pronouns="they/them",
            email="ann@example.org",
            phone="+15185551234",
            address="1 Elm Street\nApt 2",
            time_zone="Europe/Vienna",
            language="es-MX",
            state="CA",
            emergency_contact=EmergencyContact("Grace Łuk", "+15185550199 ext. 7", "sister"),
            coverage="insured",
            status="discharged",
        )
        plain = await world.add_client()
        optional = {a.name for a in fields(Client)} - {"id", "practice_id", "date_of_birth", "created_at", "version"}
        assert all(getattr(full, name) != getattr(plain, name) for name in optional - {"given_name"})
        async with world.begin(world.system) as unit:
            assert await unit.client_records.get(full.id) == full
            assert await unit.client_records.get(plain.id) == plain
            assert await unit.client_records.find_by_external_id("E-1") == full
            assert await unit.client_records.find_by_external_id("E-2") is None
            assert await unit.client_records.get(world.ids.new()) is None

    async def test_change_of_every_field_is_stored_once_and_audited(self, world: PeopleWorld) -> None:
        client = await world.add_client(address="1 Elm Street", email="a@example.org")
        changed = evolve(
            client,
            given_name="Bea",
            family_name="Low",
            date_of_birth=DATE_OF_BIRTH.replace(year=1991),
            external_id="E-9",
            chosen_name="B",
            pronouns="she/her",
            email="b@example.org",
            phone="+15185551235",
            address="2 Elm Street",
            time_zone="UTC",
            language="en",
            state="NY",
            emergency_contact=EmergencyContact("Grace", "+15185550199"),
            coverage="self_pay",
            status="discharged",
            version=2,
        )
        async with world.begin(world.staff()) as unit:
            await unit.client_records.save(changed, AUDIT_ENTRY)
            await unit.commit(None)
        for version in (2, 4):
            with pytest.raises(StaleVersion):
                async with world.begin(world.staff()) as unit:
                    await unit.client_records.save(evolve(client, version=version), AUDIT_ENTRY)
        async with world.begin(world.system) as unit:
            assert await unit.client_records.get(client.id) == changed
        assert (await world.audit()).count(AUDIT_ENTRY) == 3

    async def test_uncommitted_client_is_not_stored(self, world: PeopleWorld) -> None:
        client = await world.add_client()
        other = evolve(client, id=world.ids.new(), external_id="E-1")
        async with world.begin(world.system) as unit:
            await unit.client_records.add(other, AUDIT_ENTRY)
        async with world.begin(world.system) as unit:
            assert await unit.client_records.get(other.id) is None

    async def test_external_id_is_unique_among_clients_of_practice(self, world: PeopleWorld) -> None:
        await world.add_client(external_id="E-1")
        second = await world.add_client(external_id="E-2")
        with pytest.raises(DuplicateExternalId):
            await world.add_client(external_id="E-1")
        with pytest.raises(DuplicateExternalId):
            async with world.begin(world.system) as unit:
                await unit.client_records.save(second.with_changes(external_id="E-1"), AUDIT_ENTRY)
        other = await world.other_practice()
        assert (await other.add_client(external_id="E-1")).external_id == "E-1"

    async def test_client_visibility_by_actor(self, world: PeopleWorld) -> None:
        own, foreign = await world.add_client(external_id="E-1"), await world.add_client(external_id="E-2")
        proxy = await world.add_account("pa@example.org")
        grant = await world.add_grant(own.id, proxy.id)
        other = await world.other_practice()
        visibility = {
            world.as_client(own.id): (True, False),
            world.as_proxy(proxy.id): (True, False),
            world.as_proxy(proxy.id, own.id): (True, False),
            world.as_proxy(world.ids.new()): (False, False),
            world.visitor: (False, False),
            world.staff(): (True, True),
            other.staff(): (False, False),
        }
        for actor, seen in visibility.items():
            async with world.begin(actor) as unit:
                found = [await unit.client_records.get(one.id) for one in (own, foreign)]
                by_id = [await unit.client_records.find_by_external_id(one) for one in ("E-1", "E-2")]
            assert tuple(one is not None for one in found) == seen
            assert tuple(one is not None for one in by_id) == seen
        await world.save_grant(grant.revoke(world.clock.now()))
        async with world.begin(world.as_proxy(proxy.id)) as unit:
            assert await unit.client_records.get(own.id) is None

    async def test_portal_users_write_only_the_record_they_act_on(self, world: PeopleWorld) -> None:
        own, foreign = await world.add_client(), await world.add_client()
        proxy = await world.add_account("pa@example.org")
        await world.add_grant(own.id, proxy.id)
        await world.add_grant(foreign.id, proxy.id)
        async with world.begin(world.as_proxy(proxy.id, own.id)) as unit:
            await unit.client_records.save(own.with_changes(phone="+15185551234", address="Here"), AUDIT_ENTRY)
            await unit.commit(None)
        for actor in (world.as_client(own.id), world.as_proxy(proxy.id, own.id), world.visitor):
            with pytest.raises(world.forbidden):
                async with world.begin(actor) as unit:
                    await unit.client_records.save(foreign.with_changes(phone="+15185551234"), AUDIT_ENTRY)
            with pytest.raises(world.forbidden):
                async with world.begin(actor) as unit:
                    await unit.client_records.add(evolve(own, id=world.ids.new()), AUDIT_ENTRY)
        async with world.begin(world.system) as unit:
            assert await unit.client_records.get(foreign.id) == foreign
            assert (await unit.client_records.get(own.id)) == own.with_changes(phone="+15185551234", address="Here")


async def administrators(world: PeopleWorld) -> frozenset[UUID]:
    """The ids of the practice's active administrators."""
    async with world.begin(world.system) as unit:
        return await unit.staff_records.lock_administrators()


class StaffContract:
    """Clinicians, staff and care teams."""

    async def test_every_field_of_clinician_is_stored(self, world: PeopleWorld) -> None:
        plain = await world.add_clinician()
        values = {
            "name": "Dr. Owen",
            "credentials": "PhD",
            "external_id": "C-1",
            "time_zone": "Europe/Vienna",
            "room_link": "https://rooms.example/owen",
            "npi": NPI,
            "licenses": (License("NY", "012345"), License("NJ", "44SC0")),
            "active": False,
        }
        full = await world.add_clinician(**values)  # type: ignore[arg-type]
        assert set(values) == {a.name for a in fields(Clinician)} - {"id", "practice_id", "version"}
        async with world.begin(world.as_client(world.ids.new())) as unit:
            assert await unit.clinician_records.get(full.id) == full
            assert await unit.clinician_records.find_by_external_id("C-1") == full
            assert await unit.clinician_records.all() == (plain, full)
        changed = plain.with_changes(**(values | {"external_id": "C-2"}))
        async with world.begin(world.staff()) as unit:
            await unit.clinician_records.save(changed, AUDIT_ENTRY)
            assert await unit.clinician_records.get(plain.id) == changed
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            async with world.begin(world.staff()) as unit:
                await unit.clinician_records.save(changed, AUDIT_ENTRY)
        with pytest.raises(DuplicateExternalId):
            await world.add_clinician(external_id="C-1")
        with pytest.raises(DuplicateExternalId):
            async with world.begin(world.staff()) as unit:
                await unit.clinician_records.save(changed.with_changes(external_id="C-1"), AUDIT_ENTRY)

    async def test_every_field_of_staff_member_is_stored(self, world: PeopleWorld) -> None:
        clinician = await world.add_clinician()
        plain = await world.add_staff()
        values = {
            "email": "olga@elm.example",
            "name": "Olga",
            "roles": frozenset({"clinician", "administrator"}),
            "clinician_id": clinician.id,
            "external_id": "S-1",
            "active": False,
            "issuer": "https://ehr.example",
            "subject": "u-1",
            "made_administrator_at": world.clock.now(),
        }
        full = await world.add_staff(**values)  # type: ignore[arg-type]
        assert set(values) == {a.name for a in fields(StaffMember)} - {"id", "practice_id", "version"}
        async with world.begin(world.visitor) as unit:
            assert await unit.staff_records.get(full.id) == full
            assert await unit.staff_records.find_by_email("olga@elm.example") == full
            assert await unit.staff_records.all() == (full, plain)
        changed = plain.with_changes(**(values | {"email": "x@elm.example", "external_id": "S-2", "subject": "u-2"}))
        async with world.begin(world.staff()) as unit:
            await unit.staff_records.save(changed, AUDIT_ENTRY)
            assert await unit.staff_records.get(plain.id) == changed
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            async with world.begin(world.staff()) as unit:
                await unit.staff_records.save(changed, AUDIT_ENTRY)

    async def test_staff_are_unique(self, world: PeopleWorld) -> None:
        first = {"email": "a@elm.example", "external_id": "S-1", "issuer": "https://ehr.example", "subject": "u-1"}
        await world.add_staff(**first)  # type: ignore[arg-type]
        second = await world.add_staff("b@elm.example", issuer="https://ehr.example", subject="u-2")
        for field, error in (
            ("email", DuplicateStaff),
            ("external_id", DuplicateExternalId),
            ("subject", DuplicateStaff),
        ):
            with pytest.raises(error):
                async with world.begin(world.system) as unit:
                    await unit.staff_records.save(second.with_changes(**{field: first[field]}), AUDIT_ENTRY)
        with pytest.raises(DuplicateStaff):
            await world.add_staff("a@elm.example")
        assert await (await world.other_practice()).add_staff(**first) is not None  # type: ignore[arg-type]

    async def test_only_active_administrators_are_locked(self, world: PeopleWorld) -> None:
        admins = frozenset({"administrator", "biller"})
        assert await administrators(world) == frozenset()
        one = await world.add_staff("a@elm.example", roles=admins)
        two = await world.add_staff("b@elm.example", roles=admins)
        await world.add_staff("c@elm.example", roles=admins, active=False)
        await world.add_staff("d@elm.example", roles=frozenset({"biller", "auditor"}))
        await (await world.other_practice()).add_staff("a@elm.example", roles=admins)
        assert await administrators(world) == {one.id, two.id}

    async def test_concurrent_removals_leave_one_administrator(self, world: PeopleWorld) -> None:
        one, two = [await world.add_staff(f"{name}@elm.example", roles=frozenset({"administrator"})) for name in "ab"]
        change = ChangeStaff(world.begin, world.clock)
        leave = ChangeStaffCommand(one.id, one.name, one.roles, None, False, 1)
        demote = ChangeStaffCommand(two.id, two.name, frozenset({"biller"}), None, True, 1)
        results = await asyncio.gather(
            change(world.staff(), leave), change(world.staff(), demote), return_exceptions=True
        )
        assert [type(each) for each in results if isinstance(each, Exception)] == [LastAdministrator]
        assert len(await administrators(world)) == 1

    async def test_portal_users_see_no_staff_and_write_no_clinicians(self, world: PeopleWorld) -> None:
        client, clinician, member = await world.add_client(), await world.add_clinician(), await world.add_staff()
        actor = world.as_client(client.id)
        async with world.begin(actor) as unit:
            assert await unit.staff_records.get(member.id) is None
            assert await unit.staff_records.find_by_email(member.email) is None
            assert await unit.staff_records.all() == ()
        with pytest.raises(world.forbidden):
            async with world.begin(actor) as unit:
                await unit.staff_records.save(member.with_changes(roles=frozenset({"administrator"})), AUDIT_ENTRY)
        with pytest.raises(world.forbidden):
            async with world.begin(actor) as unit:
                await unit.clinician_records.save(clinician.with_changes(room_link="https://evil.example"), AUDIT_ENTRY)

    async def test_staff_and_clinicians_are_hidden_from_other_practices(self, world: PeopleWorld) -> None:
        clinician, member = await world.add_clinician(external_id="C-1"), await world.add_staff()
        other = await world.other_practice()
        async with other.begin(other.staff()) as unit:
            assert await unit.clinician_records.get(clinician.id) is None
            assert await unit.clinician_records.find_by_external_id("C-1") is None
            assert await unit.clinician_records.all() == ()
            assert await unit.staff_records.get(member.id) is None
            assert await unit.staff_records.find_by_email(member.email) is None
            assert await unit.staff_records.all() == ()

    async def test_assignment_replaces_care_team(self, world: PeopleWorld) -> None:
        client, foreign = await world.add_client(), await world.add_client()
        team = sorted([(await world.add_clinician()).id for _ in range(3)])
        for assigned in (team, team[1:], [], team[:1]):
            before, client = client, client.with_next_version()
            async with world.begin(world.staff()) as unit:
                await unit.care_teams.assign(client, tuple(assigned), AUDIT_ENTRY)
                await unit.commit(None)
            with pytest.raises(StaleVersion):
                async with world.begin(world.staff()) as unit:
                    await unit.care_teams.assign(before, tuple(team), AUDIT_ENTRY)
            async with world.begin(world.as_client(client.id)) as unit:
                assert await unit.care_teams.of(client.id) == tuple(assigned)
                assert await unit.care_teams.of_all([client.id]) == {client.id: tuple(assigned)}
                assert await unit.client_records.get(client.id) == client
        async with world.begin(world.staff()) as unit:
            teams = {client.id: tuple(team[:1]), foreign.id: ()}
            assert await unit.care_teams.of_all([foreign.id, client.id]) == teams
            assert await unit.care_teams.of_all([]) == {}
        async with world.begin(world.as_client(foreign.id)) as unit:
            assert await unit.care_teams.of(client.id) == ()
            assert await unit.care_teams.of_all([client.id]) == {client.id: ()}
        with pytest.raises(world.forbidden):
            async with world.begin(world.as_client(client.id)) as unit:
                await unit.care_teams.assign(client.with_next_version(), tuple(team), AUDIT_ENTRY)
