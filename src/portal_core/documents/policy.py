"""Who may do what with documents."""

from typing import Final
from uuid import UUID

from attrs import frozen

from portal_core.documents.model import BILLING_CATEGORIES, Document
from portal_core.kernel.actor import Actor, ProxyActor, Role, StaffActor, SystemActor, own_clients_of
from portal_core.kernel.authorization import only_bills, require_own_record, require_staff, require_staff_or_system
from portal_core.kernel.errors import Forbidden

MANAGER_ROLES: Final[tuple[Role, ...]] = ("clinician", "front_desk", "administrator")
"""Who adds and shares documents."""
READER_ROLES: Final[tuple[Role, ...]] = (*MANAGER_ROLES, "biller")
"""Billers see the documents that bills need, and no others."""


@frozen
class DocumentScope:
    """What a client or proxy sees of the documents of a record."""

    sensitive: bool
    proxy: bool


def document_scope(actor: Actor) -> DocumentScope:
    """A client sees all that is theirs to see; a proxy the sensitive ones only if the grant opens them."""
    if isinstance(actor, ProxyActor):
        return DocumentScope(sensitive="sensitive_documents" in actor.areas, proxy=True)
    return DocumentScope(sensitive=True, proxy=False)


def require_documents(actor: Actor, *, write: bool = False) -> tuple[UUID, DocumentScope]:
    """The client whose documents the actor may see, and which of them.

    Raises:
        NotFound: the actor has no access to `documents` of a record.
        Forbidden: a proxy with read-only access tries to write.
    """
    return require_own_record(actor, "documents", write=write), document_scope(actor)


def require_manager(actor: Actor) -> StaffActor | SystemActor:
    """Raises:
    NotFound: the actor is neither staff nor a job.
    Forbidden: staff in other roles.
    """
    return require_staff_or_system(actor, *MANAGER_ROLES)


def require_reader(actor: Actor) -> None:
    """Raises:
    NotFound: the actor is neither staff nor a job.
    Forbidden: staff who see no documents.
    """
    require_staff_or_system(actor, *READER_ROLES)


def require_inbox(actor: Actor) -> None:
    """Require that the actor sees what the clients of the whole practice sent.

    Raises:
        NotFound: the actor is neither staff nor a job.
        Forbidden: a role that does not, or a clinician who sees own clients only.
    """
    require_manager(actor)
    if own_clients_of(actor) is not None:
        raise Forbidden("You see the documents of your own clients, one client at a time.")


def require_amendment_decider(actor: Actor) -> StaffActor:
    """Who answers for the practice: a person.

    Raises:
        NotFound: the actor is not staff.
        Forbidden: staff other than clinicians and administrators.
    """
    return require_staff(actor, "clinician", "administrator")


def reads_reasons(actor: Actor) -> bool:
    """Whether the actor reads why a document is withheld, which may tell what is in it: clinicians and jobs."""
    return isinstance(actor, SystemActor) or (isinstance(actor, StaffActor) and "clinician" in actor.roles)


def reads_category(actor: Actor, document: Document) -> bool:
    """Whether staff may see a document of this category."""
    return not only_bills(actor) or document.category in BILLING_CATEGORIES


def require_clinician(actor: Actor) -> StaffActor:
    """A licensed health care professional, who alone decides that access would do harm (45 CFR 164.524(a)(3)).

    Raises:
        NotFound, Forbidden: the actor is not a clinician.
    """
    member = require_staff(actor, "clinician")
    if member.clinician_id is None:
        raise Forbidden("Only a clinician can decide this.")
    return member
