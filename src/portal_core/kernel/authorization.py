"""Who may: the questions that every use case asks first, inside its unit of work so that a denial is audited."""

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
)
from portal_core.kernel.errors import Forbidden, NotFound, Unauthenticated


def require_own_record(actor: Actor, area: Area, *, write: bool = False) -> UUID:
    """The client whose record this portal request is about.

    A client has the whole of their own record; a proxy what the grant opens.

    Raises:
        NotFound: for the actor, this area of this record does not exist.
        Forbidden: a proxy who may read, and tries to write.
    """
    match actor:
        case ClientActor(client_id=client_id):
            return client_id
        case ProxyActor(client_id=UUID() as client_id, areas=areas, may_write=may_write) if area in areas:
            if write and not may_write:
                raise Forbidden("This access is for reading only.")
            return client_id
        case _:
            raise NotFound(area)


def require_account_holder(actor: Actor) -> AccountHolder:
    """The actor as the holder of a portal account, whichever kind.

    Raises:
        Unauthenticated: nobody is signed in.
    """
    if isinstance(actor, ClientActor | ProxyActor | StaffActor):
        return actor
    raise Unauthenticated


def require_staff(actor: Actor, *roles: Role) -> StaffActor:
    """The actor as a member of staff with one of `roles`; any role when none is named.

    For what a person answers for or is there for: who may see a record, a session's room. All else on the practice's
    side asks `require_staff_or_system`.

    Raises:
        NotFound: not staff, for whom the practice's side does not exist.
        Forbidden: staff, in other roles.
    """
    if not isinstance(actor, StaffActor):
        raise NotFound("practice")
    if roles and not actor.roles.intersection(roles):
        raise Forbidden("Your role does not include this.")
    return actor


def require_staff_or_system(actor: Actor, *roles: Role) -> StaffActor | SystemActor:
    """As `require_staff`, and jobs too: no request makes one, the practice's programs do, and the audit names it."""
    return actor if isinstance(actor, SystemActor) else require_staff(actor, *roles)


def require_system(actor: Actor) -> SystemActor:
    """The actor as a job.

    Raises:
        Forbidden: anybody else.
    """
    if isinstance(actor, SystemActor):
        return actor
    raise Forbidden
