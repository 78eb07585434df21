"""Random histories that include requests, the waitlist and its offers."""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from portal_core.appointments.appointment_request import PreferredTime
from portal_core.appointments.settings import AppointmentType
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClientsCommand
from portal_core.appointments.use_cases.confirm_appointment_request import ConfirmAppointmentRequestCommand
from portal_core.appointments.use_cases.decline_appointment_request import DeclineAppointmentRequestCommand
from portal_core.appointments.use_cases.join_waitlist import JoinWaitlistCommand
from portal_core.appointments.use_cases.request_appointment import RequestAppointmentCommand
from portal_core.appointments.waitlist import FreedSlot, WaitlistOffer
from tests.support.appointments.use_cases import AppointmentUseCases
from tests.support.contracts.appointments.reference_model import TIME_ZONE, ModelAppointment, ModelHold
from tests.support.contracts.appointments.state_machine import AppointmentsStateMachine
from tests.support.contracts.appointments.state_machine_base import TIMES
from tests.support.contracts.appointments.waitlist_reference_model import (
    OFFER_DURATION,
    ModelOffer,
    ModelRequest,
    ModelWaitlistEntry,
    PracticeWithWaitlistModel,
)

DAY = timedelta(days=1)


class WaitlistStateMachine(AppointmentsStateMachine):
    """The waitlist's jobs run only when a rule runs them: late, and never concurrently."""

    model: PracticeWithWaitlistModel
    jobs_run: int

    @initialize()
    def open_the_practice(self) -> None:
        self.model = PracticeWithWaitlistModel()
        self.jobs_run = 0
        type(self).run(self._open())
        self.use_cases = AppointmentUseCases(self.world)

    # Requests

    @rule(data=st.data(), at=TIMES, named=st.booleans())
    def request_appointment(self, data: st.DataObject, at: datetime, named: bool) -> None:
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
            request = ModelRequest(view.id, client, clinician if named else None, appointment_type, location, at, until)
            self.model.requests[view.id] = request

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data(), after=st.sampled_from([0, 0, 30, 60, 150]))
    def confirm_request(self, data: st.DataObject, after: int) -> None:
        request = data.draw(st.sampled_from(list(self.model.requests.values())))
        self.toggle_discharged(data, request.client)
        clinician = data.draw(st.sampled_from([request.clinician or self.clinicians[0], *self.clinicians]))
        at = request.since + timedelta(minutes=after)
        shared = self.model.shared_at(clinician, request.appointment_type, request.location, at)
        if request.status != "pending":
            expected: str | None = "request_closed"
        elif self.model.discharged_refusal(request.client):
            expected = self.model.discharged_refusal(request.client)
        elif request.location in self.model.closed:
            expected = "not_bookable"
        elif (
            request.clinician not in (None, clinician) or at + request.appointment_type.timing.duration > request.until
        ):
            expected = "invalid"
        elif shared is not None:
            expected = self._closed_refusal(shared) or self.model.join_refusal(shared, request.client)
        else:
            expected = self.model.refusal(
                clinician, request.appointment_type, request.location, at, [request.client], self.now, by_staff=True
            )
        command = ConfirmAppointmentRequestCommand(request_id=request.id, clinician_id=clinician, starts_at=at)
        view = self.attempt(self.use_cases.confirm_appointment_request(self.world.front_desk, command), expected)
        if view is not None:
            request.status = "confirmed"
            if shared is not None:
                assert view.id == shared.id
                self.record_join(shared, request.client)
            else:
                choice = (clinician, request.appointment_type, request.location, at)
                self.record_booking(view.id, *choice, [request.client])

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data(), by_client=st.booleans())
    def withdraw_or_decline_request(self, data: st.DataObject, by_client: bool) -> None:
        request = data.draw(st.sampled_from(list(self.model.requests.values())))
        expected = None if request.status == "pending" else "request_closed"
        if by_client:
            client = data.draw(st.sampled_from([request.client, *self.clients]))
            expected = expected if client == request.client else "not_found"
            self.attempt(
                self.use_cases.withdraw_appointment_request(self.world.as_client(client), request.id), expected
            )
        else:
            command = DeclineAppointmentRequestCommand(request_id=request.id)
            self.attempt(self.use_cases.decline_appointment_request(self.world.front_desk, command), expected)
        if expected is None:
            request.status = "withdrawn" if by_client else "declined"

    def _requests_of(self, client: UUID) -> list[ModelRequest]:
        return [one for one in self.model.requests.values() if one.client == client]

    # The waitlist

    @rule(data=st.data(), named=st.booleans(), any_location=st.booleans())
    def join_waitlist(self, data: st.DataObject, named: bool, any_location: bool) -> None:
        client, clinician, appointment_type, location = self.draw_choice(data)
        self._join_waitlist(
            client, clinician if named else None, appointment_type, None if any_location else location, any_location
        )

    def _join_waitlist(
        self,
        client: UUID,
        clinician: UUID | None,
        appointment_type: AppointmentType,
        location: UUID | None,
        any_location: bool,
    ) -> None:
        today = self.now.astimezone(TIME_ZONE).date()
        expected = self.model.discharged_refusal(client) or self._not_reservable(appointment_type, location)
        if expected is None and self.model.cannot_join_waitlist(
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
    def free_wanted_slot(self, data: st.DataObject, named: bool, any_location: bool) -> None:
        """Free a slot that somebody wants, which chance would produce too rarely."""
        booking = data.draw(st.sampled_from(self._future_bookings()))
        for client in data.draw(st.permutations(self.clients))[:2]:
            location = None if any_location else booking.location
            self._join_waitlist(
                client, booking.clinician if named else None, booking.appointment_type, location, any_location
            )
        self.attempt(
            self.use_cases.cancel_for(
                self.world.front_desk, CancelAppointmentForClientsCommand(appointment_id=booking.id)
            ),
            None,
        )
        self._record_cancellation(booking)
        known = set(self.model.offers)
        self.run_offer_jobs()
        for offer in [one for one in self.model.offers.values() if one.id not in known]:
            self.toggle_discharged(data, offer.entry.client)
            outcome = data.draw(st.sampled_from(["accepted", "booked", "late", "declined", "nothing"]))
            if outcome == "late":
                self.world.clock.at = max(self.now, offer.hold.expires)
            if outcome == "booked":
                hold = offer.hold
                self._book(offer.entry.client, hold.clinician, hold.appointment_type, hold.location, hold.at)
            elif outcome != "nothing":
                self._answer_offer(offer, offer.entry.client, accepting=outcome != "declined")

    def _future_bookings(self) -> list[ModelAppointment]:
        booked = self.model.appointments.values()
        return [
            one for one in booked if one.status == "booked" and self.now < one.at and one.appointment_type.seats == 1
        ]

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data())
    def leave_waitlist(self, data: st.DataObject) -> None:
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
        """Run the deferred jobs in order, and earlier ones again."""
        jobs = type(self).run(self.world.jobs("offer_freed_slot"))
        for ids in [*jobs[self.jobs_run :], *jobs[-2:]]:
            self._run_offer_job(ids["freed_slot_id"])
        self.jobs_run = len(jobs)

    def _run_offer_job(self, slot_id: UUID) -> None:
        slot, before = type(self).run(self._slot(slot_id))
        expected = None
        if slot is not None:
            appointment_type = next(one for one in self.appointment_types if one.id == slot.appointment_type_id)
            expected = self.model.next_entry_for(slot, appointment_type, self.now)
        type(self).run(self.use_cases.offer_freed_slot(self.world.system, slot_id))
        _, after = type(self).run(self._slot(slot_id))
        made = [one for one in after if one.id not in {known.id for known in before}]
        assert [one.entry_id for one in made] == ([expected.id] if expected else [])
        for one in made:
            assert expected is not None
            expires = min(self.now + OFFER_DURATION, one.starts_at)
            assert one.expires_at == expires
            hold = ModelHold(
                one.id,
                self.world.practice_id,
                one.clinician_id,
                expected.appointment_type,
                one.location_id,
                one.starts_at,
                expires,
            )
            self.model.offers[one.id] = ModelOffer(one.id, slot_id, expected, hold)

    async def _slot(self, slot_id: UUID) -> tuple[FreedSlot | None, list[WaitlistOffer]]:
        async with self.world.begin(self.world.system) as unit:
            return await unit.freed_slots.get(slot_id), await unit.offers.of_slot(slot_id)

    @precondition(lambda self: self.model.offers)
    @rule(data=st.data())
    def answer_offer(self, data: st.DataObject) -> None:
        everything = list(self.model.offers.values())
        still_open = [one for one in everything if one.status == "open"]
        offer = data.draw(st.sampled_from(still_open * 4 + everything))
        client = data.draw(st.sampled_from([offer.entry.client] * 3 + self.clients))
        self._answer_offer(offer, client, accepting=data.draw(st.sampled_from([True, True, False])))

    def _answer_offer(self, offer: ModelOffer, client: UUID, *, accepting: bool) -> None:
        entry, hold = offer.entry, offer.hold
        actor = self.world.as_client(client)
        expected = "not_found" if client != entry.client else None
        if expected is None and (offer.status != "open" or hold.expires <= self.now):
            expected = "offer_closed"
        if not accepting:
            self.attempt(self.use_cases.decline_offer(actor, offer.id), expected)
            offer.status = offer.status if expected else "declined"
            return
        expected = expected or self.model.refusal(
            hold.clinician,
            hold.appointment_type,
            hold.location,
            hold.at,
            [client],
            self.now,
            excluding=offer.id,
            by_staff=True,
        )
        view = self.attempt(self.use_cases.accept_offer(actor, offer.id), expected)
        if view is not None:
            offer.status, entry.status = "accepted", "booked"
            self.record_booking(view.id, hold.clinician, hold.appointment_type, hold.location, hold.at, [client])

    @precondition(lambda self: any(one.status == "open" for one in self.model.offers.values()))
    @rule(data=st.data(), exactly=st.booleans())
    def advance_clock_to_offer_expiry(self, data: st.DataObject, exactly: bool) -> None:
        offer = data.draw(st.sampled_from([one for one in self.model.offers.values() if one.status == "open"]))
        at = offer.hold.expires if exactly else offer.hold.expires - timedelta.resolution
        self.world.clock.at = max(self.now, at)

    @rule()
    def run_advance_expired_offers(self) -> None:
        due = [one for one in self.model.offers.values() if one.status == "open" and one.hold.expires <= self.now]
        assert type(self).run(self.use_cases.advance_expired_offers(self.world.system)) == len(due)
        for one in due:
            one.status = "expired"

    @rule()
    def run_delete_expired_holds(self) -> None:
        type(self).run(self.use_cases.delete_expired_holds(self.world.system))
        for one in self.model.holds.values():
            one.removed = one.removed or one.expires <= self.now - DAY

    @invariant()
    def waitlist_matches_model(self) -> None:
        today = self.now.astimezone(TIME_ZONE).date()
        for client in self.clients:
            views = type(self).run(self.use_cases.list_waitlist(self.world.as_client(client))).items
            own = [one for one in self.model.entries.values() if one.client == client]
            waiting_ids = [one.id for one in own if one.status == "waiting" and today <= one.latest_date]
            assert sorted(one.id for one in views) == sorted(waiting_ids)
            open_offers = {
                one.id
                for one in self.model.offers.values()
                if one.entry.id in waiting_ids and one.status == "open" and self.now < one.hold.expires
            }
            assert {one.offer.id for one in views if one.offer} == open_offers
