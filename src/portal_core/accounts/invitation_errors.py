"""Split off."""

from portal_core.kernel.errors import Conflict


class NoEmail(Conflict):
    """There is nowhere to send the invitation."""

    code = "no_email"
    title = "This record has no email. Add one first."


class InvitationNotOpen(Conflict):
    """It was accepted, withdrawn, or is too old."""

    code = "invitation_not_open"
    title = "This invitation is no longer open."


class EmailUnchanged(Conflict):
    """The account has this email already."""

    code = "email_unchanged"
    title = "This is your email already."
