"""Errors of invitations and email changes."""

from portal_core.kernel.errors import Conflict


class NoEmail(Conflict):
    """The record has no email to send the invitation to."""

    code = "no_email"
    title = "This record has no email. Add one first."


class InvitationNotOpen(Conflict):
    """The invitation was accepted or withdrawn, or has expired."""

    code = "invitation_not_open"
    title = "This invitation is no longer open."


class EmailUnchanged(Conflict):
    """The account already has this email."""

    code = "email_unchanged"
    title = "This is already your email."
