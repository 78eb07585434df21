"""Every kind of notice, declared once: its class, its channels, and the part of a record that it speaks of.

    await unit.outbox.notify(APPOINTMENT_BOOKED.to_client(client_id, subject_id=appointment_id))

The text is made when the notice is sent (`notifications/templates_en.py`, `templates_es.py`).
"""

from collections.abc import Mapping
from typing import Final, Literal, NewType
from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Area

NoticeClass = Literal["security", "safety", "service", "reminder"]
"""After a crash inside the vendor's call a `security` or `safety` notice is sent again, the others are not."""

Channel = Literal["email", "sms", "in_app"]
CHANNELS: tuple[Channel, ...] = ("email", "sms", "in_app")

AppointmentState = Literal["booked", "cancelled"]

CodePurpose = Literal["verify_email", "reset_password", "change_email", "invitation", "safe_email"]


@frozen
class Notice:
    """A message to an account or a client. It holds ids and no text.

    `kind` is the name of a `NoticeKind`, `subject_id` the id of what it is about. A second notice with the same
    `deduplication_key` in the same practice is dropped, so that a rerun notifies nobody twice.
    """

    kind: str
    notice_class: NoticeClass
    to_account: UUID | None = None
    to_client: UUID | None = None
    subject_id: UUID | None = None
    deduplication_key: str | None = None


NoticeKindName = NewType("NoticeKindName", str)
"""One of the names in `NOTICE_KINDS`, where a view shows it."""


@frozen
class NoticeKind:
    """What is true of all notices of a kind.

    `channels` are the defaults. Unless the kind is `fixed`, the recipient may choose any of the channels, or none.
    `area` is the part of a record that it speaks of: a proxy gets it when their grant opens that area. The `CodeSender`
    mails kinds that have a `code`: it knows the address. `to_former_email` goes to the address before a change of
    email. `states_appointment_time`: it names the time of an appointment, and is sent only while there is one.
    `appointment_state`: the state of the appointment that it speaks of. To those who want to read when, it states the
    time, if the appointment is still in that state. `chosen_with`: the kind whose channels it has, instead of a choice
    of its own.
    """

    name: str
    notice_class: NoticeClass
    channels: tuple[Channel, ...]
    area: Area | None = None
    fixed: bool = False
    code: CodePurpose | None = None
    to_former_email: bool = False
    states_appointment_time: bool = False
    appointment_state: AppointmentState | None = None
    chosen_with: str | None = None

    def to_account(
        self, account_id: UUID, *, subject_id: UUID | None = None, deduplication_key: str | None = None
    ) -> Notice:
        """A notice of this kind to the holder of an account."""
        return Notice(self.name, self.notice_class, account_id, None, subject_id, deduplication_key)

    def to_client(
        self, client_id: UUID, *, subject_id: UUID | None = None, deduplication_key: str | None = None
    ) -> Notice:
        """A notice of this kind to a client, and to the proxies whose grants open `area`."""
        return Notice(self.name, self.notice_class, None, client_id, subject_id, deduplication_key)

    def to_address_of(self, subject_id: UUID, *, deduplication_key: str | None = None) -> Notice:
        """A notice of this kind to the address that its subject names: an invitation's, say."""
        return Notice(self.name, self.notice_class, None, None, subject_id, deduplication_key)

    @property
    def available_channels(self) -> tuple[Channel, ...]:
        """The channels that may be chosen."""
        return self.channels if self.fixed else CHANNELS

    @property
    def configurable(self) -> bool:
        """Whether a choice of channels is made for this kind itself."""
        return not self.fixed and self.chosen_with is None

    def effective_channels(self, chosen: tuple[Channel, ...] | None) -> tuple[Channel, ...]:
        """The channels for somebody who chose these, or never chose."""
        return self.channels if self.fixed or chosen is None else chosen


def _security(name: str, *, inbox: bool = True) -> NoticeKind:
    return NoticeKind(name, "security", ("email", "in_app") if inbox else ("email",), fixed=True)


def _code(name: str, purpose: CodePurpose) -> NoticeKind:
    return NoticeKind(name, "security", ("email",), fixed=True, code=purpose)


def _service(name: str, area: Area, appointment_state: AppointmentState | None = None) -> NoticeKind:
    return NoticeKind(name, "service", ("email", "in_app"), area, appointment_state=appointment_state)


def _like(kind: NoticeKind, name: str) -> NoticeKind:
    """A kind with the class, the area and the channels of another."""
    return NoticeKind(name, kind.notice_class, kind.channels, kind.area, chosen_with=kind.name)


VERIFY_EMAIL: Final = _code("verify_email", "verify_email")
RESET_PASSWORD: Final = _code("reset_password", "reset_password")
EMAIL_CHANGE_CODE: Final = _code("email_change_code", "change_email")
SAFE_EMAIL_CODE: Final = _code("safe_email_code", "safe_email")
ALREADY_REGISTERED: Final = _security("already_registered", inbox=False)
INVITATION: Final = NoticeKind("invitation", "service", ("email",), fixed=True, code="invitation")
EMAIL_CHANGED: Final = NoticeKind("email_changed", "security", ("email",), fixed=True, to_former_email=True)
PASSWORD_CHANGED: Final = _security("password_changed")
SECOND_FACTOR_ENROLLED: Final = _security("second_factor_enrolled")
SECOND_FACTOR_REMOVED: Final = _security("second_factor_removed")
RECOVERY_CODES_USED: Final = _security("recovery_codes_used")
RECOVERY_CODES_RENEWED: Final = _security("recovery_codes_renewed")
IDENTITY_LINKED: Final = _security("identity_linked")
ACCOUNT_LOCKED: Final = _security("account_locked")
ACCOUNT_CLOSED: Final = _security("account_closed", inbox=False)
CONTACT_CHANGED: Final = _security("contact_changed")
CALENDAR_FEED_CREATED: Final = _security("calendar_feed_created")
# To all administrators of a practice: what one of them did alone would otherwise be seen by nobody.
ERASURE_REQUESTED: Final = _security("erasure_requested", inbox=False)
ERASURE_CONFIRMED: Final = _security("erasure_confirmed", inbox=False)
LEGAL_HOLD_LIFTED: Final = _security("legal_hold_lifted", inbox=False)
GRANT_ENDED: Final = NoticeKind("grant_ended", "service", ("email", "in_app"), fixed=True)
APPOINTMENT_BOOKED: Final = _service("appointment_booked", "appointments", "booked")
APPOINTMENT_CANCELLED: Final = _service("appointment_cancelled", "appointments", "cancelled")
APPOINTMENT_RESCHEDULED: Final = _service("appointment_rescheduled", "appointments", "booked")
# Of several appointments at once, of which none is named.
APPOINTMENTS_BOOKED: Final = _like(APPOINTMENT_BOOKED, "appointments_booked")
APPOINTMENTS_CANCELLED: Final = _like(APPOINTMENT_CANCELLED, "appointments_cancelled")
APPOINTMENTS_RESCHEDULED: Final = _like(APPOINTMENT_RESCHEDULED, "appointments_rescheduled")
APPOINTMENTS_CHANGED: Final = _service("appointments_changed", "appointments")
APPOINTMENT_REQUEST_CONFIRMED: Final = _service("appointment_request_confirmed", "appointments", "booked")
APPOINTMENT_REQUEST_DECLINED: Final = _service("appointment_request_declined", "appointments")
APPOINTMENT_REMINDER: Final = NoticeKind(
    "appointment_reminder", "reminder", ("email", "sms", "in_app"), "appointments", states_appointment_time=True
)
WAITLIST_OFFER: Final = NoticeKind("waitlist_offer", "service", ("email", "sms", "in_app"), "appointments")
LATE_CANCEL_FEE: Final = _service("late_cancel_fee", "payments")
NO_SHOW_FEE: Final = _like(LATE_CANCEL_FEE, "no_show_fee")
FEE_REMOVED: Final = _like(LATE_CANCEL_FEE, "fee_removed")
DOCUMENT_SHARED: Final = _service("document_shared", "documents")
# A proxy is told of a sensitive one only if the grant opens those.
SENSITIVE_DOCUMENT_SHARED: Final = NoticeKind(
    "sensitive_document_shared",
    "service",
    DOCUMENT_SHARED.channels,
    "sensitive_documents",
    chosen_with=DOCUMENT_SHARED.name,
)
WITHHOLDING_REVIEWED: Final = _like(DOCUMENT_SHARED, "withholding_reviewed")
AMENDMENT_ANSWERED: Final = NoticeKind("amendment_answered", "service", ("email", "in_app"), fixed=True)
# To staff: a document, or a request about the record.
CLIENT_SENT: Final = NoticeKind("client_sent", "service", ("email", "in_app"), fixed=True)
UPLOAD_REFUSED: Final = NoticeKind("upload_refused", "service", ("email", "in_app"), fixed=True)
# Clients already choose channels for these two; messages and forms will send them.
NEW_MESSAGE: Final = _service("new_message", "messages")
FORM_ASSIGNED: Final = _service("form_assigned", "forms")

_OF_SEVERAL: Final[Mapping[str, NoticeKind]] = {
    APPOINTMENT_BOOKED.name: APPOINTMENTS_BOOKED,
    APPOINTMENT_CANCELLED.name: APPOINTMENTS_CANCELLED,
    APPOINTMENT_RESCHEDULED.name: APPOINTMENTS_RESCHEDULED,
}


def kind_for(kind: NoticeKind, number: int) -> NoticeKind:
    """The kind of a notice that stands for this number of appointments, each of which would have `kind`."""
    return kind if number == 1 else _OF_SEVERAL[kind.name]


NOTICE_KINDS: Final[Mapping[str, NoticeKind]] = {
    kind.name: kind for kind in tuple(globals().values()) if isinstance(kind, NoticeKind)
}
"""Every kind by its name."""
