"""What may go wrong with notices."""

from portal_core.kernel.errors import Conflict, Invalid


class NoticeNotReplayable(Conflict):
    """Only what was given up, or is uncertain, can be sent again by hand."""

    code = "notice_not_replayable"
    title = "This notice was sent, or is still on its way."


class SafeEmailCodeInvalid(Invalid):
    """The code mailed to a safe email is wrong, used, expired or tried too often: one answer for all of them."""

    code = "safe_email_code_invalid"
    title = "This code is not right, or is no longer good."


class MailError(Exception):
    """Why a mail or text did not go. `reason` is a short code; it holds no address and no words of the mail."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MailRefused(MailError):
    """Refused for good: a bad address, words that the vendor does not take."""


class MailNotSent(MailError):
    """Surely not sent, and may be tried again: no connection, throttled, out of order."""


class MailUncertain(MailError):
    """The vendor had it, and what became of it is not known: no answer, or one that says nothing."""
