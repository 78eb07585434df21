"""Every kind of notice: how much it matters, by what channels it goes, and to whom."""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from portal_core.kernel.actor import Area
from portal_core.kernel.outbox import NoticeClass
from portal_core.notifications.model import CHANNELS, Channel, CodePurpose


@frozen
class NoticeKind:
    """What is true of all notices of a kind.

    `channels` are the defaults. A kind that is not `fixed` may be turned to any of the three channels, or to none, by
    the one who gets it. `area` is the part of a record it speaks of: a proxy gets it when the grant opens that area.
    `code` kinds are
    left to the `CodeSender`, who knows the address. `to_former_email` goes to the address before a change of email;
    `states_appointment_time` names the time of an appointment.
    """

    notice_class: NoticeClass
    channels: tuple[Channel, ...]
    area: Area | None = None
    fixed: bool = False
    code: CodePurpose | None = None
    to_former_email: bool = False
    states_appointment_time: bool = False

    @property
    def available_channels(self) -> tuple[Channel, ...]:
        """The channels that may be chosen."""
        return self.channels if self.fixed else CHANNELS

    def effective_channels(self, chosen: tuple[Channel, ...] | None) -> tuple[Channel, ...]:
        """The channels for somebody who chose these, or never chose."""
        return self.channels if self.fixed or chosen is None else chosen


def _security(*, inbox: bool = True) -> NoticeKind:
    return NoticeKind("security", ("email", "in_app") if inbox else ("email",), fixed=True)


def _code(purpose: CodePurpose) -> NoticeKind:
    return NoticeKind("security", ("email",), fixed=True, code=purpose)


def _service(area: Area) -> NoticeKind:
    return NoticeKind("service", ("email", "in_app"), area)


NOTICE_KINDS: Final[Mapping[str, NoticeKind]] = {
    "verify_email": _code("verify_email"),
    "reset_password": _code("reset_password"),
    "email_change_code": _code("change_email"),
    "safe_email_code": _code("safe_email"),
    "already_registered": _security(inbox=False),
    "invitation": NoticeKind("service", ("email",), fixed=True, code="invitation"),
    "email_changed": NoticeKind("security", ("email",), fixed=True, to_former_email=True),
    "password_changed": _security(),
    "second_factor_enrolled": _security(),
    "second_factor_removed": _security(),
    "recovery_codes_used": _security(),
    "account_locked": _security(),
    "account_closed": _security(inbox=False),
    "contact_changed": _security(),
    "grant_ended": NoticeKind("service", ("email", "in_app"), fixed=True),
    "appointment_booked": _service("appointments"),
    "appointment_cancelled": _service("appointments"),
    "appointment_rescheduled": _service("appointments"),
    "appointment_request_confirmed": _service("appointments"),
    "appointment_request_declined": _service("appointments"),
    "appointment_reminder": NoticeKind(
        "reminder", ("email", "sms", "in_app"), "appointments", states_appointment_time=True
    ),
    "waitlist_offer": NoticeKind("service", ("email", "sms", "in_app"), "appointments"),
    "late_cancel_fee": _service("payments"),
    "new_message": _service("messages"),
    "form_assigned": _service("forms"),
    "document_shared": _service("documents"),
}
"""The keys are those that features write into `Notice.kind`, and three that messages, forms and documents will: people
already choose their channels. A test holds the features and this table to each other."""
