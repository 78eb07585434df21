"""Clients request appointments; the practice confirms or declines."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from portal_core.appointments.appointment_request import PreferredTime
from portal_core.appointments.errors import (
    NotBookable,
    OutsideAvailability,
    OverlappingAppointment,
    RequestClosed,
    SlotTaken,
    TooManyOpenRequests,
    TooSoon,
)
from portal_core.appointments.settings import AppointmentSettings
from portal_core.appointments.use_cases.confirm_appointment_request import ConfirmAppointmentRequestCommand
from portal_core.appointments.use_cases.decline_appointment_request import DeclineAppointmentRequestCommand
from portal_core.appointments.use_cases.list_appointment_requests import ListAppointmentRequestsQuery
from portal_core.appointments.use_cases.list_practice_appointment_requests import ListPracticeAppointmentRequestsQuery
from portal_core.appointments.use_cases.request_appointment import RequestAppointmentCommand
from portal_core.appointments.views import AppointmentRequestView
from portal_core.kernel.actor import ClientActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from portal_core.kernel.page import PageRequest
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario

MORNING = PreferredTime(starts_at=new_york(4, 9), ends_at=new_york(4, 12))
EVENING = PreferredTime(starts_at=new_york(5, 18), ends_at=new_york(5, 20))


def request_command(scenario: BookingScenario, *preferred: PreferredTime, **more: object) -> RequestAppointmentCommand:
    values = {"appointment_type_id": scenario.appointment_type.id, "preferred": preferred or (MORNING,), **more}
    return RequestAppointmentCommand(**values)  # type: ignore[arg-type]


async def ask(scenario: BookingScenario, actor: ClientActor | None = None, **more: object) -> AppointmentRequestView:
    return await scenario.use_cases.request_appointment(actor or scenario.ann, request_command(scenario, **more))


def confirm_command(
    scenario: BookingScenario, request: AppointmentRequestView, at: datetime = MORNING.starts_at, **more: object
) -> ConfirmAppointmentRequestCommand:
    values = {"request_id": request.id, "clinician_id": scenario.grey, "starts_at": at, **more}
    return ConfirmAppointmentRequestCommand(**values)  # type: ignore[arg-type]


class TestRequesting:
    async def test_request_view_includes_names(self, scenario: BookingScenario) -> None:
        location = await scenario.world.add_location()
        command = request_command(
            scenario, MORNING, EVENING, location_id=location.id, clinician_id=scenario.grey, reason="Sleep"
        )
        view = await scenario.use_cases.request_appointment(scenario.ann, command)
        assert (view.status, view.appointment_type_name, view.location_name) == (
            "pending",
            "Individual session",
            "Main office",
        )
        assert (view.clinician_name, view.telehealth, view.reason) == ("Dr. Grey", False, "Sleep")
        assert [one.starts_at for one in view.preferred] == [MORNING.starts_at, EVENING.starts_at]
        page = await scenario.use_cases.list_appointment_requests(scenario.ann, ListAppointmentRequestsQuery())
        assert page.items == (view,)
        page = await scenario.use_cases.list_appointment_requests(scenario.bob, ListAppointmentRequestsQuery())
        assert page.items == ()

    async def test_duplicate_preferred_times_are_refused(self, scenario: BookingScenario) -> None:
        with pytest.raises(Invalid) as refused:
            request_command(scenario, MORNING, EVENING, MORNING)
        assert [(one.path, one.code) for one in refused.value.fields] == [("preferred.2", "duplicate")]

    async def test_requests_allowed_without_self_booking(self, scenario: BookingScenario) -> None:
        await scenario.world.save_appointment_settings(AppointmentSettings(self_booking=False))
        appointment_type = await scenario.world.add_appointment_type(self_bookable=False, minutes=180)
        assert (
            await scenario.use_cases.request_appointment(
                scenario.ann, request_command(scenario, appointment_type_id=appointment_type.id)
            )
        ).status == "pending"

    async def test_unavailable_options_are_refused(self, scenario: BookingScenario) -> None:
        world = scenario.world
        stranger, gone = await world.add_clinician("Dr. Green"), await world.add_clinician("Dr. Gone", active=False)
        await world.join_care_team(scenario.ann.client_id, gone)
        for more in (
            {"appointment_type_id": world.ids.new()},
            {"appointment_type_id": (await world.add_appointment_type(active=False)).id},
            {"location_id": world.ids.new()},
            {"location_id": (await world.add_location(active=False)).id},
            {"clinician_id": stranger},
            {"clinician_id": gone},
        ):
            with pytest.raises(NotBookable):
                await scenario.use_cases.request_appointment(scenario.ann, request_command(scenario, **more))

    async def test_invalid_preferred_times(self, scenario: BookingScenario) -> None:
        past = PreferredTime(starts_at=new_york(2, 9), ends_at=new_york(2, 12))
        short = PreferredTime(starts_at=new_york(4, 9), ends_at=new_york(4, 9, 59))
        far = PreferredTime(starts_at=datetime(2037, 1, 1, tzinfo=UTC), ends_at=datetime(2037, 1, 2, tzinfo=UTC))
        with pytest.raises(Invalid) as caught:
            await scenario.use_cases.request_appointment(scenario.ann, request_command(scenario, past, short, far))
        assert [(one.path, one.code) for one in caught.value.fields] == [
            ("preferred.0.starts_at", "out_of_range"),
            ("preferred.1.ends_at", "too_short"),
            ("preferred.2.starts_at", "out_of_range"),
        ]
        with pytest.raises(Invalid):
            four = [PreferredTime(starts_at=new_york(day, 9), ends_at=new_york(day, 12)) for day in (4, 5, 6, 9)]
            await scenario.use_cases.request_appointment(scenario.ann, request_command(scenario, *four))
        with pytest.raises(Invalid):
            request_command(scenario, reason="x" * 1001)

    async def test_pending_requests_are_limited(self, scenario: BookingScenario) -> None:
        first, *_ = [await ask(scenario) for _ in range(3)]
        with pytest.raises(TooManyOpenRequests):
            await ask(scenario)
        await ask(scenario, scenario.bob)
        await scenario.use_cases.withdraw_appointment_request(scenario.ann, first.id)
        await ask(scenario)

    async def test_only_client_or_writing_proxy_can_request(self, scenario: BookingScenario) -> None:
        client = scenario.ann.client_id
        for actor in (scenario.world.front_desk, scenario.world.as_proxy(client, may_write=True, areas=["messages"])):
            with pytest.raises(NotFound):
                await scenario.use_cases.request_appointment(actor, request_command(scenario))
        with pytest.raises(Forbidden):
            await scenario.use_cases.request_appointment(
                scenario.world.as_proxy(client, may_write=False), request_command(scenario)
            )


class TestWithdrawing:
    async def test_client_withdraws_own_request_once(self, scenario: BookingScenario) -> None:
        view = await ask(scenario)
        with pytest.raises(NotFound):
            await scenario.use_cases.withdraw_appointment_request(scenario.bob, view.id)
        withdrawn = await scenario.use_cases.withdraw_appointment_request(scenario.ann, view.id)
        assert (withdrawn.status, withdrawn.version) == ("withdrawn", 2)
        with pytest.raises(RequestClosed):
            await scenario.use_cases.withdraw_appointment_request(scenario.ann, view.id)
        with pytest.raises(RequestClosed):
            await scenario.use_cases.confirm_appointment_request(
                scenario.world.front_desk, confirm_command(scenario, view)
            )


class TestConfirming:
    async def test_confirming_books_and_notifies(self, scenario: BookingScenario) -> None:
        view = await ask(scenario)
        booked = await scenario.use_cases.confirm_appointment_request(
            scenario.world.front_desk, confirm_command(scenario, view, new_york(4, 10, 7))
        )
        assert (booked.starts_at, booked.ends_at) == (new_york(4, 10, 7), new_york(4, 11, 7))
        page = await scenario.use_cases.list_appointment_requests(scenario.ann, ListAppointmentRequestsQuery())
        (mine,) = page.items
        assert (mine.status, mine.appointment_id) == ("confirmed", booked.id)
        assert (await scenario.use_cases.get_appointment(scenario.ann, booked.id)).status == "booked"
        notified = [(one.kind, one.to_client, one.to_account, one.subject_id) for one in await scenario.world.notices()]
        assert notified == [
            ("appointment_request_confirmed", scenario.ann.client_id, None, booked.id),
            ("appointment_booked", None, scenario.grey_account_id, booked.id),
        ]
        actions = [one.action for one in await scenario.world.audit() if one.record == scenario.ann.client_id]
        assert "appointment_request.confirmed" in actions

    async def test_repeating_is_idempotent(self, scenario: BookingScenario) -> None:
        view = await ask(scenario)
        await scenario.use_cases.confirm_appointment_request(scenario.world.front_desk, confirm_command(scenario, view))
        for again in (confirm_command(scenario, view), confirm_command(scenario, view, new_york(4, 11))):
            with pytest.raises(RequestClosed):
                await scenario.use_cases.confirm_appointment_request(scenario.world.front_desk, again)
        with pytest.raises(RequestClosed):
            await scenario.use_cases.decline_appointment_request(
                scenario.world.front_desk, DeclineAppointmentRequestCommand(request_id=view.id)
            )
        assert len(scenario.world.store.table("appointments")) == 1

    async def test_only_requested_times_can_be_confirmed(self, scenario: BookingScenario) -> None:
        view = await ask(scenario)
        for at in (new_york(4, 8, 59), new_york(4, 11, 1), new_york(5, 10)):
            with pytest.raises(Invalid):
                await scenario.use_cases.confirm_appointment_request(
                    scenario.world.front_desk, confirm_command(scenario, view, at)
                )
        await scenario.use_cases.confirm_appointment_request(
            scenario.world.front_desk, confirm_command(scenario, view, new_york(4, 11))
        )

    async def test_only_requested_clinician_can_be_confirmed(self, scenario: BookingScenario) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        await scenario.world.open_week(green)
        named = await ask(scenario, clinician_id=scenario.grey)
        with pytest.raises(Invalid):
            await scenario.use_cases.confirm_appointment_request(
                scenario.world.front_desk, confirm_command(scenario, named, clinician_id=green)
            )
        anyone = await ask(scenario)
        await scenario.use_cases.confirm_appointment_request(
            scenario.world.front_desk, confirm_command(scenario, anyone, clinician_id=green)
        )

    async def test_confirming_a_taken_time_is_refused(self, scenario: BookingScenario) -> None:
        of_ann, of_bob = await ask(scenario), await ask(scenario, scenario.bob)
        await scenario.use_cases.confirm_appointment_request(
            scenario.world.front_desk, confirm_command(scenario, of_ann)
        )
        with pytest.raises(SlotTaken):
            await scenario.use_cases.confirm_appointment_request(
                scenario.world.front_desk, confirm_command(scenario, of_bob)
            )
        green = await scenario.world.add_clinician("Dr. Green")
        await scenario.world.open_week(green)
        again = await ask(scenario)
        with pytest.raises(OverlappingAppointment):
            await scenario.use_cases.confirm_appointment_request(
                scenario.world.front_desk, confirm_command(scenario, again, clinician_id=green)
            )
        page = await scenario.use_cases.list_appointment_requests(scenario.bob, ListAppointmentRequestsQuery())
        assert page.items[0].status == "pending"

    async def test_outside_hours_needs_override(self, scenario: BookingScenario) -> None:
        view = await scenario.use_cases.request_appointment(scenario.ann, request_command(scenario, EVENING))
        with pytest.raises(OutsideAvailability):
            await scenario.use_cases.confirm_appointment_request(
                scenario.world.front_desk, confirm_command(scenario, view, EVENING.starts_at)
            )
        command = confirm_command(scenario, view, EVENING.starts_at, outside_hours=True)
        assert (
            await scenario.use_cases.confirm_appointment_request(scenario.world.front_desk, command)
        ).status == "booked"

    async def test_past_or_withdrawn_requests_cannot_be_confirmed(self, scenario: BookingScenario) -> None:
        view = await ask(scenario)
        scenario.world.clock.advance(timedelta(days=3))
        with pytest.raises(TooSoon):
            await scenario.use_cases.confirm_appointment_request(
                scenario.world.front_desk, confirm_command(scenario, view)
            )
        scenario.world.store.table("appointment_types")[scenario.world.practice_id, scenario.appointment_type.id] = (
            evolve(scenario.appointment_type, active=False)
        )
        with pytest.raises(NotBookable):
            await scenario.use_cases.confirm_appointment_request(
                scenario.world.front_desk, confirm_command(scenario, view)
            )

    async def test_only_scheduling_staff_can_confirm(self, scenario: BookingScenario) -> None:
        view = await ask(scenario)
        with pytest.raises(NotFound):
            await scenario.use_cases.confirm_appointment_request(scenario.ann, confirm_command(scenario, view))
        with pytest.raises(Forbidden):
            clinician = scenario.world.as_staff("clinician", clinician_id=scenario.grey)
            await scenario.use_cases.confirm_appointment_request(clinician, confirm_command(scenario, view))
        other = await scenario.world.other_practice()
        with pytest.raises(NotFound):
            await scenario.use_cases.confirm_appointment_request(other.front_desk, confirm_command(scenario, view))
        with pytest.raises(StaleVersion):
            await scenario.use_cases.confirm_appointment_request(
                scenario.world.front_desk, confirm_command(scenario, view, version=2)
            )


class TestDeclining:
    async def test_client_sees_answer_and_is_notified(self, scenario: BookingScenario) -> None:
        view = await ask(scenario)
        command = DeclineAppointmentRequestCommand(request_id=view.id, answer="We are full.", version=1)
        declined = await scenario.use_cases.decline_appointment_request(scenario.world.front_desk, command)
        page = await scenario.use_cases.list_appointment_requests(scenario.ann, ListAppointmentRequestsQuery())
        (mine,) = page.items
        assert mine == declined
        assert (mine.status, mine.answer, mine.answered_at) == ("declined", "We are full.", scenario.world.clock.now())
        notified = [(one.kind, one.to_client, one.subject_id) for one in await scenario.world.notices()]
        assert notified == [("appointment_request_declined", scenario.ann.client_id, view.id)]
        with pytest.raises(RequestClosed):
            await scenario.use_cases.decline_appointment_request(
                scenario.world.front_desk, DeclineAppointmentRequestCommand(request_id=view.id)
            )

    async def test_only_practice_can_decline(self, scenario: BookingScenario) -> None:
        command = DeclineAppointmentRequestCommand(request_id=(await ask(scenario)).id)
        with pytest.raises(NotFound):
            await scenario.use_cases.decline_appointment_request(scenario.ann, command)
        with pytest.raises(NotFound):
            await scenario.use_cases.decline_appointment_request(
                scenario.world.front_desk, evolve(command, request_id=scenario.world.ids.new())
            )
        with pytest.raises(Invalid):
            evolve(command, answer="x" * 1001)


class TestPracticeList:
    async def test_practice_list_is_oldest_first_and_audited_per_client(self, scenario: BookingScenario) -> None:
        first = await ask(scenario)
        scenario.world.clock.advance(timedelta(minutes=1))
        second = await ask(scenario, scenario.bob)
        page = await scenario.use_cases.list_practice_appointment_requests(
            scenario.world.front_desk, ListPracticeAppointmentRequestsQuery()
        )
        assert [(one.client_name, one.request) for one in page.items] == [("Ann Lee", first), ("Bob Lee", second)]
        read = [one.record for one in await scenario.world.audit() if one.action == "appointment_requests.read"]
        assert read == sorted([scenario.ann.client_id, scenario.bob.client_id])
        with pytest.raises(NotFound):
            await scenario.use_cases.list_practice_appointment_requests(
                scenario.ann, ListPracticeAppointmentRequestsQuery()
            )
        with pytest.raises(Invalid):
            await scenario.use_cases.list_practice_appointment_requests(
                scenario.world.front_desk, ListPracticeAppointmentRequestsQuery(page=PageRequest(size=101))
            )
