"""An import twice, an import of bad rows, and what it leaves alone."""

import contextlib
from datetime import date
from typing import Any

import pytest
import pytest_asyncio
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from portal_core.access.model import GrantTerms
from portal_core.access.use_cases.list_grants import ListGrants
from portal_core.kernel.contact import ContactChanges
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.use_cases.change_profile import ChangeProfile, ChangeProfileCommand
from portal_core.people.use_cases.destroy_record_key import DestroyRecordKey, DestroyRecordKeyCommand
from portal_core.people.use_cases.import_people import CHUNK, ImportPeople, ImportPeopleCommand
from portal_core.people.views import ImportReport
from tests.support.contracts.people.world import TODAY
from tests.support.people.use_cases import ANN, birthday
from tests.unit.people.memory_world import MemoryDesk

PLAIN = ClientRow(2, "E-1", "Ann", "Lee", "1990-05-17")
FULL = ClientRow(
    3,
    " E-2 ",
    "Zoë",
    "O'Brien",
    "2001-02-28",
    chosen_name="Zed",
    pronouns="they/them",
    email="ZOE@Example.org",
    phone="212 555 0123",
    address="1 Elm Street",
    zone="Europe/Vienna",
    language="es",
    state="ny",
    status="Discharged",
    clinicians="C-2; C-1;;C-1",
)
CLINICIANS = (
    ClinicianRow(2, "C-1", "Dr. Grey", "PhD", "America/New_York", "https://rooms.example/grey", "yes"),
    ClinicianRow(3, "C-2", "Dr. Owen", active="No"),
)


@pytest_asyncio.fixture
async def desk() -> MemoryDesk:
    return await MemoryDesk.open()


async def bring_in(desk: MemoryDesk, *clients: ClientRow, clinicians: tuple[ClinicianRow, ...] = ()) -> ImportReport:
    bring = ImportPeople(desk.world.begin, desk.world.clock, desk.world.ids)
    return await bring(desk.world.system, ImportPeopleCommand(clinicians, clients))


async def client_of(desk: MemoryDesk, external_id: str) -> Any:
    async with desk.world.begin(desk.world.system) as unit:
        return await unit.client_records.find_by_external_id(external_id)


async def test_people_come_in_and_a_second_run_changes_nothing(desk: MemoryDesk) -> None:
    report = await bring_in(desk, PLAIN, FULL, clinicians=CLINICIANS)
    assert report == ImportReport(added=4, changed=0, unchanged=0, refused=())
    ann, zoe = await client_of(desk, "E-1"), await client_of(desk, "E-2")
    assert (ann.given_name, ann.born, ann.email, ann.status) == ("Ann", date(1990, 5, 17), None, "active")
    assert (zoe.shown_name, zoe.email, zoe.phone, zoe.state) == ("Zed O'Brien", "zoe@example.org", "+12125550123", "NY")
    assert (zoe.status, zoe.zone, zoe.language) == ("discharged", "Europe/Vienna", "es")
    async with desk.world.begin(desk.world.system) as unit:
        clinicians = await unit.clinician_records.all()
        assert [(one.name, one.active, one.credentials) for one in clinicians] == [
            ("Dr. Grey", True, "PhD"),
            ("Dr. Owen", False, ""),
        ]
        assert await unit.care_teams.of(zoe.id) == tuple(sorted(one.id for one in clinicians))
        assert await unit.care_teams.of(ann.id) == ()
    before = {name: dict(rows) for name, rows in desk.world.store.tables.items() if name != "audit"}
    again = await bring_in(desk, PLAIN, FULL, clinicians=CLINICIANS)
    assert again == ImportReport(added=0, changed=0, unchanged=4, refused=())
    assert {name: rows for name, rows in desk.world.store.tables.items() if name != "audit"} == before
    imports = await desk.trail("people.imported")
    assert imports[1].facts == {"added": "0", "changed": "0", "unchanged": "4", "refused": "0"}
    assert desk.world.notices() == []


async def test_what_differs_is_changed_and_named(desk: MemoryDesk) -> None:
    await bring_in(desk, PLAIN, FULL, clinicians=CLINICIANS)
    report = await bring_in(
        desk,
        evolve(PLAIN, family_name="Low", email="ann@example.org"),
        evolve(FULL, clinicians="C-1"),
        clinicians=(evolve(CLINICIANS[0], room_link=""), CLINICIANS[1]),
    )
    assert report == ImportReport(added=0, changed=3, unchanged=1, refused=())
    (client,) = await desk.trail("client.changed")
    (clinician,) = await desk.trail("clinician.changed")
    assert (client.facts, clinician.facts) == ({"fields": "family_name email"}, {"fields": "room_link"})
    assert len(await desk.trail("care_team.assigned")) == 2


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (evolve(PLAIN, external_id=" "), "external_id", "missing"),
        (evolve(PLAIN, given_name=""), "given_name", "missing"),
        (evolve(PLAIN, family_name=""), "family_name", "missing"),
        (evolve(PLAIN, born=""), "born", "date_invalid"),
        (evolve(PLAIN, born="17.5.1990"), "born", "date_invalid"),
        (evolve(PLAIN, born="1990-02-30"), "born", "date_invalid"),
        (evolve(PLAIN, born="1890-02-01"), "born", "date_invalid"),
        (evolve(PLAIN, born="2026-03-03"), "born", "date_invalid"),
        (evolve(PLAIN, email="ann at example"), "email", "email_invalid"),
        (evolve(PLAIN, phone="call me"), "phone", "phone_invalid"),
        (evolve(PLAIN, zone="EST5"), "zone", "zone_unknown"),
        (evolve(PLAIN, state="New York"), "state", "state_invalid"),
        (evolve(PLAIN, language="Spanish!"), "language", "language_invalid"),
        (evolve(PLAIN, status="gone"), "status", "status_unknown"),
        (evolve(PLAIN, clinicians="C-9"), "clinicians", "clinician_unknown"),
        (evolve(PLAIN, external_id="E-9"), "external_id", "duplicate_id"),
        (evolve(PLAIN, given_name="A\x00nn"), "given_name", "bad_characters"),
    ],
)
async def test_a_bad_row_is_refused_by_line_and_reason_and_the_others_go_on(
    desk: MemoryDesk, row: ClientRow, field: str, code: str
) -> None:
    before, after = evolve(PLAIN, external_id="E-9"), evolve(PLAIN, external_id="E-8")
    report = await bring_in(desk, before, evolve(row, line=17), after)
    assert report.added == 2
    (refused,) = report.refused
    assert (refused.line, refused.field, refused.code) == (17, field, code)
    assert refused.reason
    assert "Ann" not in repr(refused)
    assert await client_of(desk, "E-1") is None


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (ClinicianRow(5, "", "Dr. Grey"), "external_id", "missing"),
        (ClinicianRow(5, "C-1", " "), "name", "missing"),
        (ClinicianRow(5, "C-1", "Dr. Grey", active="maybe"), "active", "not_yes_or_no"),
        (ClinicianRow(5, "C-1", "Dr. Grey", zone="Moon"), "zone", "zone_unknown"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="javascript:alert(1)"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="http://rooms.example"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="https://a\u202eb"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="https://[::1/"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="https://x:99999/"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="https://x/" + "a" * 2000), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-2", "Dr. Owen"), "external_id", "duplicate_id"),
    ],
)
async def test_a_bad_clinician_is_refused(desk: MemoryDesk, row: ClinicianRow, field: str, code: str) -> None:
    report = await bring_in(desk, clinicians=(CLINICIANS[1], row))
    assert [(one.line, one.field, one.code) for one in report.refused] == [(5, field, code)]
    assert report.added == 1


async def test_what_a_client_changed_stays_and_gaps_are_filled(desk: MemoryDesk) -> None:
    await bring_in(desk, FULL, PLAIN, clinicians=CLINICIANS)
    zoe = await client_of(desk, "E-2")
    changes = ContactChanges(phone="+12125559999", pronouns=None)
    await ChangeProfile(desk.world.begin)(desk.world.as_client(zoe.id), ChangeProfileCommand(changes, zoe.version))
    report = await bring_in(desk, FULL, evolve(PLAIN, phone="+12125550000"), clinicians=CLINICIANS)
    assert report.changed == 2
    zoe = await client_of(desk, "E-2")
    assert (zoe.phone, zoe.pronouns) == ("+12125559999", "they/them")
    assert (await client_of(desk, "E-1")).phone == "+12125550000"


async def test_an_email_that_signs_in_stays(desk: MemoryDesk) -> None:
    await desk.client_with_account(ANN, external_id="E-1", given="Ann", family="Lee")
    other = await desk.world.add_client(external_id="E-3", email="kim@example.org", given="Kim", family="Lee")
    await desk.world.add_account("kim@example.org", "proxy")
    stays, moves = evolve(PLAIN, email="else@example.org"), evolve(PLAIN, external_id="E-3", given_name="Kim")
    report = await bring_in(desk, stays, evolve(moves, email="kim2@example.org"))
    assert (report.changed, report.unchanged) == (1, 1)
    assert (await client_of(desk, "E-1")).email == ANN
    assert (await client_of(desk, "E-3")).email == "kim2@example.org"
    assert other.email == "kim@example.org"


async def test_a_corrected_birth_moves_and_ends_grants(desk: MemoryDesk) -> None:
    world = desk.world
    child = await world.add_client("Kim", "Lee", external_id="E-1", born=birthday(8))
    proxy = await desk.proxy_of(child.id, terms=GrantTerms("parent"))
    row = evolve(PLAIN, given_name="Kim", born="2010-06-01")
    assert (await bring_in(desk, row)).changed == 1
    (view,) = await ListGrants(world.begin, world.clock)(world.staff(), child.id)
    assert (view.until, view.narrows_on, view.in_force) == (date(2028, 6, 1), None, True)
    assert [entry.facts for entry in await desk.trail("grant.redated")] == [{"until": "2028-06-01"}]
    assert (await bring_in(desk, evolve(row, state="NY"))).changed == 1  # the practice's state as well: nothing moves
    assert len(await desk.trail("grant.redated")) == 1
    await bring_in(desk, evolve(row, born="2001-06-01"))
    (view,) = await ListGrants(world.begin, world.clock)(world.staff(), child.id)
    assert (view.in_force, view.ended_at, view.account_id) == (False, world.clock.now(), proxy.id)


async def test_progress_is_told_by_chunks(desk: MemoryDesk) -> None:
    told: list[tuple[int, int]] = []
    rows = [evolve(PLAIN, line=n, external_id=f"E-{n}") for n in range(CHUNK * 2 + 1)]
    bring = ImportPeople(desk.world.begin, desk.world.clock, desk.world.ids)
    command = ImportPeopleCommand(CLINICIANS, rows)
    await bring(desk.world.staff(), command, lambda done, of: told.append((done, of)))
    of = CHUNK * 2 + 3
    assert told == [(2, of), (CHUNK + 2, of), (CHUNK * 2 + 2, of), (of, of)]


async def test_an_import_that_was_cut_short_is_run_again(desk: MemoryDesk) -> None:
    rows = [evolve(PLAIN, line=n, external_id=f"E-{n}") for n in range(CHUNK * 2)]

    def cut(done: int, of: int) -> None:
        raise KeyboardInterrupt

    bring = ImportPeople(desk.world.begin, desk.world.clock, desk.world.ids)
    with pytest.raises(KeyboardInterrupt):
        await bring(desk.world.system, ImportPeopleCommand((), rows), cut)
    report = await bring_in(desk, *rows)
    assert (report.added, report.unchanged) == (CHUNK, CHUNK)


async def test_only_administrators_and_jobs_import(desk: MemoryDesk) -> None:
    bring = ImportPeople(desk.world.begin, desk.world.clock, desk.world.ids)
    for role in ("clinician", "front_desk", "biller", "auditor"):
        with pytest.raises(Forbidden):
            await bring(desk.world.staff(role), ImportPeopleCommand())
    with pytest.raises(NotFound):
        await bring(desk.world.visitor, ImportPeopleCommand())
    assert await bring(desk.world.staff(), ImportPeopleCommand()) == ImportReport(0, 0, 0, ())


@given(st.lists(st.text(max_size=12), min_size=15, max_size=15))
def test_no_text_breaks_a_row(texts: list[str]) -> None:
    names = [a for a in ClientRow.__attrs_attrs__ if a.name not in ("line", "clinicians")]  # type: ignore[attr-defined]
    row = ClientRow(1, **dict(zip([a.name for a in names], texts, strict=False)))
    with contextlib.suppress(Invalid):
        assert row.read(TODAY).given_name


async def test_a_destroyed_record_takes_no_address_and_the_others_go_on(desk: MemoryDesk) -> None:
    await bring_in(desk, PLAIN)
    ann = await client_of(desk, "E-1")
    await DestroyRecordKey(desk.world.begin)(desk.world.system, DestroyRecordKeyCommand(ann.id))
    report = await bring_in(desk, evolve(PLAIN, address="1 Elm Street"), evolve(FULL, clinicians=""))
    assert (report.added, report.changed) == (1, 0)
    assert [(one.line, one.field, one.code) for one in report.refused] == [(2, "address", "record_destroyed")]
    assert await client_of(desk, "E-1") == ann
    assert (await bring_in(desk, evolve(PLAIN, family_name="Leeds"))).changed == 1
