"""Who may do what with goals, beyond having the record."""

from uuid import UUID

from portal_core.kernel.actor import Actor, ProxyActor
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.errors import Forbidden


def completing(actor: Actor) -> UUID:
    """The client whose goal this is: they alone say that they have reached it.

    Raises:
        NotFound: for the actor, this part of the record does not exist.
        Forbidden: a proxy, whatever their grant.
    """
    client_id = require_own_record(actor, "progress", write=True)
    if isinstance(actor, ProxyActor):
        raise Forbidden("Only the client says that a goal is reached.")
    return client_id
