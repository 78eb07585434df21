"""Split off."""

from portal_core.kernel.errors import Conflict


class GrantNotAllowed(Conflict):
    """The client's age and the state's rule do not allow such access."""

    code = "grant_not_allowed"
    title = "The client's age does not allow this access."


class GrantExists(Conflict):
    """This proxy has access to this record already."""

    code = "grant_exists"
    title = "This person has access to this record already."


class GrantNotActive(Conflict):
    """It was revoked, or has ended."""

    code = "grant_not_active"
    title = "This access is over already."


class NoPortalAccount(Conflict):
    """Nobody with this email signs in to the portal yet."""

    code = "no_portal_account"
    title = "Nobody with this email has an account. Invite them."
