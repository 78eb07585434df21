"""The words of notices in English.

Nothing here may say what somebody is treated for, by whom, or what for: no name of a person, no kind of appointment,
nothing that was written. The only things filled in are `{sender}`, `{url}`, `{day}` and `{time}`; a test refuses any
other, and any word on its list of clinical ones.
"""

from collections.abc import Mapping
from typing import Final

from portal_core.notifications.templates import MessageTemplates

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_LINES: Final[Mapping[str, tuple[str, str]]] = {
    "already_registered": (
        "About your registration",
        "Somebody asked to register with this email, which has an account already. If it was you, sign in, or reset "
        "your password there. If it was not, you need do nothing.",
    ),
    "email_changed": (
        "Your email was changed",
        "The email of your account was changed, and this address is no longer used. If it was not you, call us.",
    ),
    "password_changed": (
        "Your password was changed",
        "The password of your account was changed. If it was not you, reset it now and call us.",
    ),
    "second_factor_enrolled": (
        "Two-step sign-in is on",
        "Two-step sign-in was turned on for your account. If it was not you, call us.",
    ),
    "second_factor_removed": (
        "Two-step sign-in is off",
        "Two-step sign-in was turned off for your account. If it was not you, reset your password now and call us.",
    ),
    "recovery_codes_used": (
        "A recovery code was used",
        "A recovery code was used to sign in to your account. If it was not you, reset your password now and call us.",
    ),
    "account_locked": (
        "Your account is locked for a while",
        "Your account was locked for 15 minutes after several failed tries to sign in. If it was not you, reset your "
        "password.",
    ),
    "account_closed": ("Your account is closed", "Your portal account was closed. If it was not you, call us."),
    # Not which setting: whoever else reads this mailbox must not learn of a safe address (45 CFR 164.522(b)).
    "contact_changed": (
        "Your settings were changed",
        "A setting of your account was changed. If it was not you, reset your password now and call us.",
    ),
    "grant_ended": ("Your access has ended", "Access that you had on the portal has ended."),
    "appointment_booked": ("Appointment booked", "An appointment was booked."),
    "appointment_cancelled": ("Appointment cancelled", "An appointment was cancelled."),
    "appointment_rescheduled": ("Appointment moved", "An appointment was moved to another time."),
    "appointment_request_confirmed": ("Request confirmed", "An appointment that you asked for was confirmed."),
    "appointment_request_declined": ("About your request", "There is an answer to your appointment request."),
    "appointment_reminder": ("Appointment reminder", "You have an appointment on {day} at {time}."),
    "waitlist_offer": ("A time has come free", "A time that you were waiting for has come free. The offer is short."),
    "late_cancel_fee": ("A new charge", "There is a new charge on your account."),
    "new_message": ("You have a new message", "You have a new message."),
    "form_assigned": ("You have a form to fill in", "You have a form to fill in."),
    "document_shared": ("You have a new document", "A document was shared with you."),
}

ENGLISH: Final = MessageTemplates(
    lines=_LINES,
    neutral=("You have a notice", "You have a notice."),
    mail="{line}\n\nSign in: {url}\n\n{sender}\n\nThis mail is sent by a machine; nobody reads answers to it.\n",
    text="{sender}: {line} {url} Reply STOP to end texts.",
    code_lines={
        "verify_email": ("Your code", "Your code to confirm this email is {code}."),
        "reset_password": ("Your code", "Your code to set a new password is {code}."),
        "invitation": ("You are invited to our portal", "Open your account on our portal with the code {code}."),
        "change_email": ("Your code", "Your code to confirm this email is {code}."),
        "safe_email": ("Your code", "Your code to confirm this email is {code}."),
    },
    code_mail="{line}\n\nIt works once and for a short time. Nobody from our office will ever ask you for it. If you "
    "did not ask for a code, you need do nothing.\n\nSign in: {url}\n\n{sender}\n",
    day=lambda at: f"{_WEEKDAYS[at.weekday()]}, {_MONTHS[at.month - 1]} {at.day}",
    time=lambda at: f"{at.hour % 12 or 12}:{at.minute:02d} {'AM' if at.hour < 12 else 'PM'} ({at.tzname()})",
)
