"""Which roles decide on access."""

from typing import Final

from portal_core.kernel.actor import Role

READS_CLIENTS: Final[tuple[Role, ...]] = ("clinician", "front_desk", "biller", "administrator")
DECIDES_GRANTS: Final[tuple[Role, ...]] = ("clinician", "administrator")
