"""The practice side: settings, clients, clinicians and staff."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from attrs import evolve

from portal_core.access.model import GrantTerms
from portal_core.access.use_cases.list_grants import ListGrants
from portal_core.kernel.actor import Origin, SystemActor
from portal_core.kernel.contact import EmergencyContact, InvalidEmail
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from portal_core.people.details import ClientDetails, ClinicianDetails
from portal_core.people.errors import DuplicateExternalId, DuplicateStaff, HostTaken, SlugTaken
from portal_core.people.identifiers import License
from portal_core.people.use_cases.add_client import AddClient, AddClientCommand
from portal_core.people.use_cases.add_clinician import AddClinician, AddClinicianCommand
from portal_core.people.use_cases.add_practice import AddPractice, AddPracticeCommand
from portal_core.people.use_cases.add_staff import AddStaff, AddStaffCommand
from portal_core.people.use_cases.assign_care_team import AssignCareTeam, AssignCareTeamCommand
from portal_core.people.use_cases.change_client import ChangeClient, ChangeClientCommand
from portal_core.people.use_cases.change_clinician import ChangeClinician, ChangeClinicianCommand
from portal_core.people.use_cases.change_practice import ChangePractice, ChangePracticeCommand
from portal_core.people.use_cases.change_staff import ChangeStaff, ChangeStaffCommand
from portal_core.people.use_cases.get_client import GetClient
from portal_core.people.use_cases.get_practice import GetPractice
from portal_core.people.use_cases.get_profile import GetProfile
from portal_core.people.use_cases.list_clients import ListClients, ListClientsQuery
from portal_core.people.use_cases.list_clinicians import ListClinicians
from portal_core.people.use_cases.list_staff import ListStaff
from portal_core.people.use_cases.search_clients import SearchClients, SearchClientsQuery
from portal_core.people.use_cases.set_practice_hosts import SetPracticeHosts, SetPracticeHostsCommand
from portal_core.people.views import ClinicianView
from tests.support.contracts.people.world import DATE_OF_BIRTH
from tests.support.people.use_cases import birthday
from tests.unit.people.memory_world import MemoryPeopleUseCases

NOBODY = UUID(int=9)


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


def add_practice(use_cases: MemoryPeopleUseCases) -> AddPractice:
    return AddPractice(use_cases.world.practice_factory, use_cases.world.clock, use_cases.world.ids)


# --- practices --------------------------------------------------------------------------------------------------------


async def test_a_practice_is_added_by_the_operator(use_cases: MemoryPeopleUseCases) -> None:
    command = AddPracticeCommand("oak", " Oak  Street ", "Europe/Vienna", "ca", ("B.example", "a.example", "b.example"))
    view = await add_practice(use_cases)(Origin("127.0.0.1"), command)
    assert (view.slug, view.name, view.time_zone, view.state) == ("oak", "Oak Street", "Europe/Vienna", "CA")
    assert (view.hosts, view.version) == (("a.example", "b.example"), 1)
    found = {one.id: one for one in await use_cases.world.directory.all()}
    assert (found[view.id].slug, found[view.id].hosts) == ("oak", view.hosts)
    (row,) = [row for row in use_cases.world.store.audit if row.practice_id == view.id]
    assert (row.entry.action, row.entry.target, row.actor.origin.address) == ("practice.added", view.id, "127.0.0.1")
    with pytest.raises(SlugTaken):
        await add_practice(use_cases)(Origin(), AddPracticeCommand("oak", "Oak", "UTC"))
    with pytest.raises(HostTaken):
        await add_practice(use_cases)(Origin(), AddPracticeCommand("elm", "Elm", "UTC", None, ("b.example",)))


@pytest.mark.parametrize(
    ("wrong", "path", "code"),
    [
        ({"slug": "Oak"}, "slug", "slug_invalid"),
        ({"slug": "-oak"}, "slug", "slug_invalid"),
        ({"slug": "x" * 41}, "slug", "slug_invalid"),
        ({"name": " "}, "name", "empty"),
        ({"time_zone": "Oak"}, "time_zone", "time_zone_unknown"),
        ({"state": "Oregon"}, "state", "state_invalid"),
        ({"hosts": ("a.example", "b..example")}, "hosts.1", "host_invalid"),
        ({"hosts": ("a.example:80",)}, "hosts.0", "host_invalid"),
        ({"hosts": ("x" * 64,)}, "hosts.0", "host_invalid"),
    ],
)
async def test_invalid_practice_is_rejected(
    use_cases: MemoryPeopleUseCases, wrong: dict[str, Any], path: str, code: str
) -> None:
    command = evolve(AddPracticeCommand("oak", "Oak", "UTC"), **wrong)
    with pytest.raises(Invalid) as refused:
        await add_practice(use_cases)(Origin(), command)
    assert [(one.path, one.code) for one in refused.value.fields] == [(path, code)]


async def test_administrator_changes_practice(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    change = ChangePractice(world.begin, world.clock)
    view = await change(world.staff(), ChangePracticeCommand("Oak", "Europe/Vienna", None, 1))
    assert (view.name, view.time_zone, view.state, view.version) == ("Oak", "Europe/Vienna", None, 2)
    shown = await GetPractice(world.begin)(world.staff())
    assert (shown.name, shown.time_zone, shown.version, view.affected) == ("Oak", "Europe/Vienna", 2, ())
    assert [entry.facts for entry in await use_cases.audit_entries("practice.changed")] == [
        {"fields": "name time_zone state"}
    ]
    with pytest.raises(StaleVersion):
        await change(world.staff(), ChangePracticeCommand("Elm", "UTC", "NY", 1))
    for role in ("clinician", "front_desk", "biller", "auditor"):
        with pytest.raises(Forbidden):
            await change(world.staff(role), ChangePracticeCommand("Elm", "UTC", "NY", 2))
        with pytest.raises(Forbidden):
            await GetPractice(world.begin)(world.staff(role))
    with pytest.raises(NotFound):
        await GetPractice(world.begin)(world.visitor)


async def test_practice_keeps_identifiers_for_bills(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    change = ChangePractice(world.begin, world.clock)
    for wrong, path in (({"npi": "1234567890"}, "npi"), ({"tax_id": "123-45-6789"}, "tax_id")):
        with pytest.raises(Invalid) as refused:
            await change(world.staff(), ChangePracticeCommand("Oak", "UTC", "NY", 1, **wrong))
        assert refused.value.fields[0].path == path
    view = await change(world.staff(), ChangePracticeCommand("Oak", "UTC", "NY", 1, "1234567893", "123456789"))
    assert (view.npi, view.tax_id, view.version) == ("1234567893", "12-3456789", 2)
    (entry,) = await use_cases.audit_entries("practice.changed")
    assert set(entry.facts["fields"].split()) == {"name", "time_zone", "npi", "tax_id"}


async def test_only_operator_sets_hosts(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    set_hosts = SetPracticeHosts(world.begin)
    assert (await set_hosts(world.system, SetPracticeHostsCommand(("Elm.example",)))).hosts == ("elm.example",)
    with pytest.raises(Forbidden):
        await set_hosts(world.staff(), SetPracticeHostsCommand(("oak.example",)))
    other = await world.other_practice()
    with pytest.raises(HostTaken):
        await set_hosts(other.system, SetPracticeHostsCommand(("elm.example",)))
    assert len(await use_cases.audit_entries("practice.hosts_set")) == 1


# --- clients ----------------------------------------------------------------------------------------------------------

DETAILS = ClientDetails(
    "Ann", "Lee", DATE_OF_BIRTH, external_id="E-1", email="ANN@example.org", phone="2125550123", state="ny"
)


async def test_client_is_added_read_and_changed(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    add, change = AddClient(world.begin, world.clock, world.ids), ChangeClient(world.begin, world.clock)
    view = await add(world.staff("front_desk"), AddClientCommand(DETAILS))
    assert (view.profile.email, view.profile.phone, view.state) == ("ann@example.org", "+12125550123", "NY")
    client_id = view.id
    assert view.profile.client_id == client_id
    with pytest.raises(DuplicateExternalId):
        await add(world.system, AddClientCommand(DETAILS))
    assert await GetClient(world.begin, world.clock)(world.staff("front_desk"), client_id) == view
    moved = evolve(DETAILS, family_name="Low", status="discharged", phone=None)
    changed = await change(world.staff("front_desk"), ChangeClientCommand(client_id, moved, 1))
    assert (changed.profile.name, changed.status, changed.profile.version) == ("Ann Low", "discharged", 2)
    same = await change(world.staff("front_desk"), ChangeClientCommand(client_id, moved, 2))
    assert same.profile.version == 2
    (entry,) = await use_cases.audit_entries("client.changed")
    assert (entry.record, set(entry.facts["fields"].split())) == (client_id, {"family_name", "status", "phone"})
    with pytest.raises(StaleVersion):
        await change(world.staff(), ChangeClientCommand(client_id, moved, 1))
    with pytest.raises(NotFound):
        await change(world.staff(), ChangeClientCommand(NOBODY, moved, 1))
    with pytest.raises(NotFound):
        await GetClient(world.begin, world.clock)(world.staff(), NOBODY)
    assert [entry.record for entry in await use_cases.audit_entries("client.read")] == [client_id]


async def test_staff_keep_emergency_contact_and_coverage_that_the_client_sees(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    details = evolve(DETAILS, emergency_contact=EmergencyContact("Grace", "5185550199", "aunt"), coverage="self_pay")
    view = await AddClient(world.begin, world.clock, world.ids)(world.staff("front_desk"), AddClientCommand(details))
    seen = await GetProfile(world.begin)(world.as_client(view.id))
    assert seen == view.profile
    assert seen.emergency_contact == EmergencyContact("Grace", "+15185550199", "aunt")
    assert seen.coverage == "self_pay"
    change = ChangeClient(world.begin, world.clock)
    insured = await change(world.staff(), ChangeClientCommand(view.id, evolve(DETAILS, coverage="insured"), 1))
    assert (insured.profile.emergency_contact, insured.profile.coverage) == (None, "insured")
    (entry,) = await use_cases.audit_entries("client.changed")
    assert entry.facts == {"fields": "emergency_contact coverage"}


async def test_invalid_client_details_are_rejected(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    add = AddClient(world.begin, world.clock, world.ids)
    for wrong, path in (
        ({"given_name": ""}, "given_name"),
        ({"date_of_birth": date(2026, 3, 3)}, "date_of_birth"),
        ({"state": "N"}, "state"),
        ({"status": "lost"}, "status"),
        ({"coverage": "medicaid"}, "coverage"),
        ({"emergency_contact": EmergencyContact("Grace", "12")}, "emergency_contact.phone"),
    ):
        with pytest.raises(Invalid) as refused:
            await add(world.staff(), AddClientCommand(evolve(DETAILS, **wrong)))
        assert refused.value.fields[0].path == path
    with pytest.raises(InvalidEmail):
        await add(world.staff(), AddClientCommand(evolve(DETAILS, email="ann")))


async def test_corrected_date_of_birth_or_state_moves_grants(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    change, list_grants = ChangeClient(world.begin, world.clock), ListGrants(world.begin, world.clock)
    child = await world.add_client("Kim", "Lee", date_of_birth=birthday(8))
    await use_cases.add_proxy_for(child.id, terms=GrantTerms("parent"))
    older = await use_cases.add_proxy_for(child.id, "ma@example.org", GrantTerms("parent", until=date(2027, 1, 1)))
    details = ClientDetails("Kim", "Lee", birthday(8), state="CA")
    await change(world.staff(), ChangeClientCommand(child.id, details, 1))
    untils = {view.account_id: view.until for view in (await list_grants(world.staff(), child.id)).items}
    assert untils == {older.id: date(2027, 1, 1), next(one for one in untils if one != older.id): date(2030, 3, 2)}
    await change(world.staff(), ChangeClientCommand(child.id, evolve(details, date_of_birth=birthday(12)), 2))
    views = (await list_grants(world.staff(), child.id)).items
    assert [(view.in_force, view.ended_at) for view in views] == [(False, world.clock.now())] * 2
    assert [notice.kind for notice in world.notices()].count("grant_ended") == 2
    await change(world.staff(), ChangeClientCommand(child.id, evolve(details, date_of_birth=birthday(9)), 3))
    assert [view.in_force for view in (await list_grants(world.staff(), child.id)).items] == [False, False]


async def test_a_care_team_is_assigned(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    client = await world.add_client()
    team = sorted([(await world.add_clinician()).id for _ in range(2)])
    assign = AssignCareTeam(world.begin, world.clock)
    view = await assign(world.system, AssignCareTeamCommand(client.id, (team[1], team[0], team[1])))
    assert view.care_team == tuple(team)
    assert (await GetClient(world.begin, world.clock)(world.staff(), client.id)).care_team == tuple(team)
    with pytest.raises(Invalid):
        await assign(world.staff(), AssignCareTeamCommand(client.id, (team[0], NOBODY)))
    with pytest.raises(NotFound):
        await assign(world.staff(), AssignCareTeamCommand(NOBODY, ()))
    (entry,) = await use_cases.audit_entries("care_team.assigned")
    assert (entry.record, entry.facts) == (client.id, {"clinicians": "2"})


# --- staff ------------------------------------------------------------------------------------------------------------


async def test_clinicians_are_added_changed_and_listed(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    add, change = AddClinician(world.begin, world.ids), ChangeClinician(world.begin, world.clock)
    details = ClinicianDetails(
        "Dr. Grey", "PhD", "C-1", "UTC", "https://rooms.example/grey", "1234567893", (License("ny", "012345"),)
    )
    view = await add(world.staff(), AddClinicianCommand(details))
    assert (view.npi, view.licenses) == ("1234567893", (License("NY", "012345"),))
    with pytest.raises(Invalid):
        await add(world.system, AddClinicianCommand(ClinicianDetails("Dr. Owen", npi="1234567890")))
    with pytest.raises(DuplicateExternalId):
        await add(world.system, AddClinicianCommand(details))
    with pytest.raises(Invalid):
        await add(world.system, AddClinicianCommand(ClinicianDetails("Dr. Owen", room_link="ftp://x")))
    gone = evolve(details, active=False)
    changed = await change(world.staff(), ChangeClinicianCommand(view.id, gone, 1))
    assert (changed.active, changed.version, changed.conflicts) == (False, 2, ())
    async with world.begin(world.system) as unit:
        stored = await unit.clinician_records.get(view.id)
    assert (await change(world.staff(), ChangeClinicianCommand(view.id, gone, 2))).version == 2
    with pytest.raises(StaleVersion):
        await change(world.staff(), ChangeClinicianCommand(view.id, details, 1))
    with pytest.raises(NotFound):
        await change(world.staff(), ChangeClinicianCommand(NOBODY, details, 1))
    assert (await ListClinicians(world.begin)(world.staff("front_desk"))).items == (ClinicianView.of(stored),)
    assert [entry.facts for entry in await use_cases.audit_entries("clinician.changed")] == [{"fields": "active"}]


async def test_staff_are_added_changed_and_listed(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    clinician = await world.add_clinician()
    add, change = AddStaff(world.begin, world.clock, world.ids), ChangeStaff(world.begin, world.clock)
    command = AddStaffCommand(
        " Sam  Wu ",
        "SAM@elm.example",
        frozenset({"biller", "clinician"}),
        clinician.id,
        "S-1",
        "https://ehr.example",
        "u-1",
    )
    view = await add(world.staff(), command)
    assert (view.name, view.email, view.roles) == ("Sam Wu", "sam@elm.example", ("clinician", "biller"))
    async with world.begin(world.system) as unit:
        stored = await unit.staff_records.get(view.id)
    assert (stored.issuer, stored.subject, stored.external_id) == ("https://ehr.example", "u-1", "S-1")
    with pytest.raises(DuplicateStaff):
        await add(world.system, AddStaffCommand("Sam", "sam@elm.example", frozenset({"biller"})))
    plain = AddStaffCommand("Kit", "kit@elm.example", frozenset({"biller"}))
    for wrong, path in (
        ({"roles": frozenset()}, "roles"),
        ({"roles": frozenset({"king"})}, "roles"),
        ({"clinician_id": NOBODY}, "clinician_id"),
        ({"issuer": "https://ehr.example"}, "subject"),
        ({"name": ""}, "name"),
    ):
        with pytest.raises(Invalid) as refused:
            await add(world.staff(), evolve(plain, **wrong))
        assert refused.value.fields[0].path == path
    left = ChangeStaffCommand(view.id, "Sam Wu", frozenset({"biller"}), None, False, 1)
    changed = await change(world.staff(), left)
    assert (changed.active, changed.clinician_id, changed.roles) == (False, None, ("biller",))
    assert (await change(world.staff(), evolve(left, version=2))).version == 2
    with pytest.raises(StaleVersion):
        await change(world.staff(), left)
    with pytest.raises(NotFound):
        await change(world.staff(), evolve(left, staff_id=NOBODY))
    assert (await ListStaff(world.begin)(world.staff())).items == (changed,)
    (entry,) = await use_cases.audit_entries("staff.changed")
    assert entry.facts == {"fields": "roles clinician_id active", "roles": "biller"}


async def test_practice_permissions(use_cases: MemoryPeopleUseCases) -> None:
    world, begin = use_cases.world, use_cases.world.begin
    client, clinician = await world.add_client(), await world.add_clinician()
    member = await world.add_staff()
    details, clock, ids = ClientDetails("A", "B", DATE_OF_BIRTH), world.clock, world.ids
    everyone = {"clinician", "front_desk", "biller", "administrator", "auditor"}
    reading = {"clinician", "front_desk", "biller", "administrator"}
    changing = {"clinician", "front_desk", "administrator"}
    only = {"administrator"}
    operations: list[tuple[set[str], Any]] = [
        (reading, lambda a: GetClient(begin, clock)(a, client.id)),
        (reading, lambda a: ListClients(begin, clock)(a, ListClientsQuery())),
        (reading, lambda a: SearchClients(begin, clock)(a, SearchClientsQuery("ann"))),
        (reading, lambda a: ListClinicians(begin)(a)),
        (changing, lambda a: ListGrants(begin, clock)(a, client.id)),
        (changing, lambda a: AddClient(begin, clock, ids)(a, AddClientCommand(details))),
        (changing, lambda a: AssignCareTeam(begin, clock)(a, AssignCareTeamCommand(client.id, ()))),
        (changing, lambda a: ChangeClient(begin, clock)(a, ChangeClientCommand(client.id, _as_is(client), 1))),
        (only, lambda a: ListStaff(begin)(a)),
        (
            only,
            lambda a: AddStaff(begin, clock, ids)(
                a, AddStaffCommand("K", f"{ids.new()}@elm.example", frozenset({"biller"}))
            ),
        ),
        (
            only,
            lambda a: ChangeStaff(begin, clock)(
                a, ChangeStaffCommand(member.id, "Sam Wu", member.roles, None, True, 1)
            ),
        ),
        (only, lambda a: AddClinician(begin, ids)(a, AddClinicianCommand(ClinicianDetails("Dr. New")))),
        (
            only,
            lambda a: ChangeClinician(begin, clock)(
                a, ChangeClinicianCommand(clinician.id, ClinicianDetails(clinician.name), 1)
            ),
        ),
    ]
    for roles, run in operations:
        for role in sorted(everyone):
            if role in roles:
                await run(world.staff(role))  # type: ignore[arg-type]
            else:
                with pytest.raises(Forbidden):
                    await run(world.staff(role))  # type: ignore[arg-type]
        await run(SystemActor(world.practice_id, "ehr nightly"))
        for outsider in (world.as_proxy(NOBODY, client.id), world.visitor, world.as_client(NOBODY)):
            with pytest.raises(NotFound):
                await run(outsider)


def _as_is(client: Any) -> ClientDetails:
    return ClientDetails(client.given_name, client.family_name, client.date_of_birth)


async def test_every_invalid_field_of_practice_and_staff_is_named(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    wrong = {"time_zone": "Mars/Base", "state": "ZZ", "phone": "12"}
    with pytest.raises(Invalid) as practice:
        command = ChangePracticeCommand(" ", version=1, npi="1", tax_id="1", **wrong, address="x" * 401)
        await ChangePractice(world.begin, world.clock)(world.system, command)
    with pytest.raises(Invalid) as added:
        await add_practice(use_cases)(Origin(), AddPracticeCommand("Ä", " ", hosts=("-",), **wrong, address="x" * 401))
    with pytest.raises(Invalid) as staff:
        whole = AddStaffCommand(" ", "nobody", frozenset(), NOBODY, "x" * 101, "x" * 501)
        await AddStaff(world.begin, world.clock, world.ids)(world.system, whole)
    member = await AddStaff(world.begin, world.clock, world.ids)(
        world.system, AddStaffCommand("Sam", "sam@example.org", frozenset({"front_desk"}))
    )
    with pytest.raises(Invalid) as changed:
        change = ChangeStaffCommand(member.id, " ", frozenset(), NOBODY, True, 1)
        await ChangeStaff(world.begin, world.clock)(world.system, change)
    assert [" ".join(fault.path for fault in one.value.fields) for one in (practice, added, staff, changed)] == [
        "name time_zone state npi tax_id phone address",
        "slug name time_zone state hosts.0 phone address",
        "name email roles clinician_id external_id issuer subject",
        "name roles clinician_id",
    ]
