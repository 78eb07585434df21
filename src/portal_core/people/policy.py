"""Which roles do what with the practice's people."""

from typing import Final

from portal_core.kernel.actor import Role

READS_CLIENTS: Final[tuple[Role, ...]] = ("clinician", "front_desk", "biller", "administrator")
CHANGES_CLIENTS: Final[tuple[Role, ...]] = ("clinician", "front_desk", "administrator")

RUNS_PRACTICE: Final[tuple[Role, ...]] = ("administrator",)
