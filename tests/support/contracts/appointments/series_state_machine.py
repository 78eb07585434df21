"""Random histories that include series, with all else of appointments."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from portal_core.appointments.use_cases.book_series import BookSeriesCommand
from portal_core.appointments.use_cases.cancel_series import CancelSeriesCommand
from portal_core.appointments.use_cases.extend_series import ExtendSeriesCommand
from portal_core.appointments.use_cases.move_series import MoveSeriesCommand
from tests.support.contracts.appointments.reference_model import TIME_ZONE, ModelAppointment
from tests.support.contracts.appointments.waitlist_reference_model import ModelSeries
from tests.support.contracts.appointments.waitlist_state_machine import WaitlistStateMachine
from tests.support.contracts.appointments.world import ids_of, new_york

SERIES_STARTS = st.tuples(st.sampled_from([2, 3, 3, 4, 9]), st.integers(9, 14), st.sampled_from([0, 0, 30]))


class SeriesStateMachine(WaitlistStateMachine):
    """Series of one client."""

    @rule(
        data=st.data(),
        first=SERIES_STARTS,
        count=st.integers(1, 3),
        interval=st.sampled_from([1, 1, 2]),
        skip=st.booleans(),
    )
    def book_series(
        self, data: st.DataObject, first: tuple[int, int, int], count: int, interval: int, skip: bool
    ) -> None:
        client, clinician, appointment_type, location = self.draw_choice(data)
        planned = self._every(interval, first, count)
        skipped = data.draw(st.lists(st.sampled_from(planned), max_size=2)) if data.draw(st.booleans()) else []
        series = ModelSeries(client, clinician, appointment_type, location, interval, planned, [])
        starts = [at for at in planned if at not in skipped]
        bookable, expected = self._bookable(series, starts, skip)
        command = BookSeriesCommand(
            clinician_id=clinician,
            appointment_type_id=appointment_type.id,
            location_id=location,
            client_ids=[client],
            first_start=_local(planned[0]),
            interval_weeks=interval,
            count=len(planned),
            skip_dates=frozenset(_local(at).date() for at in skipped),
            skip_conflicts=skip,
        )
        view = self.attempt(self.use_cases.book_series(self.world.front_desk, command), expected)
        if view is not None:
            assert [at for at in starts if at not in bookable] == list(view.refused)
            self.model.series[view.id] = series
            self._record_dates(series, bookable, ids_of(view.appointments))

    @precondition(lambda self: self.model.series)
    @rule(data=st.data(), count=st.integers(1, 2), skip=st.booleans())
    def extend_series(self, data: st.DataObject, count: int, skip: bool) -> None:
        series_id = data.draw(st.sampled_from(list(self.model.series)))
        series = self.model.series[series_id]
        last = _local(series.planned[-1])
        starts = self._every(series.interval, (last.day + 7 * series.interval, last.hour, last.minute), count)
        if not starts:
            return
        bookable, expected = self._bookable(series, starts, skip)
        appointments = [self.model.appointments[one] for one in series.appointments]
        if all(one.attendances[series.client].status == "cancelled" for one in appointments):
            expected = "not_bookable" if series.location in self.model.closed else "invalid"
        command = ExtendSeriesCommand(series_id=series_id, count=len(starts), skip_conflicts=skip)
        view = self.attempt(self.use_cases.extend_series(self.world.front_desk, command), expected)
        if view is not None:
            assert [at for at in starts if at not in bookable] == list(view.refused)
            series.planned += starts
            new = [one for one in ids_of(view.appointments) if one not in series.appointments]
            self._record_dates(series, bookable, new)

    @precondition(lambda self: self.model.series)
    @rule(data=st.data(), first=SERIES_STARTS, weeks=st.integers(-1, 2), skip=st.booleans(), all_dates=st.booleans())
    def move_series(
        self, data: st.DataObject, first: tuple[int, int, int], weeks: int, skip: bool, all_dates: bool
    ) -> None:
        series_id = data.draw(st.sampled_from(list(self.model.series)))
        series = self.model.series[series_id]
        _, clinician, _, location = self.draw_choice(data)
        from_date = None if all_dates else _local(data.draw(st.sampled_from(series.planned))).date()
        dates = self._dates_to_move(series, from_date)
        # Often by whole weeks, so that dates take the times of one another.
        kept = _local(series.planned[min(dates, default=0)])
        first = data.draw(st.sampled_from([first, (kept.day + 7 * weeks, kept.hour, kept.minute)]))
        starts = self._every(series.interval, first, len(series.planned) - min(dates, default=0))
        if len(starts) < len(series.planned) - min(dates, default=0):
            return
        new_starts = dict(enumerate(starts, start=min(dates, default=0)))
        before = {one.id: (one.clinician, one.location, one.at) for one in dates.values()}
        accepted, refused = list[tuple[ModelAppointment, datetime]](), list[datetime]()
        later = bool(dates) and new_starts[min(dates)] > dates[min(dates)].at
        for number in sorted(dates, reverse=later):
            one, at = dates[number], new_starts[number]
            if self._move_refusal(one, clinician, location, at):
                refused.append(at)
            else:
                accepted.append((one, at))
                one.clinician, one.location, one.at = clinician, location, at
        # Tried only, in the order of the use case: what happens is recorded below.
        for one in dates.values():
            one.clinician, one.location, one.at = before[one.id]
        expected = None if accepted and (skip or not refused) else "invalid"
        expected = "not_bookable" if location in self.model.closed else expected
        moving = {one.id for one, _ in accepted}
        staying = [one for one in self._to_come(series, from_date) if one.id not in moving]
        command = MoveSeriesCommand(
            series_id=series_id,
            clinician_id=clinician,
            location_id=location,
            first_start=_local(starts[0]),
            from_date=from_date,
            skip_conflicts=skip,
        )
        view = self.attempt(self.use_cases.move_series(self.world.front_desk, command), expected)
        if view is not None:
            assert sorted(refused) == list(view.refused)
            assert {one.id for one in staying} == set(view.not_moved)
            for one, at in accepted:
                self._record_reschedule(one, clinician, location, at)
            series.planned, series.clinician, series.location = starts, clinician, location

    def _every(self, interval: int, first: tuple[int, int, int], count: int) -> list[datetime]:
        """At most `count` starts, the last of them in March."""
        day, hour, minute = first
        days = [day + 7 * interval * number for number in range(count)]
        return [new_york(one, hour, minute) for one in days if 1 <= one <= 30] if day >= 1 else []

    def _bookable(self, series: ModelSeries, starts: list[datetime], skip: bool) -> tuple[list[datetime], str | None]:
        """The starts that can be booked, and the refusal of the whole."""
        choice = (series.clinician, series.appointment_type, series.location)
        bookable = [
            at for at in starts if self.model.refusal(*choice, at, [series.client], self.now, by_staff=True) is None
        ]
        expected = None if bookable and (skip or bookable == starts) else "invalid"
        if series.location in self.model.closed:
            return bookable, "not_bookable"
        return bookable, self.model.discharged_refusal(series.client) or expected

    def _record_dates(self, series: ModelSeries, starts: list[datetime], booking_ids: Sequence[UUID]) -> None:
        series.appointments += booking_ids
        for at, booking_id in zip(starts, booking_ids, strict=True):
            choice = (series.clinician, series.appointment_type, series.location)
            self.record_booking(booking_id, *choice, at, [series.client])

    def _dates_to_move(self, series: ModelSeries, from_date: date | None) -> dict[int, ModelAppointment]:
        """The future appointments that have a time of the series, by the number of the date."""
        to_come = self._to_come(series, from_date)
        return {series.planned.index(one.at): one for one in to_come if one.at in series.planned}

    def _to_come(self, series: ModelSeries, from_date: date | None) -> list[ModelAppointment]:
        """The future appointments on the local date or later."""
        bookings = (self.model.appointments[booking_id] for booking_id in series.appointments)
        return [
            one
            for one in bookings
            if one.status == "booked"
            and self.now < one.at
            and (from_date is None or _local(one.at).date() >= from_date)
        ]

    @precondition(lambda self: self.model.series)
    @rule(data=st.data())
    def cancel_series(self, data: st.DataObject) -> None:
        series_id = data.draw(st.sampled_from(list(self.model.series)))
        command = CancelSeriesCommand(series_id=series_id)
        self.attempt(self.use_cases.cancel_series(self.world.front_desk, command), None)
        for booking in (self.model.appointments[one] for one in self.model.series.pop(series_id).appointments):
            if booking.status == "booked" and self.now < booking.at:
                self._record_cancellation(booking)


def _local(at: datetime) -> datetime:
    return at.astimezone(TIME_ZONE).replace(tzinfo=None)
