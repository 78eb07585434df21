"""Random histories with requests, the waitlist and its offers, and weekly series as well."""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from portal_core.appointments.appointment_request import PreferredTime
from portal_core.appointments.settings import AppointmentType
from portal_core.appointments.use_cases.book_series import BookSeriesCommand
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClientsCommand
from portal_core.appointments.use_cases.cancel_series import CancelSeriesCommand
from portal_core.appointments.use_cases.confirm_appointment_request import ConfirmAppointmentRequestCommand
from portal_core.appointments.use_cases.decline_appointment_request import DeclineAppointmentRequestCommand
from portal_core.appointments.use_cases.join_waitlist import JoinWaitlistCommand
from portal_core.appointments.use_cases.offer_freed_slot import OfferFreedSlotCommand
from portal_core.appointments.use_cases.request_appointment import RequestAppointmentCommand
from portal_core.appointments.waitlist import FreedSlot, WaitlistOffer
from tests.support.appointments.use_cases import AppointmentUseCases
from tests.support.contracts.appointments.reference_model import TIME_ZONE, ModelAppointment, ModelHold
from tests.support.contracts.appointments.state_machine import TIMES, AppointmentsStateMachine
from tests.support.contracts.appointments.waitlist_reference_model import (
    OFFER_DURATION,
    ModelOffer,
    ModelRequest,
    ModelWaitlistEntry,
    PracticeWithWaitlistModel,
)
from tests.support.contracts.appointments.world import new_york

DAY = timedelta(days=1)
SERIES_STARTS = st.tuples(st.sampled_from([2, 3, 3, 4, 9]), st.integers(9, 14), st.sampled_from([0, 0, 30]))


class WaitlistStateMachine(AppointmentsStateMachine):
    """The waitlist's jobs run when a rule says so: late, and never twice at once."""

    model: PracticeWithWaitlistModel
    done: int

    @initialize()
    def open_the_practice(self) -> None:
        self.model = PracticeWithWaitlistModel()
        self.done = 0
        type(self).run(self._open())
        self.use_cases = AppointmentUseCases(self.world)

    # Requests

    @rule(data=st.data(), at=TIMES, named=st.booleans())
    def ask(self, data: st.DataObject, at: datetime, named: bool) -> None:
        client, clinician, appointment_type, location = self.draw_choice(data)
        until = at + timedelta(hours=3)
        expected = self.model.discharged_refusal(client) or ("not_bookable" if location in self.model.closed else None)
        expected = expected or ("invalid" if at <= self.now else None)
        if expected is None and sum(one.status == "pending" for one in self._requests_of(client)) >= 3:
            expected = "too_many_open_requests"
        command = RequestAppointmentCommand(
            appointment_type_id=appointment_type.id,
            location_id=location,
            clinician_id=clinician if named else None,
            preferred=(PreferredTime(starts_at=at, ends_at=until),),
        )
        view = self.attempt(self.use_cases.request_appointment(self.world.as_client(client), command), expected)
        if view is not None:
            asked = ModelRequest(view.id, client, clinician if named else None, appointment_type, location, at, until)
            self.model.requests[view.id] = asked

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data(), after=st.sampled_from([0, 0, 30, 60, 150]))
    def confirm(self, data: st.DataObject, after: int) -> None:
        asked = data.draw(st.sampled_from(list(self.model.requests.values())))
        self.toggle_discharged(data, asked.client)
        clinician = data.draw(st.sampled_from([asked.clinician or self.clinicians[0], *self.clinicians]))
        at = asked.since + timedelta(minutes=after)
        if asked.status != "pending":
            expected: str | None = "request_closed"
        elif self.model.discharged_refusal(asked.client):
            expected = self.model.discharged_refusal(asked.client)
        elif asked.location in self.model.closed:
            expected = "not_bookable"
        elif asked.clinician not in (None, clinician) or at + asked.appointment_type.timing.duration > asked.until:
            expected = "invalid"
        else:
            expected = self.model.refusal(
                clinician, asked.appointment_type, asked.location, at, [asked.client], self.now, by_staff=True
            )
        command = ConfirmAppointmentRequestCommand(request_id=asked.id, clinician_id=clinician, starts_at=at)
        view = self.attempt(self.use_cases.confirm_appointment_request(self.world.front_desk, command), expected)
        if view is not None:
            asked.status = "confirmed"
            self.note_booked(view.id, clinician, asked.appointment_type, asked.location, at, [asked.client])

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data(), by_client=st.booleans())
    def withdraw_or_decline(self, data: st.DataObject, by_client: bool) -> None:
        asked = data.draw(st.sampled_from(list(self.model.requests.values())))
        closed = None if asked.status == "pending" else "request_closed"
        if by_client:
            client = data.draw(st.sampled_from([asked.client, *self.clients]))
            closed = closed if client == asked.client else "not_found"
            self.attempt(self.use_cases.withdraw_appointment_request(self.world.as_client(client), asked.id), closed)
        else:
            command = DeclineAppointmentRequestCommand(request_id=asked.id)
            self.attempt(self.use_cases.decline_appointment_request(self.world.front_desk, command), closed)
        if closed is None:
            asked.status = "withdrawn" if by_client else "declined"

    def _requests_of(self, client: UUID) -> list[ModelRequest]:
        return [one for one in self.model.requests.values() if one.client == client]

    # The waitlist

    @rule(data=st.data(), named=st.booleans(), any_location=st.booleans())
    def wait(self, data: st.DataObject, named: bool, any_location: bool) -> None:
        client, clinician, appointment_type, location = self.draw_choice(data)
        self._wait(
            client, clinician if named else None, appointment_type, None if any_location else location, any_location
        )

    def _wait(
        self,
        client: UUID,
        clinician: UUID | None,
        appointment_type: AppointmentType,
        location: UUID | None,
        any_location: bool,
    ) -> None:
        today = self.now.astimezone(TIME_ZONE).date()
        expected = self.model.discharged_refusal(client) or self._not_online(appointment_type, location)
        if expected is None and self.model.may_not_join_waitlist(
            client, (appointment_type, location, any_location, clinician), self.now
        ):
            expected = "already_on_waitlist"
        command = JoinWaitlistCommand(
            appointment_type_id=appointment_type.id,
            location_id=location,
            telehealth_only=location is None and not any_location,
            clinician_id=clinician,
            earliest_date=today,
            latest_date=today + 10 * DAY,
        )
        view = self.attempt(self.use_cases.join_waitlist(self.world.as_client(client), command), expected)
        if view is not None:
            self.model.entries[view.id] = ModelWaitlistEntry(
                view.id, client, clinician, appointment_type, location, today, today + 10 * DAY, any_location
            )

    @precondition(lambda self: self._future_bookings())
    @rule(data=st.data(), named=st.booleans(), any_location=st.booleans())
    def a_wanted_time_is_freed(self, data: st.DataObject, named: bool, any_location: bool) -> None:
        """What chance would bring too rarely."""
        booking = data.draw(st.sampled_from(self._future_bookings()))
        for client in data.draw(st.permutations(self.clients))[:2]:
            location = None if any_location else booking.location
            self._wait(client, booking.clinician if named else None, booking.appointment_type, location, any_location)
        self.attempt(
            self.use_cases.cancel_for(
                self.world.front_desk, CancelAppointmentForClientsCommand(appointment_id=booking.id)
            ),
            None,
        )
        self._note_cancelled(booking)
        known = set(self.model.offers)
        self.run_offer_jobs()
        for offer in [one for one in self.model.offers.values() if one.id not in known]:
            self.toggle_discharged(data, offer.entry.client)
            happens = data.draw(st.sampled_from(["accepted", "booked", "late", "declined", "nothing"]))
            if happens == "late":
                self.world.clock.at = max(self.now, offer.held.expires)
            if happens == "booked":
                held = offer.held
                self._book(offer.entry.client, held.clinician, held.appointment_type, held.location, held.at)
            elif happens != "nothing":
                self._answer(offer, offer.entry.client, accepting=happens != "declined")

    def _future_bookings(self) -> list[ModelAppointment]:
        booked = self.model.booked.values()
        return [
            one for one in booked if one.status == "booked" and self.now < one.at and one.appointment_type.seats == 1
        ]

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(list(self.model.entries.values())))
        client = data.draw(st.sampled_from([entry.client, entry.client, *self.clients]))
        expected = "not_found" if client != entry.client else None
        if expected is None and entry.status != "waiting":
            expected = "waitlist_entry_closed"
        self.attempt(self.use_cases.leave_waitlist(self.world.as_client(client), entry.id), expected)
        if expected is None:
            entry.status = "left"
            for offer in self.model.offers.values():
                if offer.entry is entry and offer.status == "open":
                    offer.status = "declined"

    @rule()
    def run_offer_jobs(self) -> None:
        """The deferred jobs run, in order, and again those of before."""
        jobs = type(self).run(self.world.jobs("offer_freed_slot"))
        for ids in [*jobs[self.done :], *jobs[-2:]]:
            self._offer_one(ids["freed_slot_id"])
        self.done = len(jobs)

    def _offer_one(self, slot_id: UUID) -> None:
        slot, before = type(self).run(self._slot(slot_id))
        expected = None
        if slot is not None:
            appointment_type = next(one for one in self.appointment_types if one.id == slot.appointment_type_id)
            expected = self.model.next_for(slot, appointment_type, self.now)
        command = OfferFreedSlotCommand(freed_slot_id=slot_id)
        type(self).run(self.use_cases.offer_freed_slot(self.world.system, command))
        _, after = type(self).run(self._slot(slot_id))
        made = [one for one in after if one.id not in {known.id for known in before}]
        assert [one.entry_id for one in made] == ([expected.id] if expected else [])
        for one in made:
            assert expected is not None
            expires = min(self.now + OFFER_DURATION, one.starts_at)
            assert one.expires_at == expires
            held = ModelHold(
                one.id,
                self.world.practice_id,
                one.clinician_id,
                expected.appointment_type,
                one.location_id,
                one.starts_at,
                expires,
            )
            self.model.offers[one.id] = ModelOffer(one.id, slot_id, expected, held)

    async def _slot(self, slot_id: UUID) -> tuple[FreedSlot | None, list[WaitlistOffer]]:
        async with self.world.begin(self.world.system) as unit:
            return await unit.freed_slots.get(slot_id), await unit.offers.of_slot(slot_id)

    @precondition(lambda self: self.model.offers)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        everything = list(self.model.offers.values())
        still_open = [one for one in everything if one.status == "open"]
        offer = data.draw(st.sampled_from(still_open * 4 + everything))
        client = data.draw(st.sampled_from([offer.entry.client] * 3 + self.clients))
        self._answer(offer, client, accepting=data.draw(st.sampled_from([True, True, False])))

    def _answer(self, offer: ModelOffer, client: UUID, *, accepting: bool) -> None:
        entry, held = offer.entry, offer.held
        actor = self.world.as_client(client)
        expected = "not_found" if client != entry.client else None
        if expected is None and (offer.status != "open" or held.expires <= self.now):
            expected = "offer_closed"
        if not accepting:
            self.attempt(self.use_cases.decline_offer(actor, offer.id), expected)
            offer.status = offer.status if expected else "declined"
            return
        expected = expected or self.model.refusal(
            held.clinician,
            held.appointment_type,
            held.location,
            held.at,
            [client],
            self.now,
            but=offer.id,
            by_staff=True,
        )
        view = self.attempt(self.use_cases.accept_offer(actor, offer.id), expected)
        if view is not None:
            offer.status, entry.status = "accepted", "booked"
            self.note_booked(view.id, held.clinician, held.appointment_type, held.location, held.at, [client])

    @precondition(lambda self: any(one.status == "open" for one in self.model.offers.values()))
    @rule(data=st.data(), exactly=st.booleans())
    def an_offer_runs_out(self, data: st.DataObject, exactly: bool) -> None:
        offer = data.draw(st.sampled_from([one for one in self.model.offers.values() if one.status == "open"]))
        at = offer.held.expires if exactly else offer.held.expires - timedelta.resolution
        self.world.clock.at = max(self.now, at)

    @rule()
    def expired_offers_advance(self) -> None:
        due = [one for one in self.model.offers.values() if one.status == "open" and one.held.expires <= self.now]
        assert type(self).run(self.use_cases.advance_expired_offers(self.world.system)) == len(due)
        for one in due:
            one.status = "expired"

    @rule()
    def run_delete_expired_holds(self) -> None:
        type(self).run(self.use_cases.delete_expired_holds(self.world.system))
        for one in self.model.held.values():
            one.gone = one.gone or one.expires <= self.now - DAY

    @invariant()
    def everybody_sees_what_they_wait_for(self) -> None:
        today = self.now.astimezone(TIME_ZONE).date()
        for client in self.clients:
            views = type(self).run(self.use_cases.list_waitlist(self.world.as_client(client)))
            own = [one for one in self.model.entries.values() if one.client == client]
            waits = [one.id for one in own if one.status == "waiting" and today <= one.latest_date]
            assert sorted(one.id for one in views) == sorted(waits)
            open_offers = {
                one.id
                for one in self.model.offers.values()
                if one.entry.id in waits and one.status == "open" and self.now < one.held.expires
            }
            assert {one.offer.id for one in views if one.offer} == open_offers

    # Series

    @rule(data=st.data(), first=SERIES_STARTS, count=st.integers(1, 3), skip=st.booleans())
    def book_series(self, data: st.DataObject, first: tuple[int, int, int], count: int, skip: bool) -> None:
        client, clinician, appointment_type, location = self.draw_choice(data)
        day, hour, minute = first
        planned = [new_york(day + 7 * week, hour, minute) for week in range(count)]
        skipped = data.draw(st.lists(st.sampled_from(planned), max_size=2)) if data.draw(st.booleans()) else []
        starts = [at for at in planned if at not in skipped]
        refusals = [
            self.model.refusal(clinician, appointment_type, location, at, [client], self.now, by_staff=True)
            for at in starts
        ]
        bookable = [at for at, refusal in zip(starts, refusals, strict=True) if refusal is None]
        command = BookSeriesCommand(
            clinician_id=clinician,
            appointment_type_id=appointment_type.id,
            location_id=location,
            client_ids=[client],
            first_start=planned[0].astimezone(TIME_ZONE).replace(tzinfo=None),
            count=count,
            skip_dates=frozenset(at.astimezone(TIME_ZONE).date() for at in skipped),
            skip_conflicts=skip,
        )
        expected = None if bookable and (skip or bookable == starts) else "invalid"
        expected = (
            "not_bookable" if location in self.model.closed else self.model.discharged_refusal(client)
        ) or expected
        view = self.attempt(self.use_cases.book_series(self.world.front_desk, command), expected)
        if view is not None:
            assert [at for at in starts if at not in bookable] == list(view.refused)
            self.model.series[view.id] = list(view.appointments)
            for at, booking_id in zip(bookable, view.appointments, strict=True):
                self.note_booked(booking_id, clinician, appointment_type, location, at, [client])

    @precondition(lambda self: self.model.series)
    @rule(data=st.data())
    def cancel_series(self, data: st.DataObject) -> None:
        series_id = data.draw(st.sampled_from(list(self.model.series)))
        command = CancelSeriesCommand(series_id=series_id)
        self.attempt(self.use_cases.cancel_series(self.world.front_desk, command), None)
        for booking in (self.model.booked[one] for one in self.model.series.pop(series_id)):
            if booking.status == "booked" and self.now < booking.at:
                self._note_cancelled(booking)

    def _note_cancelled(self, booking: ModelAppointment) -> None:
        for client in booking.attending:
            booking.parts[client].status = "cancelled"
        booking.status = "cancelled"
        self._all_see_a_change(booking)
