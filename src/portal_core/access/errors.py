"""Errors of proxy access."""

from portal_core.kernel.errors import Conflict


class GrantNotAllowed(Conflict):
    """The client's age and the state's rule do not allow this access."""

    code = "grant_not_allowed"
    title = "The client's age does not allow this access."


class GrantExists(Conflict):
    """This proxy already has access to this record."""

    code = "grant_exists"
    title = "This person already has access to this record."


class GrantNotActive(Conflict):
    """The grant was revoked or has ended."""

    code = "grant_not_active"
    title = "This access has already ended."


class NoPortalAccount(Conflict):
    """No active portal account has this email."""

    code = "no_portal_account"
    title = "No account has this email. Send an invitation instead."
