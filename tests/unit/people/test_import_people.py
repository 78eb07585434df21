"""Imports: repeated runs, invalid rows, and fields that an import does not change."""

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
from portal_core.kernel.contact import ContactChanges, EmergencyContact
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from portal_core.people.identifiers import License
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.use_cases.change_profile import ChangeProfile, ChangeProfileCommand
from portal_core.people.use_cases.destroy_record_key import DestroyRecordKey
from portal_core.people.use_cases.import_people import CHUNK_SIZE, ImportPeople, ImportPeopleCommand
from portal_core.people.views import ImportReport
from tests.support.contracts.people.world import TODAY
from tests.support.people.use_cases import ANN, birthday
from tests.unit.people.memory_world import MemoryPeopleUseCases

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
    time_zone="Europe/Vienna",
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
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


async def run_import(
    use_cases: MemoryPeopleUseCases, *clients: ClientRow, clinicians: tuple[ClinicianRow, ...] = ()
) -> ImportReport:
    import_people = ImportPeople(use_cases.world.begin, use_cases.world.clock, use_cases.world.ids)
    return await import_people(use_cases.world.system, ImportPeopleCommand(clinicians, clients))


async def client_of(use_cases: MemoryPeopleUseCases, external_id: str) -> Any:
    async with use_cases.world.begin(use_cases.world.system) as unit:
        return await unit.client_records.find_by_external_id(external_id)


async def test_import_is_idempotent(use_cases: MemoryPeopleUseCases) -> None:
    report = await run_import(use_cases, PLAIN, FULL, clinicians=CLINICIANS)
    assert report == ImportReport(added=4, changed=0, unchanged=0, rejected=())
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
            ("Dr. Owen", False, None),
        ]
        assert await unit.care_teams.of(zoe.id) == tuple(sorted(one.id for one in clinicians))
        assert await unit.care_teams.of(ann.id) == ()
    before = {name: dict(rows) for name, rows in use_cases.world.store.tables.items() if name != "audit"}
    again = await run_import(use_cases, PLAIN, FULL, clinicians=CLINICIANS)
    assert again == ImportReport(added=0, changed=0, unchanged=4, rejected=())
    assert {name: rows for name, rows in use_cases.world.store.tables.items() if name != "audit"} == before
    imports = await use_cases.audit_entries("people.imported")
    assert imports[1].facts == {"added": "0", "changed": "0", "unchanged": "4", "rejected": "0"}
    assert use_cases.world.notices() == []


async def test_import_updates_changed_fields(use_cases: MemoryPeopleUseCases) -> None:
    await run_import(use_cases, PLAIN, FULL, clinicians=CLINICIANS)
    report = await run_import(
        use_cases,
        evolve(PLAIN, family_name="Low", email="ann@example.org"),
        evolve(FULL, clinicians="C-1"),
        clinicians=(evolve(CLINICIANS[0], room_link=""), CLINICIANS[1]),
    )
    assert report == ImportReport(added=0, changed=3, unchanged=1, rejected=())
    (client,) = await use_cases.audit_entries("client.changed")
    (clinician,) = await use_cases.audit_entries("clinician.changed")
    assert (client.facts, clinician.facts) == ({"fields": "family_name email"}, {"fields": "room_link"})
    assert len(await use_cases.audit_entries("care_team.assigned")) == 2


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (evolve(PLAIN, external_id=" "), "external_id", "missing"),
        (evolve(PLAIN, given_name=""), "given_name", "missing"),
        (evolve(PLAIN, family_name=""), "family_name", "missing"),
        (evolve(PLAIN, date_of_birth=""), "date_of_birth", "date_invalid"),
        (evolve(PLAIN, date_of_birth="17.5.1990"), "date_of_birth", "date_invalid"),
        (evolve(PLAIN, date_of_birth="1990-02-30"), "date_of_birth", "date_invalid"),
        (evolve(PLAIN, date_of_birth="1890-02-01"), "date_of_birth", "date_invalid"),
        (evolve(PLAIN, date_of_birth="2026-03-03"), "date_of_birth", "date_invalid"),
        (evolve(PLAIN, email="ann at example"), "email", "email_invalid"),
        (evolve(PLAIN, phone="call me"), "phone", "phone_invalid"),
        (evolve(PLAIN, time_zone="EST5"), "time_zone", "time_zone_unknown"),
        (evolve(PLAIN, state="New York"), "state", "state_invalid"),
        (evolve(PLAIN, language="Spanish!"), "language", "language_invalid"),
        (evolve(PLAIN, status="gone"), "status", "status_unknown"),
        (evolve(PLAIN, coverage="medicaid"), "coverage", "coverage_unknown"),
        (evolve(PLAIN, emergency_contact_name="Grace"), "emergency_contact.phone", "phone_invalid"),
        (evolve(PLAIN, emergency_contact_phone="+12125550123"), "emergency_contact.name", "empty"),
        (evolve(PLAIN, clinicians="C-9"), "clinicians", "clinician_unknown"),
        (evolve(PLAIN, external_id="E-9"), "external_id", "duplicate_id"),
        (evolve(PLAIN, given_name="A\x00nn"), "given_name", "characters_invalid"),
    ],
)
async def test_invalid_row_is_rejected_with_line_and_reason(
    use_cases: MemoryPeopleUseCases, row: ClientRow, field: str, code: str
) -> None:
    before, after = evolve(PLAIN, external_id="E-9"), evolve(PLAIN, external_id="E-8")
    report = await run_import(use_cases, before, evolve(row, line=17), after)
    assert report.added == 2
    (rejected,) = report.rejected
    assert (rejected.line, rejected.field, rejected.code) == (17, field, code)
    assert rejected.reason
    assert "Ann" not in repr(rejected)
    assert await client_of(use_cases, "E-1") is None


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (ClinicianRow(5, "", "Dr. Grey"), "external_id", "missing"),
        (ClinicianRow(5, "C-1", " "), "name", "missing"),
        (ClinicianRow(5, "C-1", "Dr. Grey", active="maybe"), "active", "not_yes_or_no"),
        (ClinicianRow(5, "C-1", "Dr. Grey", time_zone="Moon"), "time_zone", "time_zone_unknown"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="javascript:alert(1)"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="http://rooms.example"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="https://a\u202eb"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="https://[::1/"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="https://x:99999/"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="https://x/" + "a" * 2000), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", npi="1234567890"), "npi", "npi_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", licenses="NY 1; 012345"), "licenses.1.state", "state_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", licenses="NY"), "licenses.0.number", "empty"),
        (ClinicianRow(5, "C-2", "Dr. Owen"), "external_id", "duplicate_id"),
    ],
)
async def test_invalid_clinician_row_is_rejected(
    use_cases: MemoryPeopleUseCases, row: ClinicianRow, field: str, code: str
) -> None:
    report = await run_import(use_cases, clinicians=(CLINICIANS[1], row))
    assert [(one.line, one.field, one.code) for one in report.rejected] == [(5, field, code)]
    assert report.added == 1


async def test_import_keeps_client_edits(use_cases: MemoryPeopleUseCases) -> None:
    await run_import(use_cases, FULL, PLAIN, clinicians=CLINICIANS)
    zoe = await client_of(use_cases, "E-2")
    changes = ContactChanges(phone="+12125559999", pronouns=None)
    await ChangeProfile(use_cases.world.begin)(
        use_cases.world.as_client(zoe.id), ChangeProfileCommand(changes, zoe.version)
    )
    report = await run_import(use_cases, FULL, evolve(PLAIN, phone="+12125550000"), clinicians=CLINICIANS)
    assert report.changed == 2
    zoe = await client_of(use_cases, "E-2")
    assert (zoe.phone, zoe.pronouns) == ("+12125559999", "they/them")
    assert (await client_of(use_cases, "E-1")).phone == "+12125550000"


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
        assert (report.rejected, report.unchanged) == ((), unchanged)
        ann = await client_of(use_cases, "E-1")
        assert (ann.coverage, ann.emergency_contact) == ("self_pay", EmergencyContact("Grace", "+12125550123", "aunt"))
        async with use_cases.world.begin(use_cases.world.system) as unit:
            (grey,) = await unit.clinician_records.all()
        assert (grey.npi, grey.licenses) == ("1234567893", (License("NY", "012345"), License("NJ", "44 SC0")))


async def test_import_keeps_sign_in_email(use_cases: MemoryPeopleUseCases) -> None:
    await use_cases.add_client_with_account(ANN, external_id="E-1", given="Ann", family="Lee")
    other = await use_cases.world.add_client(external_id="E-3", email="kim@example.org", given="Kim", family="Lee")
    await use_cases.world.add_account("kim@example.org", "proxy")
    stays, moves = evolve(PLAIN, email="else@example.org"), evolve(PLAIN, external_id="E-3", given_name="Kim")
    report = await run_import(use_cases, stays, evolve(moves, email="kim2@example.org"))
    assert (report.changed, report.unchanged) == (1, 1)
    assert (await client_of(use_cases, "E-1")).email == ANN
    assert (await client_of(use_cases, "E-3")).email == "kim2@example.org"
    assert other.email == "kim@example.org"


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


async def test_only_administrators_and_jobs_import(use_cases: MemoryPeopleUseCases) -> None:
    import_people = ImportPeople(use_cases.world.begin, use_cases.world.clock, use_cases.world.ids)
    for role in ("clinician", "front_desk", "biller", "auditor"):
        with pytest.raises(Forbidden):
            await import_people(use_cases.world.staff(role), ImportPeopleCommand())
    with pytest.raises(NotFound):
        await import_people(use_cases.world.visitor, ImportPeopleCommand())
    assert await import_people(use_cases.world.staff(), ImportPeopleCommand()) == ImportReport(0, 0, 0, ())


@given(st.lists(st.text(max_size=12), min_size=15, max_size=15))
def test_any_text_is_parsed_or_rejected(texts: list[str]) -> None:
    names = [a for a in ClientRow.__attrs_attrs__ if a.name not in ("line", "clinicians")]  # type: ignore[attr-defined]
    row = ClientRow(1, **dict(zip([a.name for a in names], texts, strict=False)))
    with contextlib.suppress(Invalid):
        assert row.parse(TODAY).given_name


@pytest.mark.parametrize(
    ("field", "value"), [("address", "1 Elm Street"), ("coverage", "insured"), ("emergency_contact_name", "Grace")]
)
async def test_encrypted_field_for_destroyed_record_is_rejected_and_import_continues(
    use_cases: MemoryPeopleUseCases, field: str, value: str
) -> None:
    await run_import(use_cases, PLAIN)
    ann = await client_of(use_cases, "E-1")
    await DestroyRecordKey(use_cases.world.begin)(use_cases.world.system, ann.id)
    phone = "2125550123" if field == "emergency_contact_name" else None
    row = evolve(PLAIN, **{field: value}, emergency_contact_phone=phone)
    report = await run_import(use_cases, row, evolve(FULL, clinicians=""))
    assert (report.added, report.changed) == (1, 0)
    assert [(one.line, one.field, one.code) for one in report.rejected] == [(2, field, "record_destroyed")]
    assert await client_of(use_cases, "E-1") == ann
    assert (await run_import(use_cases, evolve(PLAIN, family_name="Leeds"))).changed == 1
