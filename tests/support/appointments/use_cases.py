"""A practice in memory, and the use cases of appointments over any world."""

from datetime import date
from uuid import UUID

from attrs import define, evolve, field

from adapters.memory.engine.store import MemoryBegin, MemoryStore
from adapters.memory.unit_of_work import MemoryUnitOfWork
from portal_core.accounts.model import Account
from portal_core.appointments.use_cases.accept_offer import AcceptOffer
from portal_core.appointments.use_cases.add_availability_exception import AddAvailabilityException
from portal_core.appointments.use_cases.block_time import BlockTime
from portal_core.appointments.use_cases.book_appointment import BookAppointment
from portal_core.appointments.use_cases.book_for_client import BookForClient
from portal_core.appointments.use_cases.book_series import BookSeries
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointment
from portal_core.appointments.use_cases.cancel_for_clients import CancelForClients
from portal_core.appointments.use_cases.cancel_series import CancelSeries
from portal_core.appointments.use_cases.clear_holds import ClearHolds
from portal_core.appointments.use_cases.complete_appointment import CompleteAppointment
from portal_core.appointments.use_cases.confirm_request import ConfirmRequest
from portal_core.appointments.use_cases.decline_offer import DeclineOffer
from portal_core.appointments.use_cases.decline_request import DeclineRequest
from portal_core.appointments.use_cases.drop_calendar_feed import DropCalendarFeed
from portal_core.appointments.use_cases.export_calendar_event import ExportCalendarEvent
from portal_core.appointments.use_cases.find_slots import FindSlots
from portal_core.appointments.use_cases.hold_slot import HoldSlot
from portal_core.appointments.use_cases.join_waitlist import JoinWaitlist
from portal_core.appointments.use_cases.leave_waitlist import LeaveWaitlist
from portal_core.appointments.use_cases.list_check_ins import ListCheckIns
from portal_core.appointments.use_cases.list_client_appointments import ListClientAppointments
from portal_core.appointments.use_cases.list_day import ListDay
from portal_core.appointments.use_cases.list_holds import ListHolds
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointments
from portal_core.appointments.use_cases.list_practice_requests import ListPracticeRequests
from portal_core.appointments.use_cases.list_practice_waitlist import ListPracticeWaitlist
from portal_core.appointments.use_cases.list_requests import ListRequests
from portal_core.appointments.use_cases.list_waitlist import ListWaitlist
from portal_core.appointments.use_cases.make_calendar_feed import MakeCalendarFeed
from portal_core.appointments.use_cases.mark_no_show import MarkNoShow
from portal_core.appointments.use_cases.move_for_clients import MoveForClients
from portal_core.appointments.use_cases.offer_freed_slot import OfferFreedSlot, OfferFreedSlotCommand
from portal_core.appointments.use_cases.pass_on_offers import PassOnOffers
from portal_core.appointments.use_cases.publish_availability import PublishAvailability
from portal_core.appointments.use_cases.read_calendar_feed import ReadCalendarFeed
from portal_core.appointments.use_cases.release_hold import ReleaseHold
from portal_core.appointments.use_cases.remind_of_appointments import RemindOfAppointments
from portal_core.appointments.use_cases.remove_availability_exception import RemoveAvailabilityException
from portal_core.appointments.use_cases.remove_calendar_feed import RemoveCalendarFeed
from portal_core.appointments.use_cases.remove_from_waitlist import RemoveFromWaitlist
from portal_core.appointments.use_cases.request_appointment import RequestAppointment
from portal_core.appointments.use_cases.reschedule_appointment import RescheduleAppointment
from portal_core.appointments.use_cases.show_appointment import ShowAppointment
from portal_core.appointments.use_cases.show_availability import ShowAvailability
from portal_core.appointments.use_cases.show_practice_appointment import ShowPracticeAppointment
from portal_core.appointments.use_cases.show_series import ShowSeries
from portal_core.appointments.use_cases.unblock_time import UnblockTime
from portal_core.appointments.use_cases.withdraw_request import WithdrawRequest
from portal_core.kernel.audit import Audited
from portal_core.kernel.outbox import Notice
from portal_core.people.model import Client, ClientStatus, Clinician, Practice, StaffMember
from tests.support.clock import CountingIds, CountingTokens, FixedClock
from tests.support.contracts.appointments.world import ZONE, AppointmentsWorld


@define
class MemoryAppointmentsWorld(AppointmentsWorld):
    """Rows of people are put where the accounts' adapters keep theirs."""

    clock: FixedClock = field(factory=FixedClock)
    ids: CountingIds = field(factory=lambda: CountingIds(1))
    tokens: CountingTokens = field(factory=CountingTokens)
    store: MemoryStore = field(init=False)
    begin: MemoryBegin = field(init=False)  # type: ignore[assignment]
    practice_id: UUID = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._settle_in(MemoryStore(self.clock))

    def _settle_in(self, store: MemoryStore) -> None:
        self.store = store
        self.begin = MemoryBegin(store, MemoryUnitOfWork)
        self.practice_id = self.ids.new()
        practice = Practice(self.practice_id, f"p{self.practice_id}", "Elm Street", ZONE, self.clock.now())
        store.table("practices")[self.practice_id] = practice

    async def beside(self) -> "MemoryAppointmentsWorld":
        other = MemoryAppointmentsWorld(self.clock, self.ids, self.tokens)
        other._settle_in(self.store)
        return other

    async def add_clinician(self, name: str = "Dr. Grey", *, credentials: str = "", active: bool = True) -> UUID:
        one = Clinician(self.ids.new(), self.practice_id, name, credentials, active=active)
        self.store.table("clinicians")[self.practice_id, one.id] = one
        return one.id

    async def add_account_of(self, clinician_id: UUID) -> UUID:
        member = StaffMember(
            self.ids.new(), self.practice_id, "Grey", "grey@elm.test", frozenset({"clinician"}), clinician_id
        )
        account = Account(
            self.ids.new(),
            self.practice_id,
            member.email,
            "staff",
            self.clock.now(),
            staff_id=member.id,
            status="active",
        )
        self.store.table("staff")[self.practice_id, member.id] = member
        self.store.table("accounts")[self.practice_id, account.id] = account
        return account.id

    async def add_client(
        self, *, given: str = "Ann", family: str = "Lee", chosen: str | None = None, pronouns: str | None = None
    ) -> UUID:
        one = Client(
            self.ids.new(),
            self.practice_id,
            given,
            family,
            date(1990, 1, 1),
            self.clock.now(),
            chosen_name=chosen,
            pronouns=pronouns,
        )
        self.store.table("clients")[self.practice_id, one.id] = one
        return one.id

    async def set_status(self, client_id: UUID, status: ClientStatus) -> None:
        rows = self.store.table("clients")
        rows[self.practice_id, client_id] = evolve(rows[self.practice_id, client_id], status=status)

    async def join_care_team(self, client_id: UUID, clinician_id: UUID) -> None:
        self.store.table("care_team")[self.practice_id, client_id, clinician_id] = True

    async def jobs(self, name: str) -> list[dict[str, UUID]]:
        return [ids for job, ids in self.store.jobs if job == name]

    async def notices(self) -> list[Notice]:
        return self.store.notices

    async def audit(self) -> list[Audited]:
        return [row.entry for row in self.store.audit if row.practice_id == self.practice_id]


@define
class Desk:
    """Every use case of appointments, over one world."""

    world: AppointmentsWorld
    _ran: int = field(init=False, default=0)

    @property
    def list_mine(self) -> ListMyAppointments:
        return ListMyAppointments(self.world.begin, self.world.clock)

    @property
    def show(self) -> ShowAppointment:
        return ShowAppointment(self.world.begin, self.world.clock)

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
    def show_availability(self) -> ShowAvailability:
        return ShowAvailability(self.world.begin, self.world.clock)

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
    def book_for(self) -> BookForClient:
        return BookForClient(self.world.begin, self.world.clock, self.world.ids, self.world.tokens)

    @property
    def cancel_for(self) -> CancelForClients:
        return CancelForClients(self.world.begin, self.world.clock, self.world.ids)

    @property
    def move_for(self) -> MoveForClients:
        return MoveForClients(self.world.begin, self.world.clock, self.world.ids)

    @property
    def no_show(self) -> MarkNoShow:
        return MarkNoShow(self.world.begin, self.world.clock)

    @property
    def complete(self) -> CompleteAppointment:
        return CompleteAppointment(self.world.begin, self.world.clock)

    @property
    def day(self) -> ListDay:
        return ListDay(self.world.begin, self.world.clock)

    @property
    def list_client_appointments(self) -> ListClientAppointments:
        return ListClientAppointments(self.world.begin, self.world.clock)

    @property
    def show_practice_appointment(self) -> ShowPracticeAppointment:
        return ShowPracticeAppointment(self.world.begin)

    @property
    def list_holds(self) -> ListHolds:
        return ListHolds(self.world.begin, self.world.clock)

    @property
    def accept_offer(self) -> AcceptOffer:
        return AcceptOffer(self.world.begin, self.world.clock, self.world.ids, self.world.tokens)

    @property
    def confirm_request(self) -> ConfirmRequest:
        return ConfirmRequest(self.world.begin, self.world.clock, self.world.ids, self.world.tokens)

    @property
    def decline_offer(self) -> DeclineOffer:
        return DeclineOffer(self.world.begin, self.world.clock)

    @property
    def decline_request(self) -> DeclineRequest:
        return DeclineRequest(self.world.begin, self.world.clock)

    @property
    def clear_holds(self) -> ClearHolds:
        return ClearHolds(self.world.begin, self.world.clock)

    @property
    def join_waitlist(self) -> JoinWaitlist:
        return JoinWaitlist(self.world.begin, self.world.clock, self.world.ids)

    @property
    def leave_waitlist(self) -> LeaveWaitlist:
        return LeaveWaitlist(self.world.begin, self.world.clock)

    @property
    def list_practice_requests(self) -> ListPracticeRequests:
        return ListPracticeRequests(self.world.begin)

    @property
    def list_requests(self) -> ListRequests:
        return ListRequests(self.world.begin)

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
    def pass_on_offers(self) -> PassOnOffers:
        return PassOnOffers(self.world.begin, self.world.clock)

    @property
    def request_appointment(self) -> RequestAppointment:
        return RequestAppointment(self.world.begin, self.world.clock, self.world.ids)

    @property
    def withdraw_request(self) -> WithdrawRequest:
        return WithdrawRequest(self.world.begin, self.world.clock)

    @property
    def book_series(self) -> BookSeries:
        return BookSeries(self.world.begin, self.world.clock, self.world.ids, self.world.tokens)

    @property
    def cancel_series(self) -> CancelSeries:
        return CancelSeries(self.world.begin, self.world.clock, self.world.ids)

    @property
    def drop_calendar_feed(self) -> DropCalendarFeed:
        return DropCalendarFeed(self.world.begin)

    @property
    def list_check_ins(self) -> ListCheckIns:
        return ListCheckIns(self.world.begin)

    @property
    def make_calendar_feed(self) -> MakeCalendarFeed:
        return MakeCalendarFeed(self.world.begin, self.world.clock, self.world.ids, self.world.tokens)

    @property
    def read_calendar_feed(self) -> ReadCalendarFeed:
        return ReadCalendarFeed(self.world.begin, self.world.clock)

    @property
    def remind_of_appointments(self) -> RemindOfAppointments:
        return RemindOfAppointments(self.world.begin, self.world.clock)

    @property
    def remove_calendar_feed(self) -> RemoveCalendarFeed:
        return RemoveCalendarFeed(self.world.begin)

    @property
    def show_series(self) -> ShowSeries:
        return ShowSeries(self.world.begin)

    async def offer_what_was_freed(self) -> None:
        """Run the deferred jobs `offer_freed_slot` that have not been run, as the worker would."""
        for ids in (await self.world.jobs("offer_freed_slot"))[self._ran :]:
            self._ran += 1
            await self.offer_freed_slot(self.world.system, OfferFreedSlotCommand(**ids))
