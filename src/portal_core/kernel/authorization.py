"""Authorization checks. Every use case calls one first, inside its unit of work, so that a denial is audited."""

from collections.abc import Collection
from uuid import UUID

from portal_core.kernel.actor import (
    AccountHolder,
    Actor,
    Area,
    ClientActor,
    ProxyActor,
    Role,
    StaffActor,
    SystemActor,
    own_clients_of,
)
from portal_core.kernel.errors import Forbidden, NotFound, Unauthenticated


def rights(actor: Actor) -> frozenset[str]:
    """What the actor may do by their roles or their grant: roles, areas, writing, and as which clinician.

    A response that is kept for an Idempotency-Key is repeated only while the actor has all the rights that they had.
    """
    match actor:
        case StaffActor(roles=roles, clinician_id=clinician_id):
            return roles | ({str(clinician_id)} if clinician_id else set())
        case ProxyActor(client_id=client_id, areas=areas, may_write=may_write):
            return areas | ({"write"} if may_write else set()) | ({str(client_id)} if client_id else set())
        case _:
            return frozenset()


def keeps_rights(actor: Actor, held: Collection[str]) -> bool:
    """Whether the actor still has these rights. One who sees only their own clients may have lost one of them."""
    return own_clients_of(actor) is None and rights(actor).issuperset(held)


def require_own_record(actor: Actor, area: Area, *, write: bool = False) -> UUID:
    """Return the client whose record this portal request is about.

    A client has access to every area of their own record; a proxy only to the areas of the grant.

    Raises:
        NotFound: the actor has no access to this area of a record.
        Forbidden: a proxy with read-only access tries to write.
    """
    match actor:
        case ClientActor(client_id=client_id):
            return client_id
        case ProxyActor(client_id=UUID() as client_id, areas=areas, may_write=may_write) if area in areas:
            if write and not may_write:
                raise Forbidden("Your access to this record is read-only.")
            return client_id
        case _:
            raise NotFound(area)


def require_account_holder(actor: Actor) -> AccountHolder:
    """Return the actor if they hold an account: a client, a proxy or a member of staff.

    Raises:
        Unauthenticated: the actor is a visitor or a job.
    """
    if isinstance(actor, ClientActor | ProxyActor | StaffActor):
        return actor
    raise Unauthenticated


def require_staff(actor: Actor, *roles: Role) -> StaffActor:
    """Return the actor if they are a member of staff with one of `roles`; with no roles given, any role will do.

    For actions that need an accountable person: access to a record, joining a video visit. Everything else in the
    practice API uses `require_staff_or_system`.

    Raises:
        NotFound: the actor is not staff, so the practice API does not exist for them.
        Forbidden: the actor is staff without any of the roles.
    """
    if not isinstance(actor, StaffActor):
        raise NotFound("practice")
    if roles and not actor.roles.intersection(roles):
        raise Forbidden("Your role does not include this.")
    return actor


def require_staff_or_system(actor: Actor, *roles: Role) -> StaffActor | SystemActor:
    """As `require_staff`, but also accept jobs.

    No HTTP request can act as a job; only workers and operator commands can, and the audit log names them.
    """
    return actor if isinstance(actor, SystemActor) else require_staff(actor, *roles)


def only_bills(actor: Actor) -> bool:
    """Whether the actor is staff who see records for their bills alone, and so no more than a bill needs.

    A biller who is also a clinician, front desk or an administrator sees what those see.
    """
    return isinstance(actor, StaffActor) and "biller" in actor.roles and actor.roles <= {"biller", "auditor"}


def require_system(actor: Actor) -> SystemActor:
    """Return the actor if it is a job.

    Raises:
        Forbidden: the actor is not a job.
    """
    if isinstance(actor, SystemActor):
        return actor
    raise Forbidden
