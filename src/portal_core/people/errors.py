"""Split off."""

from portal_core.kernel.errors import Conflict


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
