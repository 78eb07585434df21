"""What each transition of a booking leaves in the appointment and in each client's part, to the last field."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.attendance import Attendance
from portal_core.appointments.errors import (
    AlreadyAttending,
    AlreadyStarted,
    NoFeeDue,
    NoSeatLeft,
    NotBooked,
    NothingToCorrect,
    NotStarted,
)
from portal_core.appointments.local_times import at_local_time, in_zone
from portal_core.appointments.model import Appointment, Booking
from portal_core.appointments.scheduling.wall_clock import first_instant
from portal_core.kernel.errors import NotFound
from portal_core.kernel.money import Money
from tests.support.contracts.appointments.world import ZONE, new_york

PRACTICE, GREY, ANN, BOB, EVE = (UUID(int=number) for number in range(1, 6))
BOOKED_AT, STARTS_AT = new_york(1, 8), new_york(4, 10)
NOW = STARTS_AT - timedelta(days=2)
LATER = STARTS_AT + timedelta(days=3)
FEE = Money(75_00)


def couple() -> Booking:
    """An appointment of two clients, which was moved twice, and one of whom changed their part once."""
    appointment = Appointment(
        id=UUID(int=10),
        practice_id=PRACTICE,
        clinician_id=GREY,
        appointment_type_id=UUID(int=11),
        location_id=None,
        starts_at=STARTS_AT,
        ends_at=STARTS_AT + timedelta(hours=1),
        time_zone=ZONE,
        calendar_entry_id=UUID(int=12),
        attending=2,
        booked_at=BOOKED_AT,
        changed_at=BOOKED_AT,
        shared=True,
        sequence=2,
        version=5,
    )
    ann = Attendance(appointment_id=appointment.id, practice_id=PRACTICE, client_id=ANN, sequence=1)
    bob = Attendance(appointment_id=appointment.id, practice_id=PRACTICE, client_id=BOB)
    return Booking(appointment=appointment, attendances=(ann, bob))


def test_one_client_leaves_and_the_other_sees_no_change() -> None:
    before = couple()
    after = before.leave(ANN, at=NOW, reason="A cold", cancelled_late=True, fee=FEE)
    assert after.appointment == evolve(before.appointment, attending=1, version=6)
    ann, bob = before.attendances
    left = evolve(
        ann,
        status="cancelled",
        cancelled_at=NOW,
        cancelled_by="client",
        cancelled_late=True,
        reason="A cold",
        fee_due=FEE,
        changed_at=NOW,
        sequence=2,
        left=before.appointment.occasion,
    )
    assert after.attendances == (left, bob)
    assert after.version_for(BOB) == before.version_for(BOB)


def test_leaving_is_in_time_unless_said_otherwise() -> None:
    left = couple().leave(ANN, at=NOW, reason=None).attendance_of(ANN)
    assert (left.cancelled_late, left.fee_due) == (False, None)


def test_last_client_to_leave_cancels_the_appointment() -> None:
    before = couple().leave(ANN, at=NOW, reason=None)
    after = before.leave(BOB, at=NOW, reason=None)
    assert after.appointment == evolve(
        before.appointment, status="cancelled", attending=0, calendar_entry_id=None, changed_at=NOW, version=7
    )


def test_practice_cancels_for_those_who_still_attend() -> None:
    before = couple().leave(ANN, at=NOW, reason="A cold")
    later = NOW + timedelta(hours=1)
    after = before.cancel(at=later, reason="Dr. Grey is ill")
    assert after.appointment == evolve(
        before.appointment,
        status="cancelled",
        attending=0,
        calendar_entry_id=None,
        changed_at=later,
        sequence=3,
        version=7,
    )
    ann, bob = before.attendances
    for_bob = evolve(
        bob,
        status="cancelled",
        cancelled_at=later,
        cancelled_by="practice",
        reason="Dr. Grey is ill",
        left=before.appointment.occasion,
    )
    assert after.attendances == (evolve(ann, sequence=ann.sequence - 1), for_bob)
    assert after.version_for(ANN) == before.version_for(ANN), "her event stays as it was when she cancelled"
    assert after.version_for(BOB) == before.version_for(BOB) + 1


def test_moving_changes_time_place_and_clinician() -> None:
    before = couple()
    place = {
        "clinician_id": UUID(int=20),
        "location_id": UUID(int=21),
        "starts_at": new_york(5, 9),
        "ends_at": new_york(5, 10),
        "time_zone": "America/Chicago",
    }
    after = before.reschedule(**place, at=NOW, fee=FEE)  # type: ignore[arg-type]
    local = datetime(2026, 3, 5, 8)  # noqa: DTZ001
    assert after.appointment == evolve(
        before.appointment, **place, local_starts_at=local, changed_at=NOW, sequence=3, version=6
    )
    assert after.attendances == tuple(evolve(one, fee_due=FEE) for one in before.attendances)
    again = after.reschedule(**place, at=NOW)  # type: ignore[arg-type]
    assert again.attendances == after.attendances, "the fee for the first time stays due"


def test_later_changes_are_none_for_a_client_who_cancelled() -> None:
    before = couple().leave(ANN, at=NOW, reason=None)
    place = {"clinician_id": UUID(int=20), "location_id": None, "starts_at": new_york(5, 9), "ends_at": new_york(5, 10)}
    moved = before.reschedule(**place, time_zone="America/New_York", at=NOW)  # type: ignore[arg-type]
    completed = moved.complete(at=new_york(5, 9))
    for after in (moved, completed):
        assert after.version_for(ANN) == before.version_for(ANN)
    assert completed.version_for(BOB) == before.version_for(BOB) + 2


def test_appointment_keeps_what_the_wall_clock_shows() -> None:
    one = couple().appointment
    assert one.local_starts_at == datetime(2026, 3, 4, 10)  # noqa: DTZ001
    chicago = at_local_time(one, "America/Chicago", at=NOW)
    assert (chicago.starts_at, chicago.ends_at) == (new_york(4, 11), one.ends_at + timedelta(hours=1))
    assert (chicago.local_starts_at, chicago.time_zone) == (one.local_starts_at, "America/Chicago")
    assert (chicago.changed_at, chicago.sequence, chicago.version) == (NOW, one.sequence + 1, one.version + 1)
    shown = in_zone(one, "America/Chicago", at=NOW)
    assert (shown.starts_at, shown.local_starts_at.hour, shown.time_zone) == (one.starts_at, 9, "America/Chicago")
    assert at_local_time(one, one.time_zone, at=NOW) == one.changed(NOW)


def test_second_of_two_equal_times_on_the_wall_stays_where_it_is() -> None:
    """When clocks go back, 01:30 is shown twice."""
    first = first_instant(datetime(2026, 11, 1, 1, 30), "America/New_York")  # noqa: DTZ001
    for starts_at in (first, first + timedelta(hours=1)):
        one = evolve(couple().appointment, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
        one = in_zone(one, "America/New_York", at=NOW)
        assert at_local_time(one, "America/New_York", at=NOW).starts_at == starts_at


def test_who_misses_it_is_marked_and_the_last_one_marks_the_appointment() -> None:
    before = couple()
    after = before.no_show(ANN, at=STARTS_AT)
    assert after.appointment == evolve(before.appointment, attending=1, version=6)
    ann, bob = before.attendances
    assert after.attendances == (evolve(ann, status="no_show", changed_at=STARTS_AT, sequence=2), bob)
    with pytest.raises(NotBooked):
        after.no_show(ANN, at=STARTS_AT)
    assert after.no_show(BOB, at=STARTS_AT).appointment == evolve(
        before.appointment, status="no_show", attending=0, changed_at=STARTS_AT, version=7
    )


def test_part_of_somebody_who_has_none_is_not_found() -> None:
    with pytest.raises(NotFound) as refused:
        couple().attendance_of(UUID(int=99))
    assert (refused.value.kind, refused.value.target_id) == ("appointment", UUID(int=10))


def test_completed_appointment_keeps_its_parts() -> None:
    before = couple()
    after = before.complete(at=STARTS_AT)
    changed = evolve(before.appointment, status="completed", changed_at=STARTS_AT, sequence=3, version=6)
    assert after == Booking(appointment=changed, attendances=before.attendances)


def test_client_joins_and_the_others_see_no_change() -> None:
    before = evolve(couple(), appointment=evolve(couple().appointment, shared=False))
    after = before.join(EVE, 3, at=NOW)
    assert after.appointment == evolve(before.appointment, attending=3, shared=True, version=6)
    eve = Attendance(appointment_id=before.appointment.id, practice_id=PRACTICE, client_id=EVE, changed_at=NOW)
    assert after.attendances == (*before.attendances, eve)
    assert (after.version_for(ANN), after.version_for(BOB)) == (before.version_for(ANN), before.version_for(BOB))


def test_client_who_left_comes_back_with_the_fee_that_is_due() -> None:
    before = couple()
    left = before.leave(ANN, at=NOW, reason="A cold", cancelled_late=True, fee=FEE)
    later = NOW + timedelta(hours=1)
    after = left.join(ANN, 2, at=later)
    assert after.appointment == evolve(before.appointment, version=7)
    ann, bob = before.attendances
    assert after.attendances == (evolve(ann, fee_due=FEE, changed_at=later, sequence=3), bob)


def test_nobody_joins_twice_or_without_a_seat() -> None:
    with pytest.raises(AlreadyAttending):
        couple().join(ANN, 3, at=NOW)
    with pytest.raises(NoSeatLeft):
        couple().join(EVE, 2, at=NOW)
    with pytest.raises(AlreadyStarted):
        couple().join(EVE, 3, at=STARTS_AT)
    with pytest.raises(NotBooked):
        couple().cancel(at=NOW, reason=None).join(EVE, 3, at=NOW)


def test_practice_takes_a_client_out() -> None:
    before = couple()
    after = before.leave(ANN, at=NOW, reason="Moved away", by="practice", cancelled_late=True, fee=FEE)
    assert after.attendance_of(ANN) == evolve(
        before.attendance_of(ANN),
        status="cancelled",
        cancelled_at=NOW,
        cancelled_by="practice",
        cancelled_late=True,
        reason="Moved away",
        fee_due=FEE,
        changed_at=NOW,
        sequence=2,
        left=before.appointment.occasion,
    )


def completed() -> Booking:
    return couple().complete(at=STARTS_AT)


def test_correction_of_one_part_leaves_the_rest() -> None:
    before = completed()
    after = before.correct("no_show", {ANN: None}, at=LATER)
    assert after.appointment == evolve(before.appointment, attending=1, version=7)
    ann, bob = before.attendances
    assert after.attendances == (evolve(ann, status="no_show", changed_at=LATER, sequence=2), bob)


def test_corrected_parts_determine_the_appointment() -> None:
    missed = completed().correct("no_show", {ANN: None, BOB: None}, at=LATER)
    assert (missed.appointment.status, missed.appointment.attending) == ("no_show", 0)
    assert missed.appointment.calendar_entry_id is not None
    withdrawn = missed.correct("cancelled", {ANN: None}, at=LATER)
    assert withdrawn.appointment.status == "no_show"
    attended = withdrawn.correct("attending", {ANN: None}, at=LATER)
    assert (attended.appointment.status, attended.appointment.attending) == ("completed", 1)
    gone = withdrawn.correct("cancelled", {BOB: None}, at=LATER)
    assert (gone.appointment.status, gone.appointment.calendar_entry_id) == ("cancelled", None)
    with pytest.raises(NotBooked):
        gone.correct("attending", {ANN: None}, at=LATER)


def test_no_show_of_a_running_appointment_is_corrected() -> None:
    before = couple().no_show(ANN, at=STARTS_AT).correct("attending", {ANN: None}, at=STARTS_AT)
    assert (before.appointment.status, before.appointment.attending) == ("booked", 2)
    with pytest.raises(NotStarted):
        couple().correct("no_show", {ANN: None}, at=STARTS_AT - timedelta.resolution)


def test_correction_to_cancelled_is_late_with_a_new_fee() -> None:
    before = completed()
    for fee, late in ((FEE, True), (None, False)):
        after = before.correct("cancelled", {ANN: fee}, at=LATER).attendance_of(ANN)
        assert after == evolve(
            before.attendance_of(ANN),
            status="cancelled",
            cancelled_at=LATER,
            cancelled_by="practice",
            cancelled_late=late,
            fee_due=fee,
            changed_at=LATER,
            sequence=2,
            left=before.appointment.occasion,
        )


def test_correction_that_changes_nothing_is_refused() -> None:
    before = completed()
    for fees in ({ANN: None}, {ANN: None, BOB: FEE}, {}):
        with pytest.raises(NothingToCorrect):
            before.correct("attending", fees, at=LATER)
    assert before.correct("attending", {ANN: FEE}, at=LATER).attendance_of(ANN).fee_due == FEE


def test_attended_after_all_leaves_nothing_of_the_cancellation() -> None:
    left = couple().leave(ANN, at=NOW, reason="A cold", cancelled_late=True, fee=FEE).complete(at=STARTS_AT)
    after = left.correct("attending", {ANN: None}, at=LATER).attendance_of(ANN)
    assert after == evolve(couple().attendance_of(ANN), changed_at=LATER, sequence=2)


def test_fee_is_waived_for_one_client() -> None:
    left = couple().leave(ANN, at=NOW, reason="A cold", cancelled_late=True, fee=FEE)
    after = left.waive_fee(ANN, at=LATER)
    assert after.appointment == evolve(left.appointment, version=7)
    ann, bob = left.attendances
    assert after.attendances == (evolve(ann, fee_due=None, changed_at=LATER, sequence=3), bob)
    with pytest.raises(NoFeeDue):
        after.waive_fee(ANN, at=LATER)
