"""Which roles do what with the practice's people."""

from typing import Final

from portal_core.kernel.actor import Role

READS_CLIENTS: Final[tuple[Role, ...]] = ("clinician", "front_desk", "biller", "administrator")
CHANGES_CLIENTS: Final[tuple[Role, ...]] = ("clinician", "front_desk", "administrator")
DECIDES_GRANTS: Final[tuple[Role, ...]] = ("clinician", "administrator")
"""Who may see an adolescent's record besides them is a professional's decision (45 CFR 164.502(g)(3)(ii)(C))."""

RUNS_PRACTICE: Final[tuple[Role, ...]] = ("administrator",)
