"""Who passes which check, and what the audited denial of the others names."""

from uuid import UUID

import pytest

from portal_core.kernel.actor import Actor, ClientActor, ProxyActor, StaffActor, SystemActor, VisitorActor
from portal_core.kernel.audit import AuditEntry, denial
from portal_core.kernel.authorization import require_own_record, require_staff, require_staff_or_system
from portal_core.kernel.errors import Forbidden, NotFound, PortalError, StaleVersion, Unauthenticated

PRACTICE, ACCOUNT, RECORD = UUID(int=1), UUID(int=2), UUID(int=3)
CLIENT = ClientActor(PRACTICE, ACCOUNT, RECORD)
READER = ProxyActor(PRACTICE, ACCOUNT, RECORD, frozenset({"forms"}))
WRITER = ProxyActor(PRACTICE, ACCOUNT, RECORD, frozenset({"forms"}), may_write=True)
DESK = StaffActor(PRACTICE, ACCOUNT, frozenset({"front_desk"}))
SYSTEM, VISITOR = SystemActor(PRACTICE, "test"), VisitorActor(PRACTICE)


def denied(error: PortalError) -> AuditEntry:
    entry = denial(error)
    assert entry is not None
    assert (entry.action, entry.outcome) == ("access.denied", "denied")
    return entry


def test_client_and_proxy_reach_the_record_within_their_areas() -> None:
    for actor in (CLIENT, READER, WRITER):
        assert require_own_record(actor, "forms") == RECORD
    for actor in (CLIENT, WRITER):
        assert require_own_record(actor, "forms", write=True) == RECORD
    assert require_own_record(CLIENT, "payments") == RECORD


@pytest.mark.parametrize("actor", [READER, WRITER, ProxyActor(PRACTICE, ACCOUNT), DESK, SYSTEM, VISITOR], ids=repr)
def test_nobody_else_learns_that_the_record_exists(actor: Actor) -> None:
    with pytest.raises(NotFound) as refused:
        require_own_record(actor, "payments")
    assert denied(refused.value).facts == {"kind": "payments"}


def test_proxy_who_only_reads_may_not_write() -> None:
    with pytest.raises(Forbidden) as refused:
        require_own_record(READER, "forms", write=True)
    assert denied(refused.value).facts == {"code": "forbidden"}


def test_staff_pass_with_one_of_the_roles_and_jobs_only_where_said() -> None:
    assert require_staff(DESK) == require_staff(DESK, "clinician", "front_desk") == DESK
    assert require_staff_or_system(DESK, "front_desk") == DESK
    assert require_staff_or_system(SYSTEM, "front_desk") == SYSTEM
    with pytest.raises(Forbidden) as forbidden:
        require_staff(DESK, "clinician")
    assert denied(forbidden.value).facts == {"code": "forbidden"}
    for actor in (SYSTEM, CLIENT, READER, VISITOR):
        with pytest.raises(NotFound) as refused:
            require_staff(actor)
        assert denied(refused.value).facts == {"kind": "practice"}


def test_denial_names_the_target_of_what_was_not_found() -> None:
    assert denied(NotFound("goal", RECORD)) == AuditEntry(
        "access.denied", RECORD, outcome="denied", facts={"kind": "goal"}
    )


@pytest.mark.parametrize("error", [NotFound(), StaleVersion(), Unauthenticated()], ids=repr)
def test_other_refusals_are_no_denials(error: PortalError) -> None:
    assert denial(error) is None
