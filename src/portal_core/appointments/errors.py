"""Errors of appointments, each with its own code so that a client of the API can react to it."""

from portal_core.kernel.errors import Conflict


class SlotTaken(Conflict):
    """The time is taken, or too close to another appointment, hold or block."""

    code = "slot_taken"
    title = "This time has just been taken. Choose another one."


class OutsideAvailability(Conflict):
    """The clinician is not available at that time, at that location or for that appointment type, or starts at that
    minute are not bookable.
    """

    code = "outside_availability"
    title = "The clinician cannot be booked at this time."


class TooSoon(Conflict):
    """It starts within the appointment type's minimum notice, or in the past."""

    code = "too_soon"
    title = "This time is too soon to book."


class TooFar(Conflict):
    """It starts after the last day that can be booked."""

    code = "too_far"
    title = "This time is too far ahead to book."


class NotBookable(Conflict):
    """The practice does not offer this to the client: the appointment type, the location, the clinician, or online
    booking. `detail` says what to do.
    """

    code = "not_bookable"
    title = "This cannot be booked here."

    def __init__(self, detail: str = "Contact the practice for an appointment.") -> None:
        super().__init__(detail)


class ClientDischarged(Conflict):
    """The client was discharged, and cannot get new appointments until the practice reactivates them.

    They can still read, join, cancel and withdraw what they have.
    """

    code = "client_discharged"
    title = "This record is closed to new appointments. Only the practice can reopen it."


class OverlappingAppointment(Conflict):
    """The client has another appointment at that time."""

    code = "overlapping_appointment"
    title = "There is another appointment at this time."


class HoldExpired(Conflict):
    """The hold has expired, and the time may be taken by somebody else."""

    code = "hold_expired"
    title = "Your hold on this time has expired. Choose a time again."


class TooManyHolds(Conflict):
    """The client already has as many holds as the practice allows."""

    code = "too_many_holds"
    title = "You are already holding other times. Book or release one of them first."


class LateCancelRefused(Conflict):
    """It is within the notice period, and the practice does not accept changes then."""

    code = "late_cancel_refused"
    title = "It is too late to change this online. Call the practice."


class NotBooked(Conflict):
    """The appointment is cancelled, completed or a no-show."""

    code = "appointment_not_booked"
    title = "This appointment can no longer be changed."


class AlreadyStarted(Conflict):
    """It has started; an appointment that has started is not cancelled or moved."""

    code = "appointment_started"
    title = "This appointment has already started."


class AlreadyAttending(Conflict):
    """The client already attends this appointment."""

    code = "already_attending"
    title = "This client already attends this appointment."


class NoSeatLeft(Conflict):
    """As many clients attend the appointment as its type has seats."""

    code = "no_seat_left"
    title = "All seats of this appointment are taken. Choose another time."


class NotStarted(Conflict):
    """It has not started; only an appointment that has started can be completed or marked as a no-show."""

    code = "appointment_not_started"
    title = "This appointment has not started yet."


class NothingToCorrect(Conflict):
    """The record already says this, so there is nothing to put right."""

    code = "nothing_to_correct"
    title = "This is already recorded. Reload the appointment."


class NoFeeDue(Conflict):
    """The client owes no fee for this appointment."""

    code = "no_fee_due"
    title = "No fee is due for this appointment."


class RescheduledByPracticeOnly(Conflict):
    """The appointment is shared by several clients, so no single client can move it."""

    code = "reschedule_by_practice"
    title = "Only the practice can move this appointment. Send a message or call."


class NotTelehealth(Conflict):
    """The appointment is at a location, so there is no room to join."""

    code = "not_telehealth"
    title = "This appointment is not a video visit."


class JoinNotOpen(Conflict):
    """It is more than 15 minutes before the start, when the room opens."""

    code = "join_not_open"
    title = "The room is not open yet."


class JoinClosed(Conflict):
    """The appointment has ended."""

    code = "join_closed"
    title = "This appointment has ended."


class NoRoom(Conflict):
    """The clinician has no room link."""

    code = "no_room"
    title = "This appointment has no video room yet. Call the practice."


class RequestClosed(Conflict):
    """The request was already confirmed, declined or withdrawn."""

    code = "request_closed"
    title = "This request was already answered or withdrawn."


class TooManyOpenRequests(Conflict):
    """The client already has as many open requests as the practice allows."""

    code = "too_many_open_requests"
    title = "You have too many open requests. Wait for an answer, or withdraw one."


class AlreadyOnWaitlist(Conflict):
    """The client is already on the waitlist for this, or has as many waitlist entries as the practice allows."""

    code = "already_on_waitlist"
    title = "You are already on the waitlist for this, or have too many waitlist entries."


class WaitlistEntryClosed(Conflict):
    """The waitlist entry was already booked, or the client has left the waitlist."""

    code = "waitlist_entry_closed"
    title = "This waitlist entry is closed."


class OfferClosed(Conflict):
    """The offer was accepted or declined, or has expired."""

    code = "offer_closed"
    title = "This offer is no longer open."


class SeriesEnded(Conflict):
    """The series has already ended."""

    code = "series_ended"
    title = "This series has already ended."
