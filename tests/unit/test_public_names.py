"""The public API that EHR modules import is frozen: this test fails when a name, field or default is removed.

If the change is intended, note it in CHANGELOG.md and regenerate the list: `python -m tests.unit.test_public_names`.
"""

import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import attrs

import portal_core
from entrypoints.use_case_registry import use_case_classes
from portal_core import PortalError

LIST = Path(__file__).with_name("public_names.txt")
REFUSING = """
import sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        known = top in sys.stdlib_module_names or top.startswith("_sysconfigdata_")  # generated for each platform
        if not known and top not in ("attr", "attrs", "portal_core", "tzdata"):
            raise ImportError(f"portal_core imports {name}")

sys.meta_path.insert(0, Refusing())
import importlib, pkgutil, portal_core
for module in pkgutil.walk_packages(portal_core.__path__, "portal_core."):
    importlib.import_module(module.name)
    print(module.name)
"""


def public_names() -> list[str]:
    """One line for each public name, with the details that callers rely on."""
    lines = {f"portal_core.{name}{_shape(getattr(portal_core, name))}" for name in portal_core.__all__}
    lines |= {_line(kind) for kind in (*_of_use_cases(), *_errors()) if kind not in vars(portal_core).values()}
    return sorted(lines)


def _line(kind: type[Any]) -> str:
    return f"{kind.__module__}.{kind.__name__}{_shape(kind)}"


def _of_use_cases() -> set[type[Any]]:
    """The use cases, their parameters and results, and the types that these are made of."""
    use_cases = use_case_classes().values()
    found = set(use_cases)
    hints = [hint for one in use_cases for hint in get_type_hints(one.__call__).values()]
    while hints:
        hint = hints.pop()
        hints += [arg for arg in get_args(hint) if not isinstance(arg, str)]
        hints += get_args(getattr(hint, "__value__", None))
        if (
            isinstance(hint, type)
            and attrs.has(hint)
            and hint.__module__.startswith("portal_core")
            and hint not in found
        ):
            found.add(hint)
            hints += get_type_hints(hint).values()
    return found


def _errors() -> Iterator[type[Any]]:
    for module in pkgutil.walk_packages(portal_core.__path__, "portal_core."):
        for value in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(value) and issubclass(value, PortalError) and value.__module__ == module.name:
                yield value


def _shape(value: Any) -> str:
    """An error's code; a class's fields with defaults marked; the call parameters of a use case or port."""
    if not inspect.isclass(value):
        return ""
    if issubclass(value, PortalError):
        return f" {value.code!r}"
    fields = [one for one in attrs.fields(value) if one.init] if attrs.has(value) else []
    names = ", ".join(f"{one.alias}{'' if one.default is attrs.NOTHING else '='}" for one in fields)
    called = list(inspect.signature(value.__call__).parameters)[1:] if "__call__" in vars(value) else None
    methods = (
        [name for name in vars(value) if not name.startswith("_")] if getattr(value, "_is_protocol", False) else []
    )
    return (
        (f"({names})" if attrs.has(value) else "")
        + (f" -> ({', '.join(called)})" if called is not None else "")
        + (f" {' '.join(sorted(methods))}" if methods else "")
    )


def test_public_names_equal_the_frozen_list() -> None:
    listed, found = LIST.read_text().splitlines(), public_names()
    gone, new = sorted(set(listed) - set(found)), sorted(set(found) - set(listed))
    assert (gone, new) == ([], []), "if this is intended, run: python -m tests.unit.test_public_names"


def test_list_includes_what_callers_need() -> None:
    lines = LIST.read_text().splitlines()
    for line in (
        "portal_core.ClientActor(practice_id, account_id, client_id, session_id=, origin=)",
        "portal_core.Clock now",
        "portal_core.NotFound 'not_found'",
        "portal_core.appointments.errors.SlotTaken 'slot_taken'",
        "portal_core.appointments.booking.SlotChoice(clinician_id, appointment_type_id, location_id=, starts_at)",
        "portal_core.appointments.use_cases.book_appointment.BookAppointment(begin, clock, ids, tokens)"
        " -> (actor, command)",
        "portal_core.appointments.use_cases.book_appointment.BookAppointmentCommand(choice=, hold_id=)",
    ):
        assert line in lines


def test_core_imports_only_attrs_tzdata_and_the_standard_library() -> None:
    done = subprocess.run([sys.executable, "-c", REFUSING], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "portal_core.appointments.use_cases.book_appointment" in done.stdout.split()


def test_guard_refuses_third_party_imports() -> None:
    script = f"{REFUSING}\nimport msgspec\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "portal_core imports msgspec" in done.stderr


def test_py_typed_is_shipped() -> None:
    assert Path(str(portal_core.__file__)).with_name("py.typed").exists()


if __name__ == "__main__":
    LIST.write_text("\n".join(public_names()) + "\n")
