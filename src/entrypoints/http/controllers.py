"""Every controller, by where it is mounted: portal and practice under their prefixes, others under their own paths.

The packages `entrypoints.http.<feature>` list theirs as `PORTAL`, `PRACTICE` and `OTHER`.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Literal

from litestar import Controller

from entrypoints.use_case_registry import features

_NAMES = [f"entrypoints.http.{name}" for name in features()]
_MODULES = [import_module(name) for name in _NAMES if find_spec(name) is not None]


def _listed(side: Literal["PORTAL", "PRACTICE", "OTHER"]) -> tuple[type[Controller], ...]:
    return tuple(controller for module in _MODULES for controller in getattr(module, side, ()))


PORTAL = _listed("PORTAL")
PRACTICE = _listed("PRACTICE")
OTHER = _listed("OTHER")
