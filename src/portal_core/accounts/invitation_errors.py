"""Errors of invitations and email changes."""

from portal_core.kernel.errors import Conflict


class NoEmail(Conflict):
    """The record has no email to send the invitation to."""

    code = "no_email"
    title = "This record has no email. Add one first."


class Discharged(Conflict):
    """The client was discharged: nobody opens an account for the record until the practice makes them active again."""

    code = "discharged"
    title = "This client was discharged. Make them active again before you invite anybody."


class EmailInUse(Conflict):
    """Another person's portal account has this email, verified or not: the invitation could not be accepted."""

    code = "email_in_use"
    title = "This email already belongs to another person's account. Invite by another address."


class EmailInvited(Conflict):
    """An open invitation to this email is another person's, and only one of the two could open an account with it."""

    code = "email_invited"
    title = "Another person's invitation to this email is open. Invite by another address, or withdraw that one first."


class AccountNotAllowed(Conflict):
    """The client is under the age from which the state's rule allows an account of their own (`own_account_from`)."""

    code = "account_not_allowed"
    title = "The client is too young for an account of their own. Invite a parent or guardian instead."


class InvitationNotOpen(Conflict):
    """The invitation was accepted or withdrawn, or has expired."""

    code = "invitation_not_open"
    title = "This invitation is no longer open."


class EmailUnchanged(Conflict):
    """The account already has this email."""

    code = "email_unchanged"
    title = "This is already your email."
