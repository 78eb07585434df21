"""Actors: who makes a request, in which practice, on which client's record, and from where."""

from datetime import date
from typing import Literal
from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.kernel.idempotency import IdempotentRequest

Area = Literal[
    "profile",
    "appointments",
    "forms",
    "messages",
    "documents",
    "sensitive_documents",
    "progress",
    "measures",
    "payments",
]
"""The parts of a record. A proxy's grant opens each of them separately."""

AREAS: tuple[Area, ...] = (
    "profile",
    "appointments",
    "forms",
    "messages",
    "documents",
    "sensitive_documents",
    "progress",
    "measures",
    "payments",
)

Role = Literal["clinician", "front_desk", "biller", "administrator", "auditor"]
ROLES: tuple[Role, ...] = ("clinician", "front_desk", "biller", "administrator", "auditor")


@frozen
class Origin:
    """Where a request came from; stored with every audit entry.

    `address` is the client's IP as reported by the configured proxies, `device` a shortened user agent, `request_id`
    the id that the response carries too. `idempotent_request` is set when the request has an Idempotency-Key. All
    fields are empty for work that starts inside the process.
    """

    address: str = ""
    device: str = ""
    request_id: str = ""
    idempotent_request: IdempotentRequest | None = None


@frozen
class ClientActor:
    """A signed-in client acting on their own record."""

    practice_id: UUID
    account_id: UUID
    client_id: UUID
    session_id: UUID | None = None
    origin: Origin = field(factory=Origin)


@frozen
class ProxyActor:
    """A parent, guardian or representative acting on a client's record within a grant that is in force.

    `client_id` is None when the request names no record: the proxy then acts on their own account only. `until` is the
    first local day on which the grant is no longer in force; the adapter that builds the actor has checked it for this
    request.
    """

    practice_id: UUID
    account_id: UUID
    client_id: UUID | None = None
    areas: frozenset[Area] = frozenset()
    may_write: bool = False
    grant_id: UUID | None = None
    until: date | None = None
    session_id: UUID | None = None
    origin: Origin = field(factory=Origin)


@frozen
class StaffActor:
    """A signed-in member of the practice's staff. `clinician_id` is set for staff who see clients.

    `own_clients_only`: the practice lets clinicians see the clients of their own alone; see `own_clients_of`.
    """

    practice_id: UUID
    account_id: UUID
    roles: frozenset[Role]
    clinician_id: UUID | None = None
    session_id: UUID | None = None
    origin: Origin = field(factory=Origin)
    own_clients_only: bool = False


@frozen
class SystemActor:
    """A job acting for one practice. `job` is its name in the audit log."""

    practice_id: UUID
    job: str
    origin: Origin = field(factory=Origin)


@frozen
class VisitorActor:
    """A caller who is not signed in: registering, signing in, or requesting a password reset."""

    practice_id: UUID
    origin: Origin = field(factory=Origin)


Actor = ClientActor | ProxyActor | StaffActor | SystemActor | VisitorActor
AccountHolder = ClientActor | ProxyActor | StaffActor


NO_CLINICIAN = UUID(int=0)


def without_key(actor: Actor) -> Actor:
    """The actor without the request's Idempotency-Key, for units of work whose result is not the request's response."""
    return evolve(actor, origin=evolve(actor.origin, idempotent_request=None))


def own_clients_of(actor: Actor) -> UUID | None:
    """The clinician whose clients alone the actor sees, `NO_CLINICIAN` if they have none; None for all other actors.

    Repositories of clients confine such a clinician to the clients whose care team they are on, or with whom they have
    an appointment, as they confine a client to their own record. One who is also front desk, biller or
    administrator sees all clients, as those do.
    """
    if not isinstance(actor, StaffActor) or not actor.own_clients_only:
        return None
    if actor.roles & {"front_desk", "biller", "administrator"}:
        return None
    return actor.clinician_id or NO_CLINICIAN


def record_id(actor: Actor) -> UUID | None:
    """Return the client whose record the actor is confined to; None for actors who may act on the whole practice."""
    return actor.client_id if isinstance(actor, ClientActor | ProxyActor) else None
