"""Imports: repeated runs, invalid rows, and fields that an import does not change."""

from datetime import date
from typing import Any

import pytest
import pytest_asyncio
from attrs import evolve, fields

from adapters.memory.people.clients import MemoryClientRecords
from adapters.postgres.people.tables import clients
from portal_core.access.model import GrantTerms
from portal_core.access.use_cases.list_grants import ListGrants
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.contact import EmergencyContact
from portal_core.kernel.errors import Forbidden, NotFound, StaleVersion
from portal_core.people.erasure import erased
from portal_core.people.identifiers import License
from portal_core.people.import_merge import ENCRYPTED_FIELDS
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.use_cases.import_people import CHUNK_SIZE, MAX_ATTEMPTS, ImportPeople, ImportPeopleCommand
from portal_core.people.views import ImportReport
from tests.support.people.use_cases import ANN, birthday
from tests.unit.people.import_setup import CLINICIANS, FULL, PLAIN, client_of, counts, faults, run_import, stored
from tests.unit.people.memory_world import MemoryPeopleUseCases


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


async def test_import_is_idempotent(use_cases: MemoryPeopleUseCases) -> None:
    report = await run_import(use_cases, PLAIN, FULL, clinicians=CLINICIANS)
    assert counts(report) == (4, 0, 0, 0)
    ann, zoe = await client_of(use_cases, "E-1"), await client_of(use_cases, "E-2")
    assert (ann.given_name, ann.date_of_birth, ann.email, ann.status) == ("Ann", date(1990, 5, 17), None, "active")
    assert (zoe.display_name, zoe.email, zoe.phone, zoe.state) == (
        "Zed O'Brien",
        "zoe@example.org",
        "+12125550123",
        "NY",
    )
    assert (zoe.status, zoe.time_zone, zoe.language) == ("discharged", "Europe/Vienna", "es")
    async with use_cases.world.begin(use_cases.world.system) as unit:
        clinicians = await unit.clinician_records.all()
        assert [(one.name, one.active, one.credentials) for one in clinicians] == [
            ("Dr. Grey", True, "PhD"),
            ("Dr. Owen", True, None),
        ]
        assert await unit.care_teams.of(zoe.id) == tuple(sorted(one.id for one in clinicians))
        assert await unit.care_teams.of(ann.id) == ()
    before = stored(use_cases)
    again = await run_import(use_cases, PLAIN, FULL, clinicians=CLINICIANS)
    assert counts(again) == (0, 0, 4, 0)
    assert stored(use_cases) == before
    imports = await use_cases.audit_entries("people.imported")
    assert imports[1].facts == {"added": "0", "changed": "0", "unchanged": "4", "rejected": "0"}
    assert use_cases.world.notices() == []


async def test_import_updates_changed_fields(use_cases: MemoryPeopleUseCases) -> None:
    await run_import(use_cases, PLAIN, FULL, clinicians=CLINICIANS)
    report = await run_import(
        use_cases,
        evolve(PLAIN, family_name="Low", email="ann@example.org"),
        evolve(FULL, clinicians="C-1"),
        clinicians=(evolve(CLINICIANS[0], room_link="(empty)"), CLINICIANS[1]),
    )
    assert counts(report) == (0, 3, 1, 0)
    assert [(row.line, row.kind, row.external_id, row.outcome, row.fields) for row in report.rows] == [
        (2, "clinician", "C-1", "changed", ("room_link",)),
        (3, "clinician", "C-2", "unchanged", ()),
        (2, "client", "E-1", "changed", ("family_name", "email")),
        (3, "client", "E-2", "changed", ("clinicians",)),
    ]
    (client,) = await use_cases.audit_entries("client.changed")
    (clinician,) = await use_cases.audit_entries("clinician.changed")
    assert (client.facts, clinician.facts) == ({"fields": "family_name email"}, {"fields": "room_link"})
    assert len(await use_cases.audit_entries("care_team.assigned")) == 2


async def test_import_brings_what_bills_need_and_keeps_it_where_the_file_has_none(
    use_cases: MemoryPeopleUseCases,
) -> None:
    client = evolve(
        PLAIN,
        coverage=" Self-pay",
        emergency_contact_name="Grace",
        emergency_contact_phone="2125550123",
        emergency_contact_relationship="aunt",
    )
    clinician = evolve(CLINICIANS[0], npi="1234567893", licenses="ny 012345; NJ 44 SC0;")
    for client_row, clinician_row, unchanged in ((client, clinician, 0), (PLAIN, CLINICIANS[0], 2)):
        report = await run_import(use_cases, client_row, clinicians=(clinician_row,))
        assert (report.rejected, report.unchanged) == (0, unchanged)
        ann = await client_of(use_cases, "E-1")
        assert (ann.coverage, ann.emergency_contact) == ("self_pay", EmergencyContact("Grace", "+12125550123", "aunt"))
        async with use_cases.world.begin(use_cases.world.system) as unit:
            (grey,) = await unit.clinician_records.all()
        assert (grey.npi, grey.licenses) == ("1234567893", (License("NY", "012345"), License("NJ", "44 SC0")))
    emptied = ClinicianRow(2, "C-1", npi="(empty)", licenses="(empty)")
    other = evolve(PLAIN, coverage="(empty)", emergency_contact_name="(empty)")
    report = await run_import(use_cases, other, clinicians=(emptied,))
    assert [(row.fields, row.kept) for row in report.rows] == [
        (("npi", "licenses"), ()),
        (("emergency_contact", "coverage"), ()),
    ]


async def test_import_keeps_sign_in_email(use_cases: MemoryPeopleUseCases) -> None:
    await use_cases.add_client_with_account(ANN, external_id="E-1", given="Ann", family="Lee")
    other = await use_cases.world.add_client(external_id="E-3", email="kim@example.org", given="Kim", family="Lee")
    await use_cases.world.add_account("kim@example.org", "proxy")
    stays, moves = evolve(PLAIN, email="else@example.org"), evolve(PLAIN, external_id="E-3", given_name="Kim")
    report = await run_import(use_cases, stays, evolve(moves, email="kim2@example.org"))
    assert [(row.outcome, row.fields, row.kept) for row in report.rows] == [
        ("unchanged", (), ("email",)),
        ("changed", ("email",), ()),
    ]
    assert (await client_of(use_cases, "E-1")).email == ANN
    assert (await client_of(use_cases, "E-3")).email == "kim2@example.org"
    assert other.email == "kim@example.org"


async def test_sign_in_email_is_kept_whatever_a_duplicate_row_says(use_cases: MemoryPeopleUseCases) -> None:
    await use_cases.add_client_with_account(ANN, external_id="E-1", given="Ann", family="Lee")
    report = await run_import(use_cases, evolve(PLAIN, email="else@example.org"), evolve(PLAIN, line=3))
    assert (report.rows[0].kept, faults(report)) == (("email",), [(3, "external_id", "duplicate_id")])
    assert (await client_of(use_cases, "E-1")).email == ANN


async def test_corrected_date_of_birth_moves_and_ends_grants(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    child = await world.add_client("Kim", "Lee", external_id="E-1", date_of_birth=birthday(8))
    proxy = await use_cases.add_proxy_for(child.id, terms=GrantTerms("parent"))
    row = evolve(PLAIN, given_name="Kim", date_of_birth="2010-06-01")
    assert (await run_import(use_cases, row)).changed == 1
    (view,) = (await ListGrants(world.begin, world.clock)(world.staff(), child.id)).items
    assert (view.until, view.restricted_from, view.in_force) == (date(2028, 6, 1), None, True)
    assert [entry.facts for entry in await use_cases.audit_entries("grant.dates_recalculated")] == [
        {"until": "2028-06-01"}
    ]
    assert (
        await run_import(use_cases, evolve(row, state="NY"))
    ).changed == 1  # the practice has the same state: no date changes
    assert len(await use_cases.audit_entries("grant.dates_recalculated")) == 1
    await run_import(use_cases, evolve(row, date_of_birth="2001-06-01"))
    (view,) = (await ListGrants(world.begin, world.clock)(world.staff(), child.id)).items
    assert (view.in_force, view.ended_at, view.account_id) == (False, world.clock.now(), proxy.id)


async def test_progress_is_reported_by_chunk(use_cases: MemoryPeopleUseCases) -> None:
    reported: list[tuple[int, int]] = []
    rows = [evolve(PLAIN, line=n, external_id=f"E-{n}") for n in range(CHUNK_SIZE * 2 + 1)]
    import_people = ImportPeople(use_cases.world.begin, use_cases.world.clock, use_cases.world.ids)
    command = ImportPeopleCommand(CLINICIANS, rows, lambda done, total: reported.append((done, total)))
    await import_people(use_cases.world.staff(), command)
    total = CHUNK_SIZE * 2 + 3
    assert reported == [(2, total), (CHUNK_SIZE + 2, total), (CHUNK_SIZE * 2 + 2, total), (total, total)]


async def test_interrupted_import_can_be_repeated(use_cases: MemoryPeopleUseCases) -> None:
    rows = [evolve(PLAIN, line=n, external_id=f"E-{n}") for n in range(CHUNK_SIZE * 2)]

    def cut(done: int, total: int) -> None:
        raise KeyboardInterrupt

    import_people = ImportPeople(use_cases.world.begin, use_cases.world.clock, use_cases.world.ids)
    with pytest.raises(KeyboardInterrupt):
        await import_people(use_cases.world.system, ImportPeopleCommand((), rows, cut))
    report = await run_import(use_cases, *rows)
    assert (report.added, report.unchanged) == (CHUNK_SIZE, CHUNK_SIZE)


@pytest.mark.parametrize(("conflicts", "stored"), [(MAX_ATTEMPTS - 1, True), (MAX_ATTEMPTS, False)])
async def test_chunk_is_tried_again_after_a_conflict(
    use_cases: MemoryPeopleUseCases, monkeypatch: pytest.MonkeyPatch, conflicts: int, *, stored: bool
) -> None:
    """Somebody changes a client between the moment that a chunk reads and the moment that it writes."""
    await run_import(use_cases, PLAIN)
    save_all, left = MemoryClientRecords.save_all, list(range(conflicts))

    async def conflicting(*arguments: Any) -> None:
        if left:
            left.pop()
            raise StaleVersion
        await save_all(*arguments)

    monkeypatch.setattr(MemoryClientRecords, "save_all", conflicting)
    rows = evolve(PLAIN, family_name="Low"), evolve(FULL, clinicians=None)
    if stored:
        assert counts(await run_import(use_cases, *rows)) == (1, 1, 0, 0)
    else:
        with pytest.raises(StaleVersion):
            await run_import(use_cases, *rows)
    assert ((await client_of(use_cases, "E-1")).family_name == "Low") is stored


async def test_only_administrators_and_jobs_import(use_cases: MemoryPeopleUseCases) -> None:
    import_people = ImportPeople(use_cases.world.begin, use_cases.world.clock, use_cases.world.ids)
    for role in ("clinician", "front_desk", "biller", "auditor"):
        with pytest.raises(Forbidden):
            await import_people(use_cases.world.staff(role), ImportPeopleCommand())
    with pytest.raises(NotFound):
        await import_people(use_cases.world.visitor, ImportPeopleCommand())
    assert await import_people(use_cases.world.staff(), ImportPeopleCommand()) == ImportReport.of([])


# --- what a row does not say stays ------------------------------------------------------------------------------------


NOTHING = (None, "", " \t")


@pytest.mark.parametrize("nothing", NOTHING)
async def test_absent_or_blank_field_stays_as_it_is(use_cases: MemoryPeopleUseCases, nothing: str | None) -> None:
    await run_import(use_cases, FULL, clinicians=CLINICIANS)
    await run_import(use_cases, clinicians=(ClinicianRow(3, "C-2", active="No"),))
    clinicians = (
        ClinicianRow(2, "C-1", nothing, nothing, nothing, nothing, nothing),
        ClinicianRow(3, "C-2", nothing, active=nothing),
    )
    before = stored(use_cases)
    names = [a.name for a in fields(ClientRow) if a.name not in ("line", "external_id", "errors")]
    report = await run_import(use_cases, ClientRow(2, "E-2", **dict.fromkeys(names, nothing)), clinicians=clinicians)
    assert counts(report) == (0, 0, 3, 0)
    assert stored(use_cases) == before
    zoe = await client_of(use_cases, "E-2")
    assert (zoe.status, zoe.state, zoe.email) == ("discharged", "NY", "zoe@example.org")
    async with use_cases.world.begin(use_cases.world.system) as unit:
        assert [one.active for one in await unit.clinician_records.all()] == [True, False]


async def test_grant_does_not_move_when_the_file_has_no_state(use_cases: MemoryPeopleUseCases) -> None:
    """A parent's access in a state that ends it early is not prolonged by a file without the state."""
    world = use_cases.world
    child = await world.add_client("Kim", "Lee", external_id="E-1", date_of_birth=birthday(8), state="CA")
    await use_cases.add_proxy_for(child.id, terms=GrantTerms("parent"))
    (before,) = (await ListGrants(world.begin, world.clock)(world.staff(), child.id)).items
    await run_import(use_cases, ClientRow(2, "E-1", "Kim", "Lee", birthday(8).isoformat(), email="kim@example.org"))
    (after,) = (await ListGrants(world.begin, world.clock)(world.staff(), child.id)).items
    assert after == before
    assert (await client_of(use_cases, "E-1")).state == "CA"


@pytest.mark.parametrize("marker", ["(empty)", " (EMPTY) "])
async def test_marker_empties_a_field(use_cases: MemoryPeopleUseCases, marker: str) -> None:
    await run_import(use_cases, FULL, clinicians=CLINICIANS)
    clinician = ClinicianRow(2, "C-1", credentials=marker, time_zone=marker, room_link=marker)
    row = ClientRow(3, "E-2", email=marker, state=marker, clinicians=marker)
    report = await run_import(use_cases, row, clinicians=(clinician,))
    assert [one.fields for one in report.rows] == [
        ("credentials", "time_zone", "room_link"),
        ("email", "state", "clinicians"),
    ]
    zoe = await client_of(use_cases, "E-2")
    assert (zoe.email, zoe.state, zoe.status) == (None, None, "discharged")
    async with use_cases.world.begin(use_cases.world.system) as unit:
        assert await unit.care_teams.of(zoe.id) == ()
        grey = await unit.clinician_records.find_by_external_id("C-1")
    assert grey is not None
    assert (grey.credentials, grey.time_zone, grey.room_link) == (None, None, None)


async def test_row_for_known_person_needs_only_the_id(use_cases: MemoryPeopleUseCases) -> None:
    await run_import(use_cases, PLAIN)
    report = await run_import(use_cases, ClientRow(2, "E-1", status="discharged"), ClientRow(3, "E-7", email="a@b.org"))
    assert report.rows[0].fields == ("status",)
    assert faults(report) == [
        (3, "given_name", "required"),
        (3, "family_name", "required"),
        (3, "date_of_birth", "required"),
    ]


async def test_clinician_who_left_stays_in_a_team_and_joins_none(use_cases: MemoryPeopleUseCases) -> None:
    await run_import(use_cases, FULL, clinicians=CLINICIANS)
    left = (ClinicianRow(2, "C-1", active="no"),)
    report = await run_import(use_cases, evolve(FULL, family_name="Low"), evolve(PLAIN, clinicians="C-2;C-1"))
    assert [row.outcome for row in report.rows] == ["changed", "added"]
    for _ in range(2):
        report = await run_import(use_cases, evolve(FULL, family_name="Lee"), clinicians=left)
        assert faults(report) == []
    new = evolve(PLAIN, external_id="E-9", line=5, clinicians="C-2;C-1")
    report = await run_import(use_cases, new, evolve(PLAIN, clinicians="C-1"), clinicians=left)
    assert faults(report) == [(5, "clinicians", "clinician_left")]
    assert report.rows[-1].fields == ("clinicians",)


# --- dry run, destroyed records ---------------------------------------------------------------------------------------


async def test_dry_run_knows_who_leaves_by_the_same_file(use_cases: MemoryPeopleUseCases) -> None:
    await run_import(use_cases, clinicians=CLINICIANS)
    leaves = (ClinicianRow(2, CLINICIANS[0].external_id, active="no"),)
    joins = ClientRow(3, "E-9", "Ann", "Lee", "1990-01-01", clinicians=CLINICIANS[0].external_id)
    tried = await run_import(use_cases, joins, clinicians=leaves, dry_run=True)
    assert [one.code for one in tried.rows[1].errors] == ["clinician_left"]
    assert evolve(tried, dry_run=False) == await run_import(use_cases, joins, clinicians=leaves)


async def test_dry_run_reports_the_same_and_changes_nobody(use_cases: MemoryPeopleUseCases) -> None:
    await run_import(use_cases, PLAIN, clinicians=CLINICIANS[:1])
    rows = (evolve(PLAIN, family_name="Low"), FULL, evolve(FULL, line=9, external_id="E-9", clinicians="C-7"))
    before = stored(use_cases)
    tried = await run_import(use_cases, *rows, clinicians=CLINICIANS, dry_run=True)
    assert stored(use_cases) == before
    assert counts(tried) == (2, 1, 1, 1)
    assert (tried.dry_run, len(await use_cases.audit_entries("people.import_checked"))) == (True, 1)
    assert len(await use_cases.audit_entries("people.imported")) == 1
    assert evolve(tried, dry_run=False) == await run_import(use_cases, *rows, clinicians=CLINICIANS)


def test_encrypted_fields_are_those_of_the_table() -> None:
    assert set(ENCRYPTED_FIELDS) == {column.name for column in clients.c if column.info.get("sealed")}


@pytest.mark.parametrize(
    ("column", "value"), [("address", "1 Elm Street"), ("coverage", "insured"), ("emergency_contact_name", "Grace")]
)
async def test_encrypted_field_for_destroyed_record_is_rejected_and_import_continues(
    use_cases: MemoryPeopleUseCases, column: str, value: str
) -> None:
    await run_import(use_cases, PLAIN)
    ann = await client_of(use_cases, "E-1")
    await use_cases.world.erase(ann.id)
    # The EHR still has the client, and sends them again.
    async with use_cases.world.begin(use_cases.world.staff()) as unit:
        ann = erased(ann).with_changes(external_id="E-1", given_name="Ann", family_name="Lee")
        await unit.client_records.save(ann, AuditEntry("test.wrote"))
        await unit.commit(None)
    phone = "2125550123" if column == "emergency_contact_name" else None
    row = evolve(PLAIN, **{column: value}, emergency_contact_phone=phone)
    report = await run_import(use_cases, row, evolve(FULL, clinicians=""))
    assert (report.added, report.changed) == (1, 0)
    assert faults(report) == [(2, column, "record_destroyed")]
    assert await client_of(use_cases, "E-1") == ann
    assert (await run_import(use_cases, evolve(PLAIN, family_name="Leeds"))).changed == 1


@pytest.mark.parametrize("dry_run", [True, False])
async def test_email_that_other_clients_have_is_told(
    use_cases: MemoryPeopleUseCases, monkeypatch: pytest.MonkeyPatch, *, dry_run: bool
) -> None:
    """A couple may share an address; the report says so of every row, whichever transaction wrote the other one."""
    monkeypatch.setattr("portal_core.people.use_cases.import_people.CHUNK_SIZE", 1)
    await use_cases.world.add_client("Old", external_id="E-0", email="home@example.org")
    await use_cases.world.add_client("Gone", external_id="E-9", email="gone@example.org")
    rows = [
        evolve(PLAIN, external_id="E-1", email="Home@example.org"),
        evolve(PLAIN, external_id="E-2", email="two@example.org"),
        evolve(PLAIN, external_id="E-3", email="two@example.org"),
        evolve(PLAIN, external_id="E-4", email="two@example.org", state="Kansas"),
        evolve(PLAIN, external_id="E-9", email="nine@example.org"),
        evolve(PLAIN, external_id="E-5", email="gone@example.org"),
        evolve(PLAIN, external_id="E-6"),
        evolve(PLAIN, external_id="E-7"),
    ]
    report = await run_import(use_cases, *rows, dry_run=dry_run)
    assert [row.shares_email for row in report.rows] == [1, 1, 1, 0, 0, 0, 0, 0]
