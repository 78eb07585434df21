"""What remains of appointments when a client's key is destroyed: the calendar, without encrypted texts."""

from datetime import datetime
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.appointment_request import PreferredTime
from portal_core.appointments.check_in import CheckIn
from portal_core.appointments.practice_views import AttendanceView, PracticeAppointmentView
from portal_core.appointments.settings import AppointmentType
from portal_core.appointments.use_cases.add_client_to_appointment import AddClientToAppointmentCommand
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.book_appointment_for_clients import BookAppointmentForClientsCommand
from portal_core.appointments.use_cases.book_series import BookSeriesCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClientsCommand
from portal_core.appointments.use_cases.cancel_series import CancelSeriesCommand
from portal_core.appointments.use_cases.confirm_appointment_request import ConfirmAppointmentRequestCommand
from portal_core.appointments.use_cases.decline_appointment_request import DeclineAppointmentRequestCommand
from portal_core.appointments.use_cases.extend_series import ExtendSeriesCommand
from portal_core.appointments.use_cases.get_schedule import GetScheduleQuery
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.appointments.use_cases.list_practice_appointment_requests import ListPracticeAppointmentRequestsQuery
from portal_core.appointments.use_cases.request_appointment import RequestAppointmentCommand
from portal_core.appointments.use_cases.reschedule_appointment_for_clients import RescheduleAppointmentForClientsCommand
from portal_core.appointments.views import AppointmentFilter, AppointmentRequestView
from portal_core.kernel.errors import RecordDestroyed
from portal_core.kernel.page import PageRequest
from tests.support.appointments.use_cases import AppointmentUseCases
from tests.support.contracts.appointments.world import AUDIT_ENTRY, AppointmentsWorld, new_york


def _reasons(appointment: PracticeAppointmentView) -> dict[UUID, str | None]:
    return {one.client_id: one.reason for one in appointment.attendances}


def _part(appointment: PracticeAppointmentView, client_id: UUID) -> AttendanceView:
    return next(one for one in appointment.attendances if one.client_id == client_id)


class DestroyedRecordsContract:
    """Ann's key is destroyed, Bob's is not; they have appointments together and alone."""

    async def _people(self, world: AppointmentsWorld) -> tuple[UUID, UUID, UUID, AppointmentType]:
        clinician, appointment_type = await world.add_clinician(), await world.add_appointment_type("Group", seats=2)
        await world.open_week(clinician)
        ann, bob = await world.add_client(given="Ann"), await world.add_client(given="Bob")
        for client in (ann, bob):
            await world.join_care_team(client, clinician)
        return ann, bob, clinician, appointment_type

    async def _request(
        self, world: AppointmentsWorld, client: UUID, appointment_type: AppointmentType, reason: str
    ) -> AppointmentRequestView:
        preferred = (PreferredTime(starts_at=new_york(4, 9), ends_at=new_york(4, 17)),)
        command = RequestAppointmentCommand(appointment_type_id=appointment_type.id, preferred=preferred, reason=reason)
        return await AppointmentUseCases(world).request_appointment(world.as_client(client), command)

    async def test_lists_and_days_omit_reasons(self, world: AppointmentsWorld) -> None:
        ann, bob, clinician, appointment_type = await self._people(world)
        use_cases = AppointmentUseCases(world)
        off = await world.add_booking(clinician, appointment_type, new_york(5, 9), ann, bob)
        on = await world.add_booking(clinician, appointment_type, new_york(5, 11), ann, bob)
        for client in (ann, bob):
            command = CancelAppointmentCommand(appointment_id=off.appointment.id, reason=f"Ill, {client}")
            await use_cases.cancel(world.as_client(client), command)
        await world.destroy_key(ann)
        day = await use_cases.get_schedule(
            world.front_desk, GetScheduleQuery(first_day=new_york(5, 9).date(), last_day=new_york(5, 9).date())
        )
        assert [one.id for one in day.appointments] == [off.appointment.id, on.appointment.id]
        assert _reasons(day.appointments[0]) == {ann: None, bob: f"Ill, {bob}"}
        gone = _part(day.appointments[0], ann)
        assert (gone.client_name, gone.status, gone.cancelled_at) == (
            "Erased record",
            "cancelled",
            world.clock.now(),
        )
        for client, reason in ((ann, None), (bob, f"Ill, {bob}")):
            query = ListMyAppointmentsQuery(AppointmentFilter("cancelled"), PageRequest())
            mine = await use_cases.list_mine(world.as_client(client), query)
            assert [(one.id, one.cancel_reason) for one in mine.items] == [(off.appointment.id, reason)]

    async def test_saving_stale_booking_does_not_restore_reason(self, world: AppointmentsWorld) -> None:
        ann, bob, clinician, appointment_type = await self._people(world)
        booking = await world.add_booking(clinician, appointment_type, new_york(3, 9), ann, bob)
        known = booking.leave(ann, at=world.clock.now(), reason="Ill")
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(known, AUDIT_ENTRY)
            await unit.commit(None)
        await world.destroy_key(ann)
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(known.leave(bob, at=world.clock.now(), reason="Ill too"), AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            found = await unit.appointments.get_for_practice(booking.appointment.id)
        assert found is not None
        assert {one.client_id: one.reason for one in found.attendances} == {ann: None, bob: "Ill too"}

    async def test_practice_cancels_and_notifies_everybody(self, world: AppointmentsWorld) -> None:
        ann, bob, clinician, appointment_type = await self._people(world)
        booking = await world.add_booking(clinician, appointment_type, new_york(3, 9), ann, bob)
        await world.destroy_key(ann)
        command = CancelAppointmentForClientsCommand(
            appointment_id=booking.appointment.id, reason="Dr. Grey is ill.", internal_note="Sick leave"
        )
        cancelled = await AppointmentUseCases(world).cancel_for(world.front_desk, command)
        assert (cancelled.status, _reasons(cancelled)) == ("cancelled", {ann: None, bob: "Dr. Grey is ill."})
        assert {one.client_id: one.internal_note for one in cancelled.attendances} == {ann: None, bob: "Sick leave"}
        notified = {one.to_client for one in await world.notices() if one.kind == "appointment_cancelled"}
        assert {ann, bob} <= notified
        async with world.begin(world.front_desk) as unit:
            assert await unit.calendar.busy([clinician], new_york(3, 0), new_york(4, 0), world.clock.now()) == []

    async def test_series_can_still_be_changed_and_ended(self, world: AppointmentsWorld) -> None:
        ann, bob, clinician, appointment_type = await self._people(world)
        use_cases = AppointmentUseCases(world)
        weekly = BookSeriesCommand(
            clinician_id=clinician,
            appointment_type_id=appointment_type.id,
            client_ids=(ann, bob),
            first_start=datetime(2026, 3, 3, 9),  # noqa: DTZ001
            count=3,
        )
        series = await use_cases.book_series(world.front_desk, weekly)
        await world.destroy_key(ann)
        moved = RescheduleAppointmentForClientsCommand(
            appointment_id=series.appointments[0].id, choice=world.choice(clinician, appointment_type, new_york(3, 11))
        )
        assert (await use_cases.reschedule_for(world.front_desk, moved)).starts_at == new_york(3, 11)
        ended = await use_cases.cancel_series(
            world.front_desk, CancelSeriesCommand(series_id=series.id, reason="Holidays")
        )
        assert ended.status == "ended"
        async with world.begin(world.front_desk) as unit:
            found = await unit.series.bookings(series.id)
        assert [{one.client_id: one.reason for one in each.attendances} for each in found] == [
            {ann: None, bob: "Holidays"}
        ] * 3

    async def test_nothing_new_is_booked(self, world: AppointmentsWorld) -> None:
        """Not by staff either, in no way; what is booked can still be cancelled."""
        ann, bob, clinician, group = await self._people(world)
        alone, use_cases, desk = await world.add_appointment_type(), AppointmentUseCases(world), world.front_desk
        mine = await use_cases.book(
            world.as_client(ann), BookAppointmentCommand(choice=world.choice(clinician, alone, new_york(4, 9)))
        )
        bobs = await world.add_booking(clinician, group, new_york(6, 9), bob)
        weekly = BookSeriesCommand(
            clinician_id=clinician,
            appointment_type_id=alone.id,
            client_ids=(ann,),
            first_start=datetime(2026, 3, 10, 9),  # noqa: DTZ001
            count=2,
        )
        series = await use_cases.book_series(desk, weekly)
        request = await self._request(world, ann, group, "Sleep")
        await world.destroy_key(ann)
        choice = world.choice(clinician, alone, new_york(5, 9))
        confirm = ConfirmAppointmentRequestCommand(
            request_id=request.id, clinician_id=clinician, starts_at=new_york(4, 11)
        )
        version = series.version
        for attempt in (
            use_cases.book(world.as_client(ann), BookAppointmentCommand(choice=choice)),
            use_cases.book_for(desk, BookAppointmentForClientsCommand(choice=choice, client_ids=(ann,))),
            use_cases.book_series(desk, evolve(weekly, first_start=datetime(2026, 4, 14, 9))),  # noqa: DTZ001
            use_cases.extend_series(desk, ExtendSeriesCommand(series_id=series.id, count=1, version=version)),
            use_cases.add_client(
                desk, AddClientToAppointmentCommand(appointment_id=bobs.appointment.id, client_id=ann)
            ),
            use_cases.confirm_appointment_request(desk, confirm),
        ):
            with pytest.raises(RecordDestroyed):
                await attempt
        gone = await use_cases.cancel_for(
            desk, CancelAppointmentForClientsCommand(appointment_id=mine.id, reason="Ill")
        )
        assert (gone.status, gone.attendances[0].reason) == ("cancelled", None)

    async def test_requests_are_listed_and_answered_without_reasons(self, world: AppointmentsWorld) -> None:
        ann, bob, clinician, appointment_type = await self._people(world)
        use_cases = AppointmentUseCases(world)
        declined, confirmed, withdrawn = [
            await self._request(world, ann, appointment_type, f"No. {number}") for number in range(3)
        ]
        of_bob = await self._request(world, bob, appointment_type, "Sleep")
        await world.destroy_key(ann)
        listed = await use_cases.list_practice_appointment_requests(
            world.front_desk, ListPracticeAppointmentRequestsQuery("pending", PageRequest())
        )
        assert {one.request.id: one.request.reason for one in listed.items} == {
            declined.id: None,
            confirmed.id: None,
            withdrawn.id: None,
            of_bob.id: "Sleep",
        }
        answer = DeclineAppointmentRequestCommand(request_id=declined.id, answer="We are full.")
        with pytest.raises(RecordDestroyed):
            await use_cases.decline_appointment_request(world.front_desk, answer)
        refused = await use_cases.decline_appointment_request(world.front_desk, evolve(answer, answer=None))
        assert (refused.status, refused.reason, refused.answer) == ("declined", None, None)
        said = await use_cases.decline_appointment_request(world.front_desk, evolve(answer, request_id=of_bob.id))
        assert (said.reason, said.answer) == ("Sleep", "We are full.")
        booked = ConfirmAppointmentRequestCommand(
            request_id=confirmed.id, clinician_id=clinician, starts_at=new_york(4, 9)
        )
        with pytest.raises(RecordDestroyed):
            await use_cases.confirm_appointment_request(world.front_desk, booked)
        assert (await use_cases.withdraw_appointment_request(world.as_client(ann), withdrawn.id)).status == "withdrawn"
        with pytest.raises(RecordDestroyed):
            await self._request(world, ann, appointment_type, "Again")

    async def test_saving_stale_request_does_not_restore_reason(self, world: AppointmentsWorld) -> None:
        ann, _, _, appointment_type = await self._people(world)
        request = await self._request(world, ann, appointment_type, "Sleep")
        async with world.begin(world.front_desk) as unit:
            known = await unit.requests.get_for_practice(request.id)
        assert known is not None
        await world.destroy_key(ann)
        async with world.begin(world.front_desk) as unit:
            await unit.requests.save(known.decline(None, at=world.clock.now()), AUDIT_ENTRY)
            found = await unit.requests.get_for_practice(request.id)
        assert found is not None
        assert (found.status, found.reason, found.answer) == ("declined", None, None)

    async def test_check_ins_are_blanked_and_new_ones_refused(self, world: AppointmentsWorld) -> None:
        ann, bob, clinician, appointment_type = await self._people(world)
        booking = (await world.add_booking(clinician, appointment_type, new_york(3, 9), ann, bob)).appointment.id
        made = [
            CheckIn(
                id=world.ids.new(),
                practice_id=world.practice_id,
                appointment_id=booking,
                client_id=client,
                client_location="12 Elm Street",
                callback="+1 518 555 0100",
                joined_at=world.clock.now(),
            )
            for client in (ann, bob)
        ]
        for one in made:
            async with world.begin(world.as_client(one.client_id)) as unit:
                await unit.check_ins.add(one, AUDIT_ENTRY)
                await unit.commit(None)
        await world.destroy_key(ann)
        async with world.begin(world.front_desk) as unit:
            found = await unit.check_ins.of_appointment(booking)
        assert found == [made[1], evolve(made[0], client_location=None, callback=None)]
        with pytest.raises(RecordDestroyed):
            async with world.begin(world.as_client(ann)) as unit:
                await unit.check_ins.add(evolve(made[0], id=world.ids.new()), AUDIT_ENTRY)

    async def test_other_clients_and_audit_are_unchanged(self, world: AppointmentsWorld) -> None:
        ann, bob, _, appointment_type = await self._people(world)
        await self._request(world, ann, appointment_type, "Sleep")
        of_bob = await self._request(world, bob, appointment_type, "Sleep")
        before = await world.audit()
        await world.destroy_key(ann)
        after = await world.audit()
        assert after[: len(before)] == before
        assert [one.action for one in after[len(before) :] if one.action != "test.added"] == [
            "test.asked",
            "test.confirmed",
            "test.erased",
        ]
        async with world.begin(world.as_client(bob)) as unit:
            known = await unit.requests.get(bob, of_bob.id)
        assert known is not None
        assert known.reason == "Sleep"
