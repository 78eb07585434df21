"""Which staff roles read and manage grants."""

from typing import Final
from uuid import UUID

from portal_core.access.ports import GrantClients
from portal_core.kernel.actor import Actor, Role, own_clients_of
from portal_core.kernel.errors import NotFound

GRANT_READER_ROLES: Final[tuple[Role, ...]] = ("clinician", "front_desk", "administrator")
GRANT_MANAGER_ROLES: Final[tuple[Role, ...]] = ("clinician", "administrator")


async def require_visible_client(clients: GrantClients, actor: Actor, client_id: UUID) -> None:
    """Require that the client is one whom the actor sees, where a use case reads something of a client and not them.

    Raises:
        NotFound: a clinician who sees own clients only names another's.
    """
    if own_clients_of(actor) is not None and await clients.get(client_id) is None:
        raise NotFound("client", client_id)
