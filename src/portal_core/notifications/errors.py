"""What may go wrong with notices."""

from portal_core.kernel.errors import Conflict


class NoticeNotReplayable(Conflict):
    """Only what was given up, or is uncertain, can be sent again by hand."""

    code = "notice_not_replayable"
    title = "This notice was sent, or is still on its way."


class MailRefused(Exception):
    """The vendor refused this mail or text for good: a bad address, a sender that is not verified.

    `reason` is a short code; it holds no address and no words of the mail.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MailNotSent(Exception):
    """The mail or text was surely not sent, and may be tried again: no connection, throttled, out of order."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
