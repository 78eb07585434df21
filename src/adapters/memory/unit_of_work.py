"""The one unit of work that satisfies every feature's: a repository is made when it is asked for."""

from attrs import define

from adapters.memory import access_to_records as access
from adapters.memory import accounts as signing_in
from adapters.memory import appointment_reads as reads
from adapters.memory import appointment_requests as asking
from adapters.memory import appointments as booking
from adapters.memory import appointments_beside as beside
from adapters.memory import notifications as telling
from adapters.memory import people as persons
from adapters.memory import waitlist as waiting
from adapters.memory.store import MemoryUnit


@define
class MemoryUnitOfWork(MemoryUnit):
    """Each property is one repository over the same transaction."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.outbox = telling.MemoryNoticeOutbox(self.tx)

    @property
    def calendar(self) -> booking.MemoryCalendar:
        return booking.MemoryCalendar(self.tx)

    @property
    def blocks(self) -> booking.MemoryBlocks:
        return booking.MemoryBlocks(self.tx, self.audit)

    @property
    def availability(self) -> booking.MemoryAvailability:
        return booking.MemoryAvailability(self.tx, self.audit)

    @property
    def directory(self) -> reads.MemoryScheduleDirectory:
        return reads.MemoryScheduleDirectory(self.tx)

    @property
    def setup(self) -> booking.MemoryScheduleSetup:
        return booking.MemoryScheduleSetup(self.tx, self.audit)

    @property
    def holds(self) -> booking.MemoryHolds:
        return booking.MemoryHolds(self.tx, self.audit)

    @property
    def appointments(self) -> booking.MemoryAppointments:
        return booking.MemoryAppointments(self.tx, self.audit)

    @property
    def appointment_reads(self) -> reads.MemoryAppointmentReads:
        return reads.MemoryAppointmentReads(self.tx)

    @property
    def freed_slots(self) -> booking.MemoryFreedSlots:
        return booking.MemoryFreedSlots(self.tx)

    @property
    def requests(self) -> asking.MemoryAppointmentRequests:
        return asking.MemoryAppointmentRequests(self.tx, self.audit)

    @property
    def request_reads(self) -> asking.MemoryRequestReads:
        return asking.MemoryRequestReads(self.tx)

    @property
    def waitlist(self) -> waiting.MemoryWaitlist:
        return waiting.MemoryWaitlist(self.tx, self.audit)

    @property
    def offers(self) -> waiting.MemoryWaitlistOffers:
        return waiting.MemoryWaitlistOffers(self.tx, self.audit)

    @property
    def series(self) -> beside.MemorySeriesBook:
        return beside.MemorySeriesBook(self.tx, self.audit)

    @property
    def check_ins(self) -> beside.MemoryCheckIns:
        return beside.MemoryCheckIns(self.tx, self.audit)

    @property
    def feeds(self) -> beside.MemoryFeedTokens:
        return beside.MemoryFeedTokens(self.tx, self.audit)

    @property
    def reminders(self) -> beside.MemoryReminders:
        return beside.MemoryReminders(self.tx)

    @property
    def notices(self) -> telling.MemoryNotices:
        return telling.MemoryNotices(self.tx, self.audit)

    @property
    def recipients(self) -> telling.MemoryRecipients:
        return telling.MemoryRecipients(self.tx)

    @property
    def appointment_times(self) -> telling.MemoryAppointmentTimes:
        return telling.MemoryAppointmentTimes(self.tx)

    @property
    def inbox(self) -> telling.MemoryInbox:
        return telling.MemoryInbox(self.tx, self.audit)

    @property
    def notification_settings(self) -> telling.MemorySettings:
        return telling.MemorySettings(self.tx, self.audit)

    @property
    def account_rules(self) -> signing_in.MemoryAccountRules:
        return signing_in.MemoryAccountRules(self.tx)

    @property
    def accounts(self) -> signing_in.MemoryAccounts:
        return signing_in.MemoryAccounts(self.tx, self.audit)

    @property
    def sessions(self) -> signing_in.MemorySessions:
        return signing_in.MemorySessions(self.tx, self.audit)

    @property
    def sign_in_guards(self) -> signing_in.MemorySignInGuards:
        return signing_in.MemorySignInGuards(self.tx)

    @property
    def challenges(self) -> signing_in.MemoryChallenges:
        return signing_in.MemoryChallenges(self.tx)

    @property
    def second_factors(self) -> signing_in.MemorySecondFactorBook:
        return signing_in.MemorySecondFactorBook(self.tx, self.audit)

    @property
    def enquiries(self) -> signing_in.MemoryEnquiries:
        return signing_in.MemoryEnquiries(self.tx, self.audit)

    @property
    def people(self) -> signing_in.MemoryPersonDirectory:
        return signing_in.MemoryPersonDirectory(self.tx)

    @property
    def practice_record(self) -> persons.MemoryPracticeRecord:
        return persons.MemoryPracticeRecord(self.tx, self.audit)

    @property
    def client_records(self) -> persons.MemoryClientRecords:
        return persons.MemoryClientRecords(self.tx, self.audit)

    @property
    def clinician_records(self) -> persons.MemoryClinicianRecords:
        return persons.MemoryClinicianRecords(self.tx, self.audit)

    @property
    def staff_records(self) -> persons.MemoryStaffRecords:
        return persons.MemoryStaffRecords(self.tx, self.audit)

    @property
    def care_teams(self) -> persons.MemoryCareTeams:
        return persons.MemoryCareTeams(self.tx, self.audit)

    @property
    def invitations(self) -> access.MemoryInvitations:
        return access.MemoryInvitations(self.tx, self.audit)

    @property
    def grants(self) -> access.MemoryGrants:
        return access.MemoryGrants(self.tx, self.audit)

    @property
    def email_changes(self) -> access.MemoryEmailChanges:
        return access.MemoryEmailChanges(self.tx, self.audit)
