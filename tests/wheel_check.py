"""Run by `nox -s wheel` in an environment that holds the wheel, attrs and tzdata alone: the core imports, whole."""

import importlib
import pkgutil
import sys

import portal_core
from portal_core.kernel.time_zones import zone_info

for module in pkgutil.walk_packages(portal_core.__path__, "portal_core."):
    importlib.import_module(module.name)
zone_info("America/Vancouver")
loaded = {name.partition(".")[0] for name in sys.modules}
foreign = {name for name in loaded if not name.startswith("_sysconfigdata")} - set(sys.stdlib_module_names)
foreign -= {"attr", "attrs", "portal_core", "tzdata"}
foreign -= {"__main__", "__mp_main__", "_distutils_hack", "sitecustomize", "usercustomize"}
if foreign:
    sys.exit(f"the core imported {sorted(foreign)}")
print(f"portal_core imports with attrs and tzdata alone, on Python {sys.version.split()[0]}")
