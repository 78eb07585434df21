"""Guardians in an import: who is invited, once, on which terms, and who decides."""

from datetime import date
from typing import Any

import pytest
import pytest_asyncio
from attrs import evolve

from portal_core.access.model import GrantTerms
from portal_core.access.use_cases.list_grants import ListGrants
from portal_core.access.use_cases.revoke_grant import RevokeGrant, RevokeGrantCommand
from portal_core.accounts.guardians import GuardianColumns
from portal_core.accounts.invitations import Invitation
from portal_core.accounts.use_cases.import_with_guardians import ImportWithGuardians, ImportWithGuardiansCommand
from portal_core.accounts.use_cases.invite_client import InviteClientCommand
from portal_core.accounts.use_cases.withdraw_invitation import WithdrawInvitation
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.use_cases.import_people import ImportPeopleCommand
from portal_core.people.views import ImportReport
from tests.support.people.use_cases import PA, birthday
from tests.unit.people.memory_world import MemoryPeopleUseCases

MA = "ma@example.org"
KIM = ClientRow(2, "K-1", "Kim", "Lee", birthday(8).isoformat())
ADULT = ClientRow(3, "K-2", "Lou", "Lee", "1980-01-01")
WITH_PA = GuardianColumns(PA)
ADA = "ada@elm.example"


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


async def run_import(
    use_cases: MemoryPeopleUseCases, *rows: tuple[ClientRow, GuardianColumns], actor: Actor | None = None, **more: Any
) -> ImportReport:
    world = use_cases.world
    decided_by = more.pop("decided_by", None)
    people = ImportPeopleCommand([ClinicianRow(9, "C-1", "Dr. Grey")], [client for client, _ in rows], **more)
    command = ImportWithGuardiansCommand(people, [guardians for _, guardians in rows], decided_by)
    return await ImportWithGuardians(world.begin, world.clock, world.ids)(actor or world.staff(), command)


def invitations(use_cases: MemoryPeopleUseCases) -> list[Invitation]:
    return sorted(use_cases.world.store.table("invitations").values(), key=lambda one: one.id)


def faults(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(row.line, error.path, error.code) for row in report.rows for error in row.errors]


def not_invited(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(row.line, error.path, error.code) for row in report.rows for error in row.not_invited]


async def test_guardians_are_invited_on_the_default_terms_and_once(use_cases: MemoryPeopleUseCases) -> None:
    columns = GuardianColumns(f" {PA}; MA@Example.org;{PA}", "Parent; guardian; parent")
    report = await run_import(use_cases, (KIM, columns))
    assert [(row.kind, row.outcome, row.guardians) for row in report.rows] == [
        ("clinician", "added", 0),
        ("client", "added", 2),
    ]
    pa, ma = invitations(use_cases)
    assert [(one.email, one.kind, one.terms, one.state) for one in (pa, ma)] == [
        (PA, "proxy", GrantTerms("parent"), "open"),
        (MA, "proxy", GrantTerms("guardian"), "open"),
    ]
    assert pa.invited_by == use_cases.world.staff().account_id
    assert [notice.subject_id for notice in use_cases.world.notices()] == [pa.id, ma.id]
    again = await run_import(use_cases, (KIM, columns))
    assert [row.guardians for row in again.rows] == [0, 0]
    assert invitations(use_cases) == [pa, ma]
    await use_cases.accepted(PA, await use_cases.code(pa.id))
    await run_import(use_cases, (KIM, columns))
    assert len(invitations(use_cases)) == 2


@pytest.mark.parametrize(
    ("cell", "write"), [(None, [False, False]), (" ", [False, False]), ("Yes", [True, True]), ("no; y", [False, True])]
)
async def test_guardians_may_write_where_the_file_says_so(
    use_cases: MemoryPeopleUseCases, cell: str | None, write: list[bool]
) -> None:
    await run_import(use_cases, (KIM, GuardianColumns(f"{PA};{MA}", guardian_may_write=cell)))
    assert [one.terms and one.terms.may_write for one in invitations(use_cases)] == write


async def test_access_that_was_withdrawn_is_not_restored(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    child = await world.add_client("Kim", "Lee", external_id="K-1", date_of_birth=birthday(8))
    await use_cases.add_proxy_for(child.id)
    (grant,) = (await ListGrants(world.begin, world.clock)(world.staff(), child.id)).items
    await RevokeGrant(world.begin, world.clock)(world.staff(), RevokeGrantCommand(child.id, grant.id))
    await run_import(use_cases, (KIM, GuardianColumns(MA)))
    open_one = invitations(use_cases)[-1]
    await WithdrawInvitation(world.begin)(world.staff(), open_one.id)
    before = invitations(use_cases)
    report = await run_import(use_cases, (KIM, GuardianColumns(f"{PA};{MA}")))
    assert ([row.guardians for row in report.rows], not_invited(report)) == ([0, 0], [])
    assert invitations(use_cases) == before


async def test_holder_of_a_grant_without_invitation_is_left_alone(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    child = await world.add_client("Kim", "Lee", external_id="K-1", date_of_birth=birthday(8))
    account = await world.add_account(PA)
    await world.add_grant(child.id, account.id)
    assert not_invited(await run_import(use_cases, (KIM, WITH_PA))) == []
    other = evolve(KIM, line=4, external_id="K-5")
    assert not_invited(await run_import(use_cases, (other, WITH_PA))) == [(4, "guardian_email", "already_registered")]
    assert invitations(use_cases) == []


@pytest.mark.parametrize(
    ("client", "columns", "path", "code"),
    [
        (KIM, GuardianColumns("pa at example"), "guardian_email", "email_invalid"),
        (KIM, GuardianColumns(PA, "uncle"), "guardian_relationship", "unknown_value"),
        (KIM, GuardianColumns(f"{PA};{MA}", "parent;parent;other"), "guardian_relationship", "count_differs"),
        (KIM, GuardianColumns(PA, guardian_may_write="maybe"), "guardian_may_write", "not_yes_or_no"),
        (KIM, GuardianColumns(PA, guardian_may_write="yes;no"), "guardian_may_write", "count_differs"),
        (KIM, GuardianColumns(f"{PA};" * 101), "guardian_email", "too_many"),
        (KIM, GuardianColumns(PA, guardian_until="soon"), "guardian_until", "date_invalid"),
        (KIM, GuardianColumns(None, guardian_may_write="maybe"), "guardian_may_write", "not_yes_or_no"),
        (evolve(KIM, status="discharged"), GuardianColumns(PA, "uncle"), "guardian_relationship", "unknown_value"),
    ],
)
@pytest.mark.parametrize("dry_run", [True, False])
async def test_row_with_a_wrong_guardian_column_changes_nothing(
    use_cases: MemoryPeopleUseCases, client: ClientRow, columns: GuardianColumns, path: str, code: str, *, dry_run: bool
) -> None:
    report = await run_import(use_cases, (evolve(client, line=7), columns), dry_run=dry_run)
    assert (faults(report), not_invited(report)) == ([(7, path, code)], [])
    assert [row.outcome for row in report.rows] == ["added", "rejected"]
    assert not use_cases.world.store.table("clients")
    assert invitations(use_cases) == []


@pytest.mark.parametrize(
    ("client", "columns", "path", "code"),
    [
        (KIM, GuardianColumns(PA, guardian_until="2020-01-01"), "guardian_until", "until_past"),
        (evolve(KIM, state="PR"), GuardianColumns(PA), "guardian_until", "until_needed"),
        (ADULT, GuardianColumns(PA), "guardian_email", "grant_not_allowed"),
        (ADULT, GuardianColumns(PA, "guardian"), "guardian_relationship", "areas_needed"),
    ],
)
@pytest.mark.parametrize("dry_run", [True, False])
async def test_client_is_imported_and_the_report_says_why_a_guardian_is_not_invited(
    use_cases: MemoryPeopleUseCases, client: ClientRow, columns: GuardianColumns, path: str, code: str, *, dry_run: bool
) -> None:
    report = await run_import(use_cases, (evolve(client, line=7), columns), dry_run=dry_run)
    assert (faults(report), not_invited(report)) == ([], [(7, path, code)])
    assert [row.outcome for row in report.rows] == ["added", "added"]
    assert invitations(use_cases) == []


@pytest.mark.parametrize("dry_run", [True, False])
async def test_email_of_another_persons_invitation_or_account_is_not_invited(
    use_cases: MemoryPeopleUseCases, *, dry_run: bool
) -> None:
    world = use_cases.world
    adult = await world.add_client("Ann", "Lee", email=PA)
    await use_cases.invite_client(world.staff("front_desk"), InviteClientCommand(adult.id))
    await world.add_account(MA, status="unverified")
    report = await run_import(use_cases, (KIM, GuardianColumns(f"{PA};{MA}")), dry_run=dry_run)
    assert faults(report) == []
    assert not_invited(report) == [(2, "guardian_email", "email_invited"), (2, "guardian_email", "email_in_use")]
    assert [(row.outcome, row.guardians) for row in report.rows] == [("added", 0), ("added", 0)]
    assert len(invitations(use_cases)) == 1


async def test_every_wrong_column_about_guardians_is_reported(use_cases: MemoryPeopleUseCases) -> None:
    report = await run_import(use_cases, (KIM, GuardianColumns("pa", "uncle", "soon", "maybe")))
    assert [path for _, path, _ in faults(report)] == [
        "guardian_email",
        "guardian_relationship",
        "guardian_until",
        "guardian_may_write",
    ]


async def test_guardian_columns_are_told_with_the_other_errors_of_the_row(use_cases: MemoryPeopleUseCases) -> None:
    wrong = evolve(KIM, state="Kansas", status="discharged")
    report = await run_import(use_cases, (wrong, GuardianColumns(f"{PA};pa;ma", guardian_may_write="maybe")))
    assert [(error.path, error.message[:20]) for error in report.rows[1].errors] == [
        ("guardian_email", "Number 2 in the list"),
        ("guardian_email", "Number 3 in the list"),
        ("guardian_may_write", "Must be yes or no."),
        ("state", "Enter a state by its"),
    ]


async def test_terms_end_on_the_given_date_in_the_order_of_the_import(use_cases: MemoryPeopleUseCases) -> None:
    row = evolve(KIM, date_of_birth="3/2/2018"), GuardianColumns(PA, "other", "12/31/2027")
    await run_import(use_cases, row, dates="us")
    (invitation,) = invitations(use_cases)
    assert invitation.terms == GrantTerms("other", until=date(2027, 12, 31))


async def test_guardians_of_rejected_and_discharged_clients_are_not_invited(use_cases: MemoryPeopleUseCases) -> None:
    report = await run_import(
        use_cases,
        (evolve(KIM, given_name=None), WITH_PA),
        (evolve(KIM, line=3, external_id="K-3", status="discharged"), WITH_PA),
        (evolve(KIM, line=4, external_id="K-4"), GuardianColumns(" ; ", "parent")),
    )
    assert [row.guardians for row in report.rows] == [0, 0, 0, 0]
    assert invitations(use_cases) == []


async def test_dry_run_tells_whom_it_would_invite(use_cases: MemoryPeopleUseCases) -> None:
    rows = (KIM, GuardianColumns(f"{PA};{MA}"))
    tried = await run_import(use_cases, rows, dry_run=True)
    assert invitations(use_cases) == []
    assert not use_cases.world.store.table("clients")
    assert evolve(tried, dry_run=False) == await run_import(use_cases, rows)
    again = await run_import(use_cases, (KIM, GuardianColumns("x@example.org")), dry_run=True)
    assert [row.guardians for row in again.rows] == [0, 1]
    assert len(invitations(use_cases)) == 2


async def test_job_names_who_decides(use_cases: MemoryPeopleUseCases) -> None:
    """Access to a record needs an accountable person."""
    world = use_cases.world
    left = await world.add_staff("left@elm.example", roles=frozenset({"administrator"}), active=False)
    desk = await world.add_staff("desk@elm.example", roles=frozenset({"front_desk"}))
    for member in (left, desk):
        await world.add_account(member.email, "staff", staff_id=member.id)
    gone = await world.add_staff("gone@elm.example", roles=frozenset({"administrator"}))
    ada = await world.add_staff(ADA, roles=frozenset({"administrator"}))
    for nobody in (None, "who@elm.example", left.email, desk.email, ADA):
        with pytest.raises(Invalid) as raised:
            await run_import(use_cases, (KIM, WITH_PA), actor=world.system, decided_by=nobody)
        assert [(one.path, one.code) for one in raised.value.fields] == [("decided_by", "not_a_grant_manager")]
    assert not world.store.table("clients")
    await world.add_account("gone@elm.example", "staff", staff_id=gone.id, status="disabled")
    account = await world.add_account(ADA, "staff", staff_id=ada.id)
    await run_import(use_cases, (KIM, WITH_PA), actor=world.system, decided_by=f" {ADA.upper()}")
    assert [one.invited_by for one in invitations(use_cases)] == [account.id]
    await run_import(use_cases, (evolve(KIM, external_id="K-9"), GuardianColumns()), actor=world.system)


async def test_dry_run_of_a_job_needs_nobody_who_decides(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    report = await run_import(use_cases, (KIM, WITH_PA), actor=world.system, dry_run=True)
    assert [(row.outcome, row.guardians) for row in report.rows] == [("added", 0), ("added", 1)]
    with pytest.raises(Invalid):
        await run_import(use_cases, (KIM, WITH_PA), actor=world.system, dry_run=True, decided_by="who@elm.example")


async def test_only_administrators_and_jobs_import_guardians(use_cases: MemoryPeopleUseCases) -> None:
    for role in ("clinician", "front_desk", "biller", "auditor"):
        with pytest.raises(Forbidden):
            await run_import(use_cases, (KIM, WITH_PA), actor=use_cases.world.staff(role))
    with pytest.raises(NotFound):
        await run_import(use_cases, (KIM, WITH_PA), actor=use_cases.world.visitor)
    assert not use_cases.world.store.table("clients")


async def test_chunks_without_guardians_read_nothing_more(
    use_cases: MemoryPeopleUseCases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal_core.people.use_cases.import_people.CHUNK_SIZE", 1)
    report = await run_import(use_cases, (KIM, WITH_PA), (ADULT, GuardianColumns()))
    assert [(row.outcome, row.guardians) for row in report.rows] == [("added", 0), ("added", 1), ("added", 0)]
    assert [one.email for one in invitations(use_cases)] == [PA]
