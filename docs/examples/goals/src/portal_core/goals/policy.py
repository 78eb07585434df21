"""Rules on who may change a goal, in addition to access to the record."""

from uuid import UUID

from portal_core.kernel.actor import Actor, ProxyActor
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.errors import Forbidden


def require_completer(actor: Actor) -> UUID:
    """The id of the client whose goal it is. Only the client may complete a goal.

    Raises:
        NotFound: the actor has no access to `progress` on this record.
        Forbidden: the actor is a proxy, whatever the grant allows.
    """
    client_id = require_own_record(actor, "progress", write=True)
    if isinstance(actor, ProxyActor):
        raise Forbidden("Only the client can complete a goal.")
    return client_id
