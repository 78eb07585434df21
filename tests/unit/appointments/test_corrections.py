"""Staff put right what was recorded about an appointment, and waive fees."""

from datetime import timedelta

import pytest
from attrs import evolve

from portal_core.appointments.errors import (
    NoFeeDue,
    NotBooked,
    NothingToCorrect,
    NotStarted,
    OverlappingAppointment,
)
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.appointments.settings import AppointmentSettings
from portal_core.appointments.use_cases.book_appointment_for_clients import BookAppointmentForClientsCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.complete_appointment import CompleteAppointmentCommand
from portal_core.appointments.use_cases.correct_appointment import CorrectAppointmentCommand
from portal_core.appointments.use_cases.export_calendar_event import ExportCalendarEvent
from portal_core.appointments.use_cases.mark_no_show import MarkNoShowCommand
from portal_core.appointments.use_cases.waive_fee import WaiveFeeCommand
from portal_core.kernel.actor import ClientActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from portal_core.kernel.money import Money
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.practice_setup import booked, grey

FEE = Money(80_00)


async def status(scenario: BookingScenario, client: ClientActor, view: PracticeAppointmentView) -> str:
    return (await scenario.use_cases.get_appointment(client, view.id)).status


def correction(view: PracticeAppointmentView, status: str, **more: object) -> CorrectAppointmentCommand:
    values = {"appointment_id": view.id, "status": status, "reason": "Wrong row", **more}
    return CorrectAppointmentCommand(**values)  # type: ignore[arg-type]


@pytest.fixture
async def missed(scenario: BookingScenario) -> PracticeAppointmentView:
    """Ann's appointment on Wednesday at 10, which she was marked as having missed."""
    view = await booked(scenario)
    scenario.world.clock.at = new_york(4, 10, 30)
    command = MarkNoShowCommand(appointment_id=view.id, client_id=scenario.ann.client_id)
    return await scenario.use_cases.no_show(scenario.world.front_desk, command)


class TestCorrections:
    async def test_wrong_no_show_becomes_completed(
        self, scenario: BookingScenario, missed: PracticeAppointmentView
    ) -> None:
        notices, long_after = len(await scenario.world.notices()), timedelta(days=400)
        scenario.world.clock.advance(long_after)
        before = await scenario.use_cases.get_appointment(scenario.ann, missed.id)
        command = correction(missed, "attending", client_id=scenario.ann.client_id, version=missed.version)
        view = await scenario.use_cases.correct(scenario.world.front_desk, command)
        assert (view.status, view.version, view.attendances[0].status) == ("completed", missed.version + 1, "attending")
        after = await scenario.use_cases.get_appointment(scenario.ann, missed.id)
        assert (before.status, after.status, after.version) == ("no_show", "completed", before.version + 1)
        assert len(await scenario.world.notices()) == notices

    async def test_wrong_completion_becomes_a_no_show(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        scenario.world.clock.at = new_york(4, 11)
        command = CompleteAppointmentCommand(appointment_id=view.id)
        done = await scenario.use_cases.complete(scenario.world.front_desk, command)
        corrected = await scenario.use_cases.correct(grey(scenario), correction(done, "no_show"))
        assert corrected.status == await status(scenario, scenario.ann, view) == "no_show"

    async def test_visit_that_did_not_take_place_is_withdrawn(self, scenario: BookingScenario) -> None:
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(2, 9))
        command = BookAppointmentForClientsCommand(choice=choice, client_ids=(scenario.ann.client_id,), took_place=True)
        view = await scenario.use_cases.book_for(scenario.world.front_desk, command)
        withdrawn = await scenario.use_cases.correct(scenario.world.front_desk, correction(view, "cancelled"))
        assert withdrawn.status == await status(scenario, scenario.ann, view) == "cancelled"
        assert not scenario.world.store.table("calendar")
        assert await scenario.world.jobs("offer_freed_slot") == []
        # The clinician's time is free again, so the right visit can be recorded.
        command = evolve(command, client_ids=(scenario.bob.client_id,))
        assert (await scenario.use_cases.book_for(scenario.world.front_desk, command)).status == "completed"
        with pytest.raises(NotBooked):
            await scenario.use_cases.correct(scenario.world.front_desk, correction(view, "attending"))

    async def test_one_clients_part_is_corrected_and_the_other_sees_no_change(self, scenario: BookingScenario) -> None:
        view = await booked(scenario, "ann", "bob")
        scenario.world.clock.at = new_york(4, 11)
        command = CompleteAppointmentCommand(appointment_id=view.id)
        done = await scenario.use_cases.complete(scenario.world.front_desk, command)
        export = ExportCalendarEvent(scenario.world.begin, scenario.world.clock)
        seen = await scenario.use_cases.get_appointment(scenario.bob, view.id), await export(scenario.bob, view.id)
        command_for_ann = correction(done, "no_show", client_id=scenario.ann.client_id)
        corrected = await scenario.use_cases.correct(scenario.world.front_desk, command_for_ann)
        assert corrected.status == "completed"
        assert await status(scenario, scenario.ann, view) == "no_show"
        assert seen == (
            await scenario.use_cases.get_appointment(scenario.bob, view.id),
            await export(scenario.bob, view.id),
        )
        all_of_them = correction(corrected, "no_show")
        assert (await scenario.use_cases.correct(scenario.world.front_desk, all_of_them)).status == "no_show"
        assert len((await scenario.use_cases.list_corrections(scenario.world.front_desk, view.id)).items) == 2

    async def test_wrong_no_show_in_a_visit_that_is_still_running(self, scenario: BookingScenario) -> None:
        view = await booked(scenario, "ann", "bob")
        scenario.world.clock.at = new_york(4, 10, 15)
        command = MarkNoShowCommand(appointment_id=view.id, client_id=scenario.ann.client_id)
        await scenario.use_cases.no_show(scenario.world.front_desk, command)
        late = correction(view, "attending", client_id=scenario.ann.client_id)
        assert (await scenario.use_cases.correct(scenario.world.front_desk, late)).status == "booked"
        assert await status(scenario, scenario.ann, view) == "booked"

    async def test_reason_is_listed_for_staff_and_not_shown_to_the_client(
        self, scenario: BookingScenario, missed: PracticeAppointmentView
    ) -> None:
        desk = scenario.world.front_desk
        command = correction(missed, "cancelled", reason=" Her son\n called ", client_id=scenario.ann.client_id)
        await scenario.use_cases.correct(desk, command)
        [one] = (await scenario.use_cases.list_corrections(desk, missed.id)).items
        assert (one.client_name, one.before, one.after, one.fee, one.reason) == (
            "Ann Lee",
            "no_show",
            "cancelled",
            "keep",
            "Her son\ncalled",
        )
        assert (one.corrected_at, one.corrected_by is None) == (scenario.world.clock.now(), False)
        shown = await scenario.use_cases.get_appointment(scenario.ann, missed.id)
        assert (shown.status, shown.cancel_reason, shown.cancelled_late) == ("cancelled", None, False)
        written = [entry for entry in await scenario.world.audit() if entry.action == "appointment.corrected"]
        assert [(entry.record, entry.target, entry.facts) for entry in written] == [
            (scenario.ann.client_id, missed.id, {"before": "no_show", "after": "cancelled", "fee": "keep"})
        ]
        assert (await scenario.world.audit())[-2].action == "corrections.read"

    async def test_client_who_was_elsewhere_at_that_time_cannot_have_attended(
        self, scenario: BookingScenario, missed: PracticeAppointmentView
    ) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        elsewhere = await scenario.world.add_booking(
            green, scenario.appointment_type, new_york(4, 10, 30), scenario.ann.client_id
        )
        with pytest.raises(OverlappingAppointment):
            await scenario.use_cases.correct(
                scenario.world.front_desk, correction(missed, "attending", client_id=scenario.ann.client_id)
            )
        gone = CorrectAppointmentCommand(appointment_id=elsewhere.appointment.id, status="cancelled", reason="Wrong")
        scenario.world.clock.at = new_york(4, 11)
        await scenario.use_cases.correct(scenario.world.front_desk, gone)
        await scenario.use_cases.correct(scenario.world.front_desk, correction(missed, "attending"))

    async def test_refusals(self, scenario: BookingScenario, missed: PracticeAppointmentView) -> None:
        correct, desk = scenario.use_cases.correct, scenario.world.front_desk
        await self._refused(scenario, missed, NothingToCorrect, client_id=scenario.ann.client_id)
        await self._refused(scenario, missed, NothingToCorrect)
        await self._refused(scenario, missed, NotFound, client_id=scenario.bob.client_id)
        await self._refused(scenario, missed, NotFound, appointment_id=scenario.world.ids.new())
        await self._refused(scenario, missed, StaleVersion, version=missed.version - 1)
        await self._refused(scenario, missed, Invalid, client_id=scenario.ann.client_id, fee="charge")
        colleague = scenario.world.as_staff("clinician", clinician_id=await scenario.world.add_clinician())
        biller = scenario.world.as_staff("biller")
        for actor, refusal in ((scenario.ann, NotFound), (colleague, NotFound), (biller, Forbidden)):
            with pytest.raises(refusal):
                await correct(actor, correction(missed, "attending"))
            with pytest.raises(refusal):
                await scenario.use_cases.list_corrections(actor, missed.id)
        with pytest.raises(NotFound):
            await scenario.use_cases.list_corrections(desk, scenario.world.ids.new())
        later = await booked(scenario, hour=15)
        with pytest.raises(NotStarted):
            await correct(desk, correction(later, "no_show"))
        for reason in ("", " \n", "x" * 501, "a\x07b"):
            with pytest.raises(Invalid):
                correction(missed, "attending", reason=reason)

    @staticmethod
    async def _refused(
        scenario: BookingScenario, missed: PracticeAppointmentView, refusal: type[Exception], **more: object
    ) -> None:
        before = scenario.world.store.table("attendances").copy()
        with pytest.raises(refusal):
            await scenario.use_cases.correct(scenario.world.front_desk, correction(missed, "no_show", **more))
        assert scenario.world.store.table("attendances") == before


class TestFees:
    @pytest.fixture(autouse=True)
    async def fee_for_late_changes(self, scenario: BookingScenario) -> None:
        settings = AppointmentSettings(late_cancel="fee", late_cancel_fee=FEE)
        await scenario.world.save_appointment_settings(settings)

    async def test_client_called_off_late_and_is_charged(
        self, scenario: BookingScenario, missed: PracticeAppointmentView
    ) -> None:
        command = correction(missed, "cancelled", fee="charge")
        await scenario.use_cases.correct(scenario.world.front_desk, command)
        shown = await scenario.use_cases.get_appointment(scenario.ann, missed.id)
        assert (shown.status, shown.cancelled_late, shown.fee_due) == ("cancelled", True, FEE)
        last = (await scenario.world.notices())[-1]
        assert (last.kind, last.to_client) == ("late_cancel_fee", scenario.ann.client_id)

    async def test_late_fee_is_waived(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        scenario.world.clock.at = new_york(4, 9)
        cancelled = await scenario.use_cases.cancel(scenario.ann, CancelAppointmentCommand(appointment_id=view.id))
        assert cancelled.fee_due == FEE
        notices = len(await scenario.world.notices())
        command = WaiveFeeCommand(
            appointment_id=view.id, client_id=scenario.ann.client_id, reason="An emergency", version=view.version + 1
        )
        waived = await scenario.use_cases.waive_fee(scenario.world.front_desk, command)
        assert (waived.version, waived.attendances[0].fee_due) == (view.version + 2, None)
        shown = await scenario.use_cases.get_appointment(scenario.ann, view.id)
        assert (shown.status, shown.cancelled_late, shown.fee_due) == ("cancelled", True, None)
        assert shown.version == cancelled.version + 1
        [told] = (await scenario.world.notices())[notices:]
        assert (told.kind, told.to_client, told.to_account) == ("fee_removed", scenario.ann.client_id, None)
        [one] = (await scenario.use_cases.list_corrections(scenario.world.front_desk, view.id)).items
        assert (one.before, one.after, one.fee, one.reason) == ("cancelled", "cancelled", "waive", "An emergency")
        with pytest.raises(NoFeeDue):
            await scenario.use_cases.waive_fee(scenario.world.front_desk, evolve(command, version=None))

    async def test_each_change_of_a_fee_is_notified(
        self, scenario: BookingScenario, missed: PracticeAppointmentView
    ) -> None:
        before = len(await scenario.world.notices())
        for status, fee in (
            ("attending", "charge"),
            ("no_show", "keep"),
            ("attending", "waive"),
            ("no_show", "charge"),
        ):
            await scenario.use_cases.correct(scenario.world.front_desk, correction(missed, status, fee=fee))
        told = [one.kind for one in (await scenario.world.notices())[before:]]
        assert told == ["late_cancel_fee", "fee_removed", "no_show_fee"]

    async def test_only_who_manages_the_calendar_waives(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        command = WaiveFeeCommand(appointment_id=view.id, client_id=scenario.ann.client_id, reason="Kindness")
        colleague = scenario.world.as_staff("clinician", clinician_id=await scenario.world.add_clinician())
        biller = scenario.world.as_staff("biller")
        for actor, refusal in ((scenario.ann, NotFound), (colleague, NotFound), (biller, Forbidden)):
            with pytest.raises(refusal):
                await scenario.use_cases.waive_fee(actor, command)
        with pytest.raises(NotFound):
            stranger = evolve(command, client_id=scenario.bob.client_id)
            await scenario.use_cases.waive_fee(scenario.world.front_desk, stranger)
