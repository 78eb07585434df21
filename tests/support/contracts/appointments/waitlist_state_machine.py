"""Random histories with requests, the waitlist and its offers, and weekly series as well."""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from portal_core.appointments.settings import Kind
from portal_core.appointments.use_cases.book_series import BookSeriesCommand
from portal_core.appointments.use_cases.cancel_for_clients import CancelForClientsCommand
from portal_core.appointments.use_cases.cancel_series import CancelSeriesCommand
from portal_core.appointments.use_cases.confirm_request import ConfirmRequestCommand
from portal_core.appointments.use_cases.decline_request import DeclineRequestCommand
from portal_core.appointments.use_cases.join_waitlist import JoinWaitlistCommand
from portal_core.appointments.use_cases.offer_freed_slot import OfferFreedSlotCommand
from portal_core.appointments.use_cases.request_appointment import RequestAppointmentCommand
from portal_core.appointments.waiting import FreedSlot, PreferredTime, WaitlistOffer
from tests.support.appointments.use_cases import Desk
from tests.support.contracts.appointments.reference_model import WALL, Booked, Held
from tests.support.contracts.appointments.state_machine import TIMES, AppointmentsMachine
from tests.support.contracts.appointments.waitlist_reference_model import (
    OFFERED_FOR,
    Asked,
    Offer,
    Waiting,
    WaitingPractice,
)
from tests.support.contracts.appointments.world import new_york

DAY = timedelta(days=1)
SERIES_STARTS = st.tuples(st.sampled_from([2, 3, 3, 4, 9]), st.integers(9, 14), st.sampled_from([0, 0, 30]))


class WaitingMachine(AppointmentsMachine):
    """The waitlist's jobs run when a rule says so: late, and never twice at once."""

    model: WaitingPractice
    done: int

    @initialize()
    def open_the_practice(self) -> None:
        self.model = WaitingPractice()
        self.done = 0
        type(self).run(self._open())
        self.desk = Desk(self.world)

    # Requests

    @rule(data=st.data(), at=TIMES, named=st.booleans())
    def ask(self, data: st.DataObject, at: datetime, named: bool) -> None:
        client, clinician, kind, place = self.wish(data)
        until = at + timedelta(hours=3)
        expected = self.model.shut(client) or ("not_bookable" if place in self.model.closed else None)
        expected = expected or ("invalid" if at <= self.now else None)
        if expected is None and sum(one.status == "pending" for one in self._requests_of(client)) >= 3:
            expected = "too_many_requests"
        command = RequestAppointmentCommand(
            kind_id=kind.id,
            place_id=place,
            clinician_id=clinician if named else None,
            preferred=(PreferredTime(starts_at=at, ends_at=until),),
        )
        view = self.attempt(self.desk.request_appointment(self.world.as_client(client), command), expected)
        if view is not None:
            asked = Asked(view.id, client, clinician if named else None, kind, place, at, until)
            self.model.requests[view.id] = asked

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data(), after=st.sampled_from([0, 0, 30, 60, 150]))
    def confirm(self, data: st.DataObject, after: int) -> None:
        asked = data.draw(st.sampled_from(list(self.model.requests.values())))
        self.discharge_or_take_back(data, asked.client)
        clinician = data.draw(st.sampled_from([asked.clinician or self.clinicians[0], *self.clinicians]))
        at = asked.since + timedelta(minutes=after)
        if asked.status != "pending":
            expected: str | None = "request_closed"
        elif self.model.shut(asked.client):
            expected = self.model.shut(asked.client)
        elif asked.place in self.model.closed:
            expected = "not_bookable"
        elif asked.clinician not in (None, clinician) or at + asked.kind.timing.duration > asked.until:
            expected = "invalid"
        else:
            expected = self.model.refusal(
                clinician, asked.kind, asked.place, at, [asked.client], self.now, by_staff=True
            )
        command = ConfirmRequestCommand(request_id=asked.id, clinician_id=clinician, starts_at=at)
        view = self.attempt(self.desk.confirm_request(self.world.desk, command), expected)
        if view is not None:
            asked.status = "confirmed"
            self.note_booked(view.id, clinician, asked.kind, asked.place, at, [asked.client])

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data(), by_client=st.booleans())
    def withdraw_or_decline(self, data: st.DataObject, by_client: bool) -> None:
        asked = data.draw(st.sampled_from(list(self.model.requests.values())))
        closed = None if asked.status == "pending" else "request_closed"
        if by_client:
            client = data.draw(st.sampled_from([asked.client, *self.clients]))
            closed = closed if client == asked.client else "not_found"
            self.attempt(self.desk.withdraw_request(self.world.as_client(client), asked.id), closed)
        else:
            command = DeclineRequestCommand(request_id=asked.id)
            self.attempt(self.desk.decline_request(self.world.desk, command), closed)
        if closed is None:
            asked.status = "withdrawn" if by_client else "declined"

    def _requests_of(self, client: UUID) -> list[Asked]:
        return [one for one in self.model.requests.values() if one.client == client]

    # The waitlist

    @rule(data=st.data(), named=st.booleans(), anywhere=st.booleans())
    def wait(self, data: st.DataObject, named: bool, anywhere: bool) -> None:
        client, clinician, kind, place = self.wish(data)
        self._wait(client, clinician if named else None, kind, None if anywhere else place, anywhere)

    def _wait(self, client: UUID, clinician: UUID | None, kind: Kind, place: UUID | None, anywhere: bool) -> None:
        today = self.now.astimezone(WALL).date()
        expected = self.model.shut(client) or self._not_online(kind, place)
        if expected is None and self.model.wants_in_vain(client, (kind, place, anywhere, clinician), self.now):
            expected = "already_waiting"
        command = JoinWaitlistCommand(
            kind_id=kind.id,
            place_id=place,
            online_only=place is None and not anywhere,
            clinician_id=clinician,
            earliest=today,
            latest=today + 10 * DAY,
        )
        view = self.attempt(self.desk.join_waitlist(self.world.as_client(client), command), expected)
        if view is not None:
            self.model.entries[view.id] = Waiting(
                view.id, client, clinician, kind, place, today, today + 10 * DAY, anywhere
            )

    @precondition(lambda self: self._ahead())
    @rule(data=st.data(), named=st.booleans(), anywhere=st.booleans())
    def a_wanted_time_is_freed(self, data: st.DataObject, named: bool, anywhere: bool) -> None:
        """What chance would bring too rarely."""
        booking = data.draw(st.sampled_from(self._ahead()))
        for client in data.draw(st.permutations(self.clients))[:2]:
            place = None if anywhere else booking.place
            self._wait(client, booking.clinician if named else None, booking.kind, place, anywhere)
        self.attempt(self.desk.cancel_for(self.world.desk, CancelForClientsCommand(appointment_id=booking.id)), None)
        self._note_cancelled(booking)
        known = set(self.model.offers)
        self.offers_are_made()
        for offer in [one for one in self.model.offers.values() if one.id not in known]:
            self.discharge_or_take_back(data, offer.entry.client)
            happens = data.draw(st.sampled_from(["accepted", "booked", "late", "declined", "nothing"]))
            if happens == "late":
                self.world.clock.at = max(self.now, offer.held.expires)
            if happens == "booked":
                held = offer.held
                self._book(offer.entry.client, held.clinician, held.kind, held.place, held.at)
            elif happens != "nothing":
                self._answer(offer, offer.entry.client, accepting=happens != "declined")

    def _ahead(self) -> list[Booked]:
        booked = self.model.booked.values()
        return [one for one in booked if one.status == "booked" and self.now < one.at and one.kind.seats == 1]

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(list(self.model.entries.values())))
        client = data.draw(st.sampled_from([entry.client, entry.client, *self.clients]))
        expected = "not_found" if client != entry.client else None
        if expected is None and entry.status != "waiting":
            expected = "not_waiting"
        self.attempt(self.desk.leave_waitlist(self.world.as_client(client), entry.id), expected)
        if expected is None:
            entry.status = "left"
            for offer in self.model.offers.values():
                if offer.entry is entry and offer.status == "open":
                    offer.status = "declined"

    @rule()
    def offers_are_made(self) -> None:
        """The deferred jobs run, in order, and again those of before."""
        jobs = type(self).run(self.world.jobs("offer_freed_slot"))
        for ids in [*jobs[self.done :], *jobs[-2:]]:
            self._offer_one(ids["freed_slot_id"])
        self.done = len(jobs)

    def _offer_one(self, slot_id: UUID) -> None:
        slot, before = type(self).run(self._slot(slot_id))
        expected = None
        if slot is not None:
            kind = next(one for one in self.kinds if one.id == slot.kind_id)
            expected = self.model.next_for(slot, kind, self.now)
        command = OfferFreedSlotCommand(freed_slot_id=slot_id)
        type(self).run(self.desk.offer_freed_slot(self.world.system, command))
        _, after = type(self).run(self._slot(slot_id))
        made = [one for one in after if one.id not in {known.id for known in before}]
        assert [one.entry_id for one in made] == ([expected.id] if expected else [])
        for one in made:
            assert expected is not None
            expires = min(self.now + OFFERED_FOR, one.starts_at)
            assert one.expires_at == expires
            held = Held(
                one.id, self.world.practice_id, one.clinician_id, expected.kind, one.place_id, one.starts_at, expires
            )
            self.model.offers[one.id] = Offer(one.id, slot_id, expected, held)

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

    def _answer(self, offer: Offer, client: UUID, *, accepting: bool) -> None:
        entry, held = offer.entry, offer.held
        actor = self.world.as_client(client)
        expected = "not_found" if client != entry.client else None
        if expected is None and (offer.status != "open" or held.expires <= self.now):
            expected = "offer_closed"
        if not accepting:
            self.attempt(self.desk.decline_offer(actor, offer.id), expected)
            offer.status = offer.status if expected else "declined"
            return
        expected = expected or self.model.refusal(
            held.clinician, held.kind, held.place, held.at, [client], self.now, but=offer.id, by_staff=True
        )
        view = self.attempt(self.desk.accept_offer(actor, offer.id), expected)
        if view is not None:
            offer.status, entry.status = "accepted", "booked"
            self.note_booked(view.id, held.clinician, held.kind, held.place, held.at, [client])

    @precondition(lambda self: any(one.status == "open" for one in self.model.offers.values()))
    @rule(data=st.data(), exactly=st.booleans())
    def an_offer_runs_out(self, data: st.DataObject, exactly: bool) -> None:
        offer = data.draw(st.sampled_from([one for one in self.model.offers.values() if one.status == "open"]))
        at = offer.held.expires if exactly else offer.held.expires - timedelta.resolution
        self.world.clock.at = max(self.now, at)

    @rule()
    def offers_pass_on(self) -> None:
        due = [one for one in self.model.offers.values() if one.status == "open" and one.held.expires <= self.now]
        assert type(self).run(self.desk.pass_on_offers(self.world.system)) == len(due)
        for one in due:
            one.status = "expired"

    @rule()
    def holds_are_cleared(self) -> None:
        type(self).run(self.desk.clear_holds(self.world.system))
        for one in self.model.held.values():
            one.gone = one.gone or one.expires <= self.now - DAY

    @invariant()
    def everybody_sees_what_they_wait_for(self) -> None:
        today = self.now.astimezone(WALL).date()
        for client in self.clients:
            views = type(self).run(self.desk.list_waitlist(self.world.as_client(client)))
            own = [one for one in self.model.entries.values() if one.client == client]
            waits = [one.id for one in own if one.status == "waiting" and today <= one.latest]
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
        client, clinician, kind, place = self.wish(data)
        day, hour, minute = first
        planned = [new_york(day + 7 * week, hour, minute) for week in range(count)]
        skipped = data.draw(st.lists(st.sampled_from(planned), max_size=2)) if data.draw(st.booleans()) else []
        starts = [at for at in planned if at not in skipped]
        refusals = [self.model.refusal(clinician, kind, place, at, [client], self.now, by_staff=True) for at in starts]
        had = [at for at, refusal in zip(starts, refusals, strict=True) if refusal is None]
        command = BookSeriesCommand(
            clinician_id=clinician,
            kind_id=kind.id,
            place_id=place,
            client_ids=[client],
            first_start=planned[0].astimezone(WALL).replace(tzinfo=None),
            count=count,
            skip_dates=frozenset(at.astimezone(WALL).date() for at in skipped),
            skip_conflicts=skip,
        )
        expected = None if had and (skip or had == starts) else "invalid"
        expected = ("not_bookable" if place in self.model.closed else self.model.shut(client)) or expected
        view = self.attempt(self.desk.book_series(self.world.desk, command), expected)
        if view is not None:
            assert [at for at in starts if at not in had] == list(view.refused)
            self.model.series[view.id] = list(view.appointments)
            for at, booking_id in zip(had, view.appointments, strict=True):
                self.note_booked(booking_id, clinician, kind, place, at, [client])

    @precondition(lambda self: self.model.series)
    @rule(data=st.data())
    def cancel_series(self, data: st.DataObject) -> None:
        series_id = data.draw(st.sampled_from(list(self.model.series)))
        command = CancelSeriesCommand(series_id=series_id)
        self.attempt(self.desk.cancel_series(self.world.desk, command), None)
        for booking in (self.model.booked[one] for one in self.model.series.pop(series_id)):
            if booking.status == "booked" and self.now < booking.at:
                self._note_cancelled(booking)

    def _note_cancelled(self, booking: Booked) -> None:
        for client in booking.attending:
            booking.parts[client].status = "cancelled"
        booking.status = "cancelled"
        self._all_see_a_change(booking)
