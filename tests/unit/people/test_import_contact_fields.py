"""Contact fields in imports: the file is right, unless the client or a proxy manages them in the portal."""

import pytest
import pytest_asyncio
from attrs import evolve

from portal_core.access.model import GrantTerms
from portal_core.access.use_cases.list_grants import ListGrants
from portal_core.access.use_cases.revoke_grant import RevokeGrant, RevokeGrantCommand
from portal_core.kernel.contact import ContactChanges, EmergencyContact
from portal_core.people.import_rows import ClientRow
from portal_core.people.use_cases.change_profile import ChangeProfile, ChangeProfileCommand
from tests.support.people.use_cases import birthday
from tests.unit.people.import_setup import CLINICIANS, FULL, PLAIN, client_of, run_import
from tests.unit.people.memory_world import MemoryPeopleUseCases


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


async def test_import_keeps_client_edits(use_cases: MemoryPeopleUseCases) -> None:
    row = evolve(FULL, clinicians=None, status=None)
    await run_import(use_cases, row, PLAIN)
    zoe = await client_of(use_cases, "E-2")
    await use_cases.world.add_account("zoe@example.org", "client", client_id=zoe.id)
    changes = ContactChanges(phone="+12125559999", pronouns=None)
    await ChangeProfile(use_cases.world.begin)(
        use_cases.world.as_client(zoe.id), ChangeProfileCommand(changes, zoe.version)
    )
    report = await run_import(use_cases, row, evolve(PLAIN, phone="+12125550000"))
    assert [(row.fields, row.kept) for row in report.rows] == [(("pronouns",), ("phone",)), (("phone",), ())]
    zoe = await client_of(use_cases, "E-2")
    assert (zoe.phone, zoe.pronouns) == ("+12125559999", "they/them")
    assert (await client_of(use_cases, "E-1")).phone == "+12125550000"


CONTACT = ClientRow(
    2,
    "E-2",
    chosen_name="Zoe",
    pronouns="she/her",
    phone="2125550199",
    address="2 Oak Lane",
    time_zone="America/New_York",
    language="en",
    emergency_contact_name="Bo",
    emergency_contact_phone="2125550100",
)
CONTACT_FIELDS = ("chosen_name", "pronouns", "phone", "address", "time_zone", "language", "emergency_contact")


@pytest.mark.parametrize("status", ["none", "unverified", "active", "closed"])
async def test_file_wins_over_contact_fields_unless_the_client_has_an_account(
    use_cases: MemoryPeopleUseCases, status: str
) -> None:
    full = evolve(FULL, clinicians=None, emergency_contact_name="Al", emergency_contact_phone="2125550111")
    await run_import(use_cases, full)
    before = await client_of(use_cases, "E-2")
    if status != "none":
        await use_cases.world.add_account("zoe@example.org", "client", client_id=before.id, status=status)
    (row,) = (await run_import(use_cases, CONTACT)).rows
    after = await client_of(use_cases, "E-2")
    if status in ("none", "closed"):
        assert (row.fields, row.kept) == (CONTACT_FIELDS, ())
        assert (after.phone, after.emergency_contact) == ("+12125550199", EmergencyContact("Bo", "+12125550100"))
    else:
        assert (row.outcome, row.fields, row.kept) == ("unchanged", (), CONTACT_FIELDS)
        assert after == before


@pytest.mark.parametrize(
    ("terms", "managed"),
    [
        (GrantTerms("parent", may_write=True), True),
        (GrantTerms("parent"), False),
        (GrantTerms("parent", areas=frozenset({"appointments"}), may_write=True), False),
    ],
)
@pytest.mark.parametrize("ended", [True, False])
async def test_file_wins_over_contact_fields_unless_a_proxy_may_write_them(
    use_cases: MemoryPeopleUseCases, terms: GrantTerms, *, managed: bool, ended: bool
) -> None:
    world = use_cases.world
    child = await world.add_client("Kim", "Lee", external_id="E-1", date_of_birth=birthday(8), phone="+12125550123")
    await use_cases.add_proxy_for(child.id, terms=terms)
    if ended:
        (grant,) = (await ListGrants(world.begin, world.clock)(world.staff(), child.id)).items
        await RevokeGrant(world.begin, world.clock)(world.staff(), RevokeGrantCommand(child.id, grant.id))
    (row,) = (await run_import(use_cases, ClientRow(2, "E-1", phone="2125550199"))).rows
    assert (row.fields, row.kept) == (((), ("phone",)) if managed and not ended else (("phone",), ()))


async def test_marker_does_not_empty_what_the_client_manages(use_cases: MemoryPeopleUseCases) -> None:
    await run_import(use_cases, FULL, clinicians=CLINICIANS)
    await use_cases.world.add_account("zoe@example.org", "client", client_id=(await client_of(use_cases, "E-2")).id)
    report = await run_import(use_cases, ClientRow(3, "E-2", phone="(empty)"))
    assert [(row.outcome, row.kept) for row in report.rows] == [("unchanged", ("phone",))]
    assert (await client_of(use_cases, "E-2")).phone == "+12125550123"
