"""Who works with which calendar, and a client's terms for cancelling, as a table."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal_core.appointments.policy import CancelTerms, cancel_terms, require_calendar_access
from portal_core.appointments.scheduling.deadlines import CalendarDays
from portal_core.appointments.settings import AppointmentSettings, LateCancel
from portal_core.kernel.actor import Actor, Role, StaffActor, SystemActor
from portal_core.kernel.errors import NotFound
from portal_core.kernel.money import Money
from tests.support.contracts.appointments.world import ZONE, new_york

FEE = Money(75_00)
STARTS_AT = new_york(4, 10)
DEADLINE = new_york(3, 10)
INSTANT = timedelta.resolution


@pytest.mark.parametrize(
    ("late_cancel", "late"),
    [("refuse", (False, None)), ("allow", (True, None)), ("fee", (True, FEE))],
)
@pytest.mark.parametrize("notice", [timedelta(days=1), CalendarDays(1)])
def test_terms_follow_from_the_settings_and_the_moment(
    late_cancel: LateCancel, late: tuple[bool, Money | None], notice: timedelta | CalendarDays
) -> None:
    settings = AppointmentSettings(cancel_notice=notice, late_cancel=late_cancel, late_cancel_fee=FEE)
    for now, expected in (
        (DEADLINE - timedelta(days=30), (True, True, None)),
        (DEADLINE, (True, True, None)),
        (DEADLINE + INSTANT, (False, *late)),
        (STARTS_AT - INSTANT, (False, *late)),
        (STARTS_AT, (False, False, None)),
        (STARTS_AT + timedelta(hours=1), (False, False, None)),
    ):
        terms = cancel_terms(settings, STARTS_AT, ZONE, now)
        assert terms == CancelTerms(DEADLINE, *expected), now


def test_without_notice_cancelling_is_in_time_until_the_start() -> None:
    settings = AppointmentSettings(cancel_notice=timedelta(0), late_cancel="fee", late_cancel_fee=FEE)
    before = cancel_terms(settings, STARTS_AT, ZONE, STARTS_AT - INSTANT)
    assert (before.in_time, before.allowed, before.fee) == (True, True, None)
    at_start = cancel_terms(settings, STARTS_AT, ZONE, STARTS_AT)
    assert (at_start.in_time, at_start.allowed, at_start.fee) == (False, False, None)


OWN, COLLEAGUE = UUID(int=1), UUID(int=2)


def staff(role: Role, clinician_id: UUID | None = None) -> StaffActor:
    return StaffActor(UUID(int=3), UUID(int=4), frozenset({role}), clinician_id)


def test_clinicians_work_with_their_own_calendar_only() -> None:
    clinician = staff("clinician", OWN)
    assert require_calendar_access(clinician) == require_calendar_access(clinician, OWN) == OWN
    for actor in (clinician, staff("clinician")):
        with pytest.raises(NotFound) as refused:
            require_calendar_access(actor, COLLEAGUE)
        # Both are what the audited denial names.
        assert (refused.value.kind, refused.value.target_id) == ("calendar", COLLEAGUE)


@pytest.mark.parametrize(
    "actor", [staff("front_desk"), staff("administrator", OWN), SystemActor(UUID(int=3), "test")], ids=repr
)
def test_desk_and_jobs_work_with_any_calendar(actor: Actor) -> None:
    assert require_calendar_access(actor) is None
    assert require_calendar_access(actor, COLLEAGUE) == COLLEAGUE
