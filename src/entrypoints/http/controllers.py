"""All controllers: portal and practice ones are mounted under their prefixes, others under their own paths.

Each package `entrypoints.http.<feature>` lists its controllers as `PORTAL`, `PRACTICE` and `OTHER`.
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
