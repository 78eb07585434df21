"""Which staff roles read and manage grants."""

from typing import Final

from portal_core.kernel.actor import Role

GRANT_READER_ROLES: Final[tuple[Role, ...]] = ("clinician", "front_desk", "administrator")
GRANT_MANAGER_ROLES: Final[tuple[Role, ...]] = ("clinician", "administrator")
