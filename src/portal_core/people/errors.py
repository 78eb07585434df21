"""Errors about practices and their people."""

from portal_core.kernel.errors import Conflict


class DuplicateExternalId(Conflict):
    """Another client or clinician of the practice has this external id (the EHR's id)."""

    code = "duplicate_external_id"
    title = "Another record already has this external id."


class DuplicateStaff(Conflict):
    """Another staff member has this email, or this identity at the EHR's identity provider."""

    code = "duplicate_staff"
    title = "Another staff member has this email or identity."


class LastAdministrator(Conflict):
    """The change would leave the practice without an administrator, and nobody could appoint another."""

    code = "last_administrator"
    title = "The practice needs an administrator. Give another staff member this role first."


class ErasureNotOpen(Conflict):
    """The request to erase a record was withdrawn or completed, or nobody confirmed it within seven days."""

    code = "erasure_not_open"
    title = "This request is no longer open. Ask for the erasure again."


class ErasureOpen(Conflict):
    """The erasure of the record has been asked for already."""

    code = "erasure_open"
    title = "The erasure of this record waits for another administrator to confirm it."


class UnderLegalHold(Conflict):
    """The record must be kept until the legal hold is lifted."""

    code = "under_legal_hold"
    title = "This record is under a legal hold. Lift the hold first."


class SlugTaken(Conflict):
    """Another practice has this short name."""

    code = "slug_taken"
    title = "Another practice uses this short name."


class HostTaken(Conflict):
    """Another practice's portal has this host name."""

    code = "host_taken"
    title = "Another practice uses this host name."
