"""Which staff roles read and change the practice's people."""

from typing import Final

from portal_core.kernel.actor import Actor, Role, own_clients_of
from portal_core.kernel.errors import Invalid

CLIENT_READER_ROLES: Final[tuple[Role, ...]] = ("clinician", "front_desk", "biller", "administrator")
CLIENT_EDITOR_ROLES: Final[tuple[Role, ...]] = ("clinician", "front_desk", "administrator")

PRACTICE_ADMIN_ROLES: Final[tuple[Role, ...]] = ("administrator",)


def check_external_id(actor: Actor, before: str | None, after: str | None) -> None:
    """Refuse a clinician who sees own clients only another external id of a client, taken or not.

    Whether one is taken would tell them of a client who is none of theirs.

    Raises:
        Invalid: `not_allowed`.
    """
    if after != before and own_clients_of(actor) is not None:
        message = "Ask the front desk or an administrator to enter the EHR's id. Send it as it is."
        raise Invalid.at("external_id", "not_allowed", message)
