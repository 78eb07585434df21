"""What may go wrong around practices and their people."""

from portal_core.kernel.errors import Conflict, Invalid


class DuplicateExternalId(Conflict):
    """Somebody else of the practice has this id of the EHR's."""

    code = "duplicate_external_id"
    title = "Another record has this id already."


class DuplicateStaff(Conflict):
    """Another member of staff has this email, or this identity at the EHR's identity provider."""

    code = "duplicate_staff"
    title = "Another member of staff has this email or identity."


class LastAdministrator(Conflict):
    """Without this member the practice would have no administrator, and nobody could make another."""

    code = "last_administrator"
    title = "The practice needs an administrator. Make somebody else one first."


class SlugTaken(Conflict):
    """Another practice is known by this short name."""

    code = "slug_taken"
    title = "Another practice is known by this name."


class HostTaken(Conflict):
    """Another practice is reached under this host name."""

    code = "host_taken"
    title = "Another practice is reached under this host name."


class NoEmail(Conflict):
    """There is nowhere to send the invitation."""

    code = "no_email"
    title = "This record has no email. Add one first."


class InvitationNotOpen(Conflict):
    """It was accepted, withdrawn, or is too old."""

    code = "invitation_not_open"
    title = "This invitation is no longer open."


class GrantNotAllowed(Conflict):
    """The client's age and the state's rule do not allow such access."""

    code = "grant_not_allowed"
    title = "The client's age does not allow this access."


class GrantExists(Conflict):
    """This proxy has access to this record already."""

    code = "grant_exists"
    title = "This person has access to this record already."


class GrantOver(Conflict):
    """It was revoked, or has ended."""

    code = "grant_over"
    title = "This access is over already."


class NoPortalAccount(Conflict):
    """Nobody with this email signs in to the portal yet."""

    code = "no_portal_account"
    title = "Nobody with this email has an account. Invite them."


class UnknownSection(Invalid):
    """No feature has settings of this name."""

    code = "unknown_section"
    title = "There are no settings of this name."


class EmailUnchanged(Conflict):
    """The account has this email already."""

    code = "email_unchanged"
    title = "This is your email already."
