"""Which staff roles read and change the practice's people."""

from typing import Final

from portal_core.kernel.actor import Role

CLIENT_READER_ROLES: Final[tuple[Role, ...]] = ("clinician", "front_desk", "biller", "administrator")
CLIENT_EDITOR_ROLES: Final[tuple[Role, ...]] = ("clinician", "front_desk", "administrator")

PRACTICE_ADMIN_ROLES: Final[tuple[Role, ...]] = ("administrator",)
