"""Run by `nox -s wheel` in an environment that holds the wheel and attrs alone: the core imports, whole."""

import importlib
import pkgutil
import sys

import portal_core

for module in pkgutil.walk_packages(portal_core.__path__, "portal_core."):
    importlib.import_module(module.name)
loaded = {name.partition(".")[0] for name in sys.modules}
foreign = {name for name in loaded if not name.startswith("_sysconfigdata")} - set(sys.stdlib_module_names)
foreign -= {"attr", "attrs", "portal_core"}
foreign -= {"__main__", "__mp_main__", "_distutils_hack", "sitecustomize", "usercustomize"}
if foreign:
    sys.exit(f"the core imported {sorted(foreign)}")
print(f"portal_core imports with attrs alone, on Python {sys.version.split()[0]}")
