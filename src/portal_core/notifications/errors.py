"""Errors of notices and their delivery."""

from portal_core.kernel.errors import Conflict, Invalid


class NoticeNotReplayable(Conflict):
    """Only dead and uncertain notices can be sent again by hand."""

    code = "notice_not_replayable"
    title = "This notice was already sent or is still being delivered."


class SafeEmailCodeInvalid(Invalid):
    """The code for a safe email is wrong, used, expired or out of attempts. The caller does not learn which."""

    code = "safe_email_code_invalid"
    title = "This code is wrong or has expired."


class MailError(Exception):
    """A mail or text message was not sent. `reason` is a short code, without the address or any of the text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MailRefused(MailError):
    """Permanently refused: a bad address, or content that the vendor does not accept."""


class MailNotSent(MailError):
    """Certainly not sent; it is safe to try again. For example: no connection, throttled, vendor outage."""


class MailUncertain(MailError):
    """The vendor may have sent it: there was no response, or an inconclusive one."""
