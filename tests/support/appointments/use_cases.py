"""Every appointment use case, over any world."""

from attrs import define, field

from portal_core.appointments.use_cases.accept_offer import AcceptOffer
from portal_core.appointments.use_cases.add_availability_exception import AddAvailabilityException
from portal_core.appointments.use_cases.add_client_to_appointment import AddClientToAppointment
from portal_core.appointments.use_cases.advance_expired_offers import AdvanceExpiredOffers
from portal_core.appointments.use_cases.block_time import BlockTime
from portal_core.appointments.use_cases.book_appointment import BookAppointment
from portal_core.appointments.use_cases.book_appointment_for_clients import BookAppointmentForClients
from portal_core.appointments.use_cases.book_series import BookSeries
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointment
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClients
from portal_core.appointments.use_cases.cancel_attendance import CancelAttendance
from portal_core.appointments.use_cases.cancel_series import CancelSeries
from portal_core.appointments.use_cases.complete_appointment import CompleteAppointment
from portal_core.appointments.use_cases.confirm_appointment_request import ConfirmAppointmentRequest
from portal_core.appointments.use_cases.correct_appointment import CorrectAppointment
from portal_core.appointments.use_cases.create_calendar_feed import CreateCalendarFeed
from portal_core.appointments.use_cases.decline_appointment_request import DeclineAppointmentRequest
from portal_core.appointments.use_cases.decline_offer import DeclineOffer
from portal_core.appointments.use_cases.delete_expired_holds import DeleteExpiredHolds
from portal_core.appointments.use_cases.export_calendar_event import ExportCalendarEvent
from portal_core.appointments.use_cases.extend_series import ExtendSeries
from portal_core.appointments.use_cases.find_slots import FindSlots
from portal_core.appointments.use_cases.get_appointment import GetAppointment
from portal_core.appointments.use_cases.get_availability import GetAvailability
from portal_core.appointments.use_cases.get_calendar_feed import GetCalendarFeed
from portal_core.appointments.use_cases.get_practice_appointment import GetPracticeAppointment
from portal_core.appointments.use_cases.get_schedule import GetSchedule
from portal_core.appointments.use_cases.get_series import GetSeries
from portal_core.appointments.use_cases.hold_slot import HoldSlot
from portal_core.appointments.use_cases.join_waitlist import JoinWaitlist
from portal_core.appointments.use_cases.leave_waitlist import LeaveWaitlist
from portal_core.appointments.use_cases.list_appointment_requests import ListAppointmentRequests
from portal_core.appointments.use_cases.list_check_ins import ListCheckIns
from portal_core.appointments.use_cases.list_client_appointments import ListClientAppointments
from portal_core.appointments.use_cases.list_corrections import ListCorrections
from portal_core.appointments.use_cases.list_holds import ListHolds
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointments
from portal_core.appointments.use_cases.list_practice_appointment_requests import ListPracticeAppointmentRequests
from portal_core.appointments.use_cases.list_practice_waitlist import ListPracticeWaitlist
from portal_core.appointments.use_cases.list_waitlist import ListWaitlist
from portal_core.appointments.use_cases.mark_no_show import MarkNoShow
from portal_core.appointments.use_cases.move_series import MoveSeries
from portal_core.appointments.use_cases.offer_freed_slot import OfferFreedSlot
from portal_core.appointments.use_cases.publish_availability import PublishAvailability
from portal_core.appointments.use_cases.read_calendar_feed import ReadCalendarFeed
from portal_core.appointments.use_cases.release_hold import ReleaseHold
from portal_core.appointments.use_cases.remove_account_feed import RemoveAccountFeed
from portal_core.appointments.use_cases.remove_availability_exception import RemoveAvailabilityException
from portal_core.appointments.use_cases.remove_calendar_feed import RemoveCalendarFeed
from portal_core.appointments.use_cases.remove_from_waitlist import RemoveFromWaitlist
from portal_core.appointments.use_cases.request_appointment import RequestAppointment
from portal_core.appointments.use_cases.reschedule_appointment import RescheduleAppointment
from portal_core.appointments.use_cases.reschedule_appointment_for_clients import RescheduleAppointmentForClients
from portal_core.appointments.use_cases.send_appointment_reminders import SendAppointmentReminders
from portal_core.appointments.use_cases.unblock_time import UnblockTime
from portal_core.appointments.use_cases.waive_fee import WaiveFee
from portal_core.appointments.use_cases.withdraw_appointment_request import WithdrawAppointmentRequest
from tests.support.contracts.appointments.world import AppointmentsWorld


@define
class AppointmentUseCases:
    """Every appointment use case, built over one world."""

    world: AppointmentsWorld
    _jobs_run: int = field(init=False, default=0)

    @property
    def list_mine(self) -> ListMyAppointments:
        return ListMyAppointments(self.world.begin, self.world.clock)

    @property
    def get_appointment(self) -> GetAppointment:
        return GetAppointment(self.world.begin, self.world.clock)

    @property
    def find_slots(self) -> FindSlots:
        return FindSlots(self.world.begin, self.world.clock)

    @property
    def hold(self) -> HoldSlot:
        return HoldSlot(self.world.begin, self.world.clock, self.world.ids)

    @property
    def release(self) -> ReleaseHold:
        return ReleaseHold(self.world.begin, self.world.clock)

    @property
    def book(self) -> BookAppointment:
        return BookAppointment(self.world.begin, self.world.clock, self.world.ids, self.world.tokens)

    @property
    def cancel(self) -> CancelAppointment:
        return CancelAppointment(self.world.begin, self.world.clock, self.world.ids)

    @property
    def reschedule(self) -> RescheduleAppointment:
        return RescheduleAppointment(self.world.begin, self.world.clock, self.world.ids)

    @property
    def export(self) -> ExportCalendarEvent:
        return ExportCalendarEvent(self.world.begin, self.world.clock)

    @property
    def publish(self) -> PublishAvailability:
        return PublishAvailability(self.world.begin, self.world.clock, self.world.ids)

    @property
    def get_availability(self) -> GetAvailability:
        return GetAvailability(self.world.begin, self.world.clock)

    @property
    def add_exception(self) -> AddAvailabilityException:
        return AddAvailabilityException(self.world.begin, self.world.clock, self.world.ids)

    @property
    def remove_exception(self) -> RemoveAvailabilityException:
        return RemoveAvailabilityException(self.world.begin, self.world.clock)

    @property
    def block(self) -> BlockTime:
        return BlockTime(self.world.begin, self.world.clock, self.world.ids)

    @property
    def unblock(self) -> UnblockTime:
        return UnblockTime(self.world.begin, self.world.clock)

    @property
    def book_for(self) -> BookAppointmentForClients:
        return BookAppointmentForClients(self.world.begin, self.world.clock, self.world.ids, self.world.tokens)

    @property
    def cancel_for(self) -> CancelAppointmentForClients:
        return CancelAppointmentForClients(self.world.begin, self.world.clock, self.world.ids)

    @property
    def reschedule_for(self) -> RescheduleAppointmentForClients:
        return RescheduleAppointmentForClients(self.world.begin, self.world.clock, self.world.ids)

    @property
    def no_show(self) -> MarkNoShow:
        return MarkNoShow(self.world.begin, self.world.clock)

    @property
    def complete(self) -> CompleteAppointment:
        return CompleteAppointment(self.world.begin, self.world.clock)

    @property
    def get_schedule(self) -> GetSchedule:
        return GetSchedule(self.world.begin, self.world.clock)

    @property
    def add_client(self) -> AddClientToAppointment:
        return AddClientToAppointment(self.world.begin, self.world.clock)

    @property
    def cancel_attendance(self) -> CancelAttendance:
        return CancelAttendance(self.world.begin, self.world.clock, self.world.ids)

    @property
    def correct(self) -> CorrectAppointment:
        return CorrectAppointment(self.world.begin, self.world.clock, self.world.ids)

    @property
    def waive_fee(self) -> WaiveFee:
        return WaiveFee(self.world.begin, self.world.clock, self.world.ids)

    @property
    def list_corrections(self) -> ListCorrections:
        return ListCorrections(self.world.begin)

    @property
    def list_client_appointments(self) -> ListClientAppointments:
        return ListClientAppointments(self.world.begin, self.world.clock)

    @property
    def get_practice_appointment(self) -> GetPracticeAppointment:
        return GetPracticeAppointment(self.world.begin)

    @property
    def list_holds(self) -> ListHolds:
        return ListHolds(self.world.begin, self.world.clock)

    @property
    def accept_offer(self) -> AcceptOffer:
        return AcceptOffer(self.world.begin, self.world.clock, self.world.ids, self.world.tokens)

    @property
    def confirm_appointment_request(self) -> ConfirmAppointmentRequest:
        return ConfirmAppointmentRequest(self.world.begin, self.world.clock, self.world.ids, self.world.tokens)

    @property
    def decline_offer(self) -> DeclineOffer:
        return DeclineOffer(self.world.begin, self.world.clock)

    @property
    def decline_appointment_request(self) -> DeclineAppointmentRequest:
        return DeclineAppointmentRequest(self.world.begin, self.world.clock)

    @property
    def delete_expired_holds(self) -> DeleteExpiredHolds:
        return DeleteExpiredHolds(self.world.begin, self.world.clock)

    @property
    def join_waitlist(self) -> JoinWaitlist:
        return JoinWaitlist(self.world.begin, self.world.clock, self.world.ids)

    @property
    def leave_waitlist(self) -> LeaveWaitlist:
        return LeaveWaitlist(self.world.begin, self.world.clock)

    @property
    def list_practice_appointment_requests(self) -> ListPracticeAppointmentRequests:
        return ListPracticeAppointmentRequests(self.world.begin)

    @property
    def list_appointment_requests(self) -> ListAppointmentRequests:
        return ListAppointmentRequests(self.world.begin)

    @property
    def list_practice_waitlist(self) -> ListPracticeWaitlist:
        return ListPracticeWaitlist(self.world.begin, self.world.clock)

    @property
    def remove_from_waitlist(self) -> RemoveFromWaitlist:
        return RemoveFromWaitlist(self.world.begin, self.world.clock)

    @property
    def list_waitlist(self) -> ListWaitlist:
        return ListWaitlist(self.world.begin, self.world.clock)

    @property
    def offer_freed_slot(self) -> OfferFreedSlot:
        return OfferFreedSlot(self.world.begin, self.world.clock, self.world.ids)

    @property
    def advance_expired_offers(self) -> AdvanceExpiredOffers:
        return AdvanceExpiredOffers(self.world.begin, self.world.clock)

    @property
    def request_appointment(self) -> RequestAppointment:
        return RequestAppointment(self.world.begin, self.world.clock, self.world.ids)

    @property
    def withdraw_appointment_request(self) -> WithdrawAppointmentRequest:
        return WithdrawAppointmentRequest(self.world.begin, self.world.clock)

    @property
    def book_series(self) -> BookSeries:
        return BookSeries(self.world.begin, self.world.clock, self.world.ids, self.world.tokens)

    @property
    def extend_series(self) -> ExtendSeries:
        return ExtendSeries(self.world.begin, self.world.clock, self.world.ids, self.world.tokens)

    @property
    def move_series(self) -> MoveSeries:
        return MoveSeries(self.world.begin, self.world.clock, self.world.ids)

    @property
    def cancel_series(self) -> CancelSeries:
        return CancelSeries(self.world.begin, self.world.clock, self.world.ids)

    @property
    def remove_account_feed(self) -> RemoveAccountFeed:
        return RemoveAccountFeed(self.world.begin)

    @property
    def list_check_ins(self) -> ListCheckIns:
        return ListCheckIns(self.world.begin)

    @property
    def create_calendar_feed(self) -> CreateCalendarFeed:
        return CreateCalendarFeed(self.world.begin, self.world.clock, self.world.ids, self.world.tokens)

    @property
    def get_calendar_feed(self) -> GetCalendarFeed:
        return GetCalendarFeed(self.world.begin)

    @property
    def read_calendar_feed(self) -> ReadCalendarFeed:
        return ReadCalendarFeed(self.world.begin, self.world.clock)

    @property
    def send_appointment_reminders(self) -> SendAppointmentReminders:
        return SendAppointmentReminders(self.world.begin, self.world.clock)

    @property
    def remove_calendar_feed(self) -> RemoveCalendarFeed:
        return RemoveCalendarFeed(self.world.begin)

    @property
    def get_series(self) -> GetSeries:
        return GetSeries(self.world.begin)

    async def run_freed_slot_jobs(self) -> None:
        """Run the pending `offer_freed_slot` jobs, as the worker would."""
        for ids in (await self.world.jobs("offer_freed_slot"))[self._jobs_run :]:
            self._jobs_run += 1
            await self.offer_freed_slot(self.world.system, **ids)
