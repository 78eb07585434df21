"""What appointments refuse, each with its own code, so that a screen can say exactly what to do next."""

from portal_core.kernel.errors import Conflict


class SlotTaken(Conflict):
    """Somebody else has this time, or it is too close to what they have."""

    code = "slot_taken"
    title = "This time has just been taken. Choose another one."


class OutsideAvailability(Conflict):
    """The clinician is not open then, not there, not for this kind, or not from that minute on."""

    code = "outside_availability"
    title = "The clinician cannot be booked at this time."


class TooSoon(Conflict):
    """It starts before the notice that the kind needs, or is past."""

    code = "too_soon"
    title = "This time is too soon to book."


class TooFar(Conflict):
    """It starts after the last day that may be booked."""

    code = "too_far"
    title = "This time is too far ahead to book."


class NotBookable(Conflict):
    """The practice does not offer this to this client online: the kind, the place, the clinician, or booking at all."""

    code = "not_bookable"
    title = "This cannot be booked here. Ask the practice for an appointment."


class ClientDischarged(Conflict):
    """The client was discharged: nothing new until the practice has made them active again, and changes the record.

    They go on reading, joining, cancelling and withdrawing what they have.
    """

    code = "client_discharged"
    title = "This record is closed to new appointments. Only the practice can open it again."


class OverlappingAppointment(Conflict):
    """The client is in another appointment at that time."""

    code = "overlapping_appointment"
    title = "There is another appointment at this time."


class HoldExpired(Conflict):
    """The hold is over, and the time may be somebody else's."""

    code = "hold_expired"
    title = "The time was held for you for a few minutes, and is no longer. Choose again."


class TooManyHolds(Conflict):
    """The client holds as many times as the practice lets them."""

    code = "too_many_holds"
    title = "You are holding other times. Book or release one of them first."


class LateCancelRefused(Conflict):
    """The notice period has begun, and the practice does not take changes within it."""

    code = "late_cancel_refused"
    title = "It is too late to change this online. Call the practice."


class NotBooked(Conflict):
    """The appointment was cancelled, or has been closed."""

    code = "appointment_not_booked"
    title = "This appointment is no longer open to changes."


class AlreadyStarted(Conflict):
    """It has begun; what is past is not cancelled or moved."""

    code = "appointment_started"
    title = "This appointment has already begun."


class NotStarted(Conflict):
    """It has not begun; only what has begun can be completed or missed."""

    code = "appointment_not_started"
    title = "This appointment has not begun."


class RescheduledByPracticeOnly(Conflict):
    """Several clients come to it, so one of them cannot move it for all."""

    code = "reschedule_by_practice"
    title = "The practice moves this appointment. Send a message or call."


class NotTelehealth(Conflict):
    """There is no room to join: it is at a place."""

    code = "not_telehealth"
    title = "This appointment is not online."


class JoinNotOpen(Conflict):
    """The room opens 15 minutes before the start."""

    code = "join_not_open"
    title = "The room is not open yet."


class JoinClosed(Conflict):
    """The appointment has ended."""

    code = "join_closed"
    title = "This appointment is over."


class NoRoom(Conflict):
    """The clinician has given no room link."""

    code = "no_room"
    title = "There is no room for this appointment yet. Call the practice."


class RequestClosed(Conflict):
    """The request was confirmed, declined or withdrawn before."""

    code = "request_closed"
    title = "This request has been answered already."


class TooManyOpenRequests(Conflict):
    """The client has as many open requests as the practice takes."""

    code = "too_many_open_requests"
    title = "You have open requests. The practice will answer them first."


class AlreadyOnWaitlist(Conflict):
    """The client is on the waitlist for this already, or in as many places as the practice allows."""

    code = "already_on_waitlist"
    title = "You are on the waitlist for this already."


class WaitlistEntryClosed(Conflict):
    """The waitlist entry was booked or left before."""

    code = "waitlist_entry_closed"
    title = "This waitlist entry is closed."


class OfferClosed(Conflict):
    """The offer was accepted, declined, or has expired and passed on."""

    code = "offer_closed"
    title = "This offer is no longer open."


class SeriesEnded(Conflict):
    """The series was ended before."""

    code = "series_ended"
    title = "This series has ended."
