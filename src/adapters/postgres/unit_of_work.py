"""The one unit of work that satisfies every feature's: a repository is made when it is first asked for."""

from functools import cached_property

from attrs import define

from adapters.postgres.accounts import PostgresAccountRules, PostgresAccounts
from adapters.postgres.appointment_reads import PostgresAppointmentReads
from adapters.postgres.appointment_requests import PostgresAppointmentRequests, PostgresRequestReads
from adapters.postgres.availability import PostgresAvailability
from adapters.postgres.bookings import PostgresAppointments
from adapters.postgres.calendar import PostgresBlocks, PostgresCalendar
from adapters.postgres.calendar_feeds import PostgresFeedTokens
from adapters.postgres.check_ins import PostgresCheckIns
from adapters.postgres.grants import PostgresGrants
from adapters.postgres.holds import PostgresFreedSlots, PostgresHolds
from adapters.postgres.inbox import PostgresInbox, PostgresSettings
from adapters.postgres.invitations import PostgresEmailChanges, PostgresInvitations
from adapters.postgres.notices import PostgresNotices
from adapters.postgres.people import PostgresCareTeams, PostgresClientRecords
from adapters.postgres.practices import PostgresPracticeRecord
from adapters.postgres.recipients import PostgresAppointmentTimes, PostgresRecipients
from adapters.postgres.reminders import PostgresReminders
from adapters.postgres.schedule import PostgresScheduleDirectory, PostgresScheduleSetup
from adapters.postgres.series import PostgresSeriesBook
from adapters.postgres.sessions import PostgresSessions
from adapters.postgres.signing_in import (
    PostgresChallenges,
    PostgresEnquiries,
    PostgresPersonDirectory,
    PostgresSecondFactors,
    PostgresSignInGuards,
)
from adapters.postgres.staff import PostgresClinicianRecords, PostgresStaffRecords
from adapters.postgres.unit_core import UnitCore
from adapters.postgres.waitlist import PostgresWaitlist, PostgresWaitlistOffers


@define(slots=False)
class PostgresUnitOfWork(UnitCore):
    """Each property is one repository over the same transaction."""

    # Signing in.
    @cached_property
    def account_rules(self) -> PostgresAccountRules:
        return PostgresAccountRules(self.tx)

    @cached_property
    def accounts(self) -> PostgresAccounts:
        return PostgresAccounts(self.tx)

    @cached_property
    def sessions(self) -> PostgresSessions:
        return PostgresSessions(self.tx)

    @cached_property
    def sign_in_guards(self) -> PostgresSignInGuards:
        return PostgresSignInGuards(self.tx)

    @cached_property
    def challenges(self) -> PostgresChallenges:
        return PostgresChallenges(self.tx)

    @cached_property
    def second_factors(self) -> PostgresSecondFactors:
        return PostgresSecondFactors(self.tx)

    @cached_property
    def enquiries(self) -> PostgresEnquiries:
        return PostgresEnquiries(self.tx)

    @cached_property
    def people(self) -> PostgresPersonDirectory:
        return PostgresPersonDirectory(self.tx)

    # People.
    @cached_property
    def practice_record(self) -> PostgresPracticeRecord:
        return PostgresPracticeRecord(self.tx)

    @cached_property
    def client_records(self) -> PostgresClientRecords:
        return PostgresClientRecords(self.tx)

    @cached_property
    def clinician_records(self) -> PostgresClinicianRecords:
        return PostgresClinicianRecords(self.tx)

    @cached_property
    def staff_records(self) -> PostgresStaffRecords:
        return PostgresStaffRecords(self.tx)

    @cached_property
    def care_teams(self) -> PostgresCareTeams:
        return PostgresCareTeams(self.tx)

    @cached_property
    def invitations(self) -> PostgresInvitations:
        return PostgresInvitations(self.tx)

    @cached_property
    def grants(self) -> PostgresGrants:
        return PostgresGrants(self.tx)

    @cached_property
    def email_changes(self) -> PostgresEmailChanges:
        return PostgresEmailChanges(self.tx)

    # Notifications.
    @cached_property
    def notices(self) -> PostgresNotices:
        return PostgresNotices(self.tx)

    @cached_property
    def recipients(self) -> PostgresRecipients:
        return PostgresRecipients(self.tx)

    @cached_property
    def appointment_times(self) -> PostgresAppointmentTimes:
        return PostgresAppointmentTimes(self.tx)

    @cached_property
    def inbox(self) -> PostgresInbox:
        return PostgresInbox(self.tx)

    @cached_property
    def notification_settings(self) -> PostgresSettings:
        return PostgresSettings(self.tx)

    # Appointments.
    @cached_property
    def calendar(self) -> PostgresCalendar:
        return PostgresCalendar(self.tx)

    @cached_property
    def blocks(self) -> PostgresBlocks:
        return PostgresBlocks(self.tx)

    @cached_property
    def availability(self) -> PostgresAvailability:
        return PostgresAvailability(self.tx)

    @cached_property
    def directory(self) -> PostgresScheduleDirectory:
        return PostgresScheduleDirectory(self.tx)

    @cached_property
    def setup(self) -> PostgresScheduleSetup:
        return PostgresScheduleSetup(self.tx)

    @cached_property
    def holds(self) -> PostgresHolds:
        return PostgresHolds(self.tx)

    @cached_property
    def appointments(self) -> PostgresAppointments:
        return PostgresAppointments(self.tx)

    @cached_property
    def appointment_reads(self) -> PostgresAppointmentReads:
        return PostgresAppointmentReads(self.tx)

    @cached_property
    def requests(self) -> PostgresAppointmentRequests:
        return PostgresAppointmentRequests(self.tx)

    @cached_property
    def request_reads(self) -> PostgresRequestReads:
        return PostgresRequestReads(self.tx)

    @cached_property
    def waitlist(self) -> PostgresWaitlist:
        return PostgresWaitlist(self.tx)

    @cached_property
    def offers(self) -> PostgresWaitlistOffers:
        return PostgresWaitlistOffers(self.tx)

    @cached_property
    def freed_slots(self) -> PostgresFreedSlots:
        return PostgresFreedSlots(self.tx)

    @cached_property
    def series(self) -> PostgresSeriesBook:
        return PostgresSeriesBook(self.tx)

    @cached_property
    def check_ins(self) -> PostgresCheckIns:
        return PostgresCheckIns(self.tx)

    @cached_property
    def feeds(self) -> PostgresFeedTokens:
        return PostgresFeedTokens(self.tx)

    @cached_property
    def reminders(self) -> PostgresReminders:
        return PostgresReminders(self.tx)
