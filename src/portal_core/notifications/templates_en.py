"""Notice texts in English.

No text may reveal what somebody is treated for or by whom: no person's name, no appointment type, no content. The only
placeholders are `{sender}`, `{signature}`, `{url}`, `{help}`, `{day}`, `{time}` and, in code mails, `{code}` and
`{label}`; a test refuses any other placeholder, and any word on its list of clinical words.
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
        "Someone tried to register with this email address, which already has an account. If it was you, sign in or "
        "reset your password. If it was not you, you do not need to do anything.",
    ),
    "email_changed": (
        "Your email address was changed",
        "The email address of your account was changed. We no longer use this one. If it was not you, please call us.",
    ),
    "password_changed": (
        "Your password was changed",
        "The password of your account was changed. If it was not you, please reset it now and call us.",
    ),
    "second_factor_enrolled": (
        "Two-step sign-in is on",
        "Two-step sign-in was turned on for your account. If it was not you, please call us.",
    ),
    "second_factor_removed": (
        "Two-step sign-in is off",
        "Two-step sign-in was turned off for your account. If it was not you, please reset your password now and call "
        "us.",
    ),
    "recovery_codes_used": (
        "A recovery code was used",
        "A recovery code was used to sign in to your account. If it was not you, please reset your password now and "
        "call us.",
    ),
    "recovery_codes_renewed": (
        "New recovery codes",
        "New recovery codes were made for your account, and the earlier ones no longer work. If it was not you, please "
        "reset your password now and call us.",
    ),
    "identity_linked": (
        "A new way to sign in",
        "Your account was linked to a sign-in at your organization. If it was not you, please reset your password now "
        "and tell your administrator.",
    ),
    "account_locked": (
        "Your account is temporarily locked",
        "Your account is locked for 15 minutes after several failed attempts to sign in. If it was not you, please "
        "reset your password.",
    ),
    "account_closed": ("Your account is closed", "Your portal account was closed. If it was not you, please call us."),
    # Does not name the setting: anyone else who reads this mailbox must not learn of a safe email (45 CFR 164.522(b)).
    "contact_changed": (
        "Your settings were changed",
        "A setting of your account was changed. If it was not you, please reset your password now and call us.",
    ),
    "calendar_feed_created": (
        "Your calendar was connected",
        "A calendar app was given access to the times in your account. If it was not you, please reset your password "
        "now, which ends that access, and call us.",
    ),
    "erasure_requested": (
        "A record may be erased",
        "An administrator asked for the erasure of a record, which another one can confirm within seven days. If this "
        "is not as agreed, sign in and withdraw the request now.",
    ),
    "erasure_confirmed": (
        "A record was erased",
        "A record was erased as two administrators decided. If this is not as agreed, tell the operator of this "
        "portal now.",
    ),
    "legal_hold_lifted": (
        "A legal hold was lifted",
        "The legal hold of a record was lifted, so that it can be erased. If this is not as agreed, sign in and place "
        "the hold again now.",
    ),
    "grant_ended": ("Your access has ended", "Access that you had on the portal has ended."),
    "appointment_booked": ("Appointment booked", "An appointment was booked."),
    "appointment_cancelled": ("Appointment cancelled", "An appointment was cancelled."),
    "appointment_rescheduled": ("Appointment rescheduled", "An appointment was moved."),
    "appointments_booked": ("Appointments booked", "Several appointments were booked."),
    "appointments_cancelled": ("Appointments cancelled", "Several appointments were cancelled."),
    "appointments_rescheduled": (
        "Appointments rescheduled",
        "Several appointments were moved.",
    ),
    "appointments_changed": (
        "Appointments changed",
        "One or more of your appointments were changed.",
    ),
    "appointment_request_confirmed": (
        "Appointment confirmed",
        "The appointment you requested is confirmed.",
    ),
    "appointment_request_declined": (
        "About your appointment request",
        "There is a reply to your appointment request.",
    ),
    "appointment_reminder": ("Appointment reminder", "You have an appointment."),
    "waitlist_offer": (
        "An appointment time is available",
        "A time you were waiting for is now available. The offer expires soon.",
    ),
    "late_cancel_fee": ("New charge", "There is a new charge on your account."),
    "no_show_fee": ("New charge", "There is a new charge on your account."),
    "fee_removed": ("A charge was removed", "A charge on your account was removed."),
    "new_message": ("New message", "You have a new message."),
    "form_assigned": ("A form to fill out", "You have a form to fill out."),
    "document_shared": ("New document", "A document was shared with you."),
    "sensitive_document_shared": ("New document", "A document was shared with you."),
    "withholding_reviewed": ("About your request", "There is a reply to your request."),
    "amendment_answered": ("About your request", "There is a reply to your request. Sign in to read it."),
    "client_sent": (
        "Something for you on the portal",
        "A document or a request was sent to you. Sign in to see it.",
    ),
    "upload_refused": (
        "A file was refused",
        "A file that you sent could not be accepted. Sign in to see which one. Check your device for harmful programs "
        "before you send it again.",
    ),
}

_TIMED_LINES: Final[Mapping[str, str]] = {
    "appointment_booked": "An appointment was booked for {day} at {time}.",
    "appointment_cancelled": "The appointment on {day} at {time} was cancelled.",
    "appointment_rescheduled": "An appointment was moved to {day} at {time}.",
    "appointment_request_confirmed": "The appointment you requested is confirmed: {day} at {time}.",
    "appointment_reminder": "You have an appointment on {day} at {time}.",
}

_SIGN_IN: Final[Mapping[str, str]] = {
    "appointment_booked": "Sign in to see the details.",
    "appointment_cancelled": "Sign in to see the details.",
    "appointment_rescheduled": "Sign in to see the details.",
    "appointments_booked": "Sign in to see them.",
    "appointments_cancelled": "Sign in to see them.",
    "appointments_rescheduled": "Sign in to see the new times.",
    "appointments_changed": "Sign in to see the details.",
    "appointment_request_confirmed": "Sign in to see the details.",
    "appointment_request_declined": "Sign in to read it.",
    "waitlist_offer": "Please sign in to answer it.",
    "late_cancel_fee": "Sign in to see it.",
    "no_show_fee": "Sign in to see it.",
    "fee_removed": "Sign in to see the details.",
    "new_message": "Sign in to read it.",
    "form_assigned": "Sign in to open it.",
    "document_shared": "Sign in to see it.",
    "sensitive_document_shared": "Sign in to see it.",
    "withholding_reviewed": "Sign in to read it.",
}

ENGLISH: Final = MessageTemplates(
    lines=_LINES,
    timed_lines=_TIMED_LINES,
    sign_in=_SIGN_IN,
    neutral=("You have a notice", "You have a notice."),
    mail="{line}\n\nSign in: {url}\n\n{signature}\n\nThis is an automated message. Please do not reply to it.\n",
    mail_without_account="{line}\n\n{help}\n\n{signature}\n\n"
    "This is an automated message. Please do not reply to it.\n",
    help_invited="You are invited to our portal: open your account with the code of the invitation at {url}, or call "
    "us.",
    help_uninvited="If you want to know more or to change something, please call us.",
    text="{sender}: {line} {url} Reply STOP to stop text messages.",
    code_lines={
        "verify_email": ("Your code", "Your code to confirm this email address is {code}.", "Open your account"),
        "reset_password": ("Your code", "Your code to set a new password is {code}.", "Set a new password"),
        "invitation": (
            "You are invited to our portal",
            "Welcome! Use the code {code} to open your portal account. This is invitation {label}: if you share this "
            "mailbox, our office can tell you by telephone whose it is.",
            "Open your account",
        ),
        "change_email": ("Your code", "Your code to confirm this email address is {code}.", "Confirm the address"),
        "safe_email": ("Your code", "Your code to confirm this email address is {code}.", "Confirm the address"),
    },
    code_mail="{line} Nobody from our office will ever ask you for it. If you did not expect this message, "
    "you can ignore it.\n\n{link}: {url}\n\n{signature}\n",
    code_limit="The code works once and for a limited time.",
    code_limit_until="The code works once, until {day} at {time}.",
    day=lambda at: f"{_WEEKDAYS[at.weekday()]}, {_MONTHS[at.month - 1]} {at.day}",
    time=lambda at: f"{at.hour % 12 or 12}:{at.minute:02d} {'AM' if at.hour < 12 else 'PM'} ({at.tzname()})",
)
