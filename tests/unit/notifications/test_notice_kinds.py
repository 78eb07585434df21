"""Every notice has a declared kind, and every declared kind is used."""

import ast
from pathlib import Path
from typing import get_args

import portal_core
from portal_core.kernel import notices
from portal_core.kernel.notices import CHANNELS, NOTICE_KINDS, NoticeClass, kind_for

CORE = Path(portal_core.__path__[0])
COMING = {"new_message", "form_assigned"}
"""Kinds whose features are not there yet, and whose channels people already choose."""

SINGLE = ("appointment_booked", "appointment_cancelled", "appointment_rescheduled")


def names_in(source: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def test_a_notice_is_made_by_its_kind() -> None:
    for path in CORE.rglob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        made = [one for one in calls if isinstance(one, ast.Name) and one.id == "Notice"]
        assert path.name == "notices.py" or not made, f"{path}: use a kind of kernel/notices.py"


def test_every_kind_is_sent_by_a_feature() -> None:
    used = set().union(*(names_in(path.read_text()) for path in CORE.rglob("*.py") if path.name != "notices.py"))
    several = {kind_for(NOTICE_KINDS[name], 2).name for name in SINGLE}
    assert {name for name in NOTICE_KINDS if name.upper() not in used} == COMING | several


def test_a_kind_is_named_as_its_constant() -> None:
    assert all(vars(notices)[name.upper()] is kind for name, kind in NOTICE_KINDS.items())


def test_the_table_is_sound() -> None:
    for name, kind in NOTICE_KINDS.items():
        assert kind.notice_class in get_args(NoticeClass), name
        assert set(kind.channels) <= set(CHANNELS), name
        assert kind.channels, name
        if kind.notice_class == "security":
            assert kind.fixed, name
            assert "email" in kind.channels, name
        if kind.code is not None:
            assert kind.channels == ("email",), name
        if not kind.fixed:
            assert kind.area is not None, name
        if kind.states_appointment_time:
            assert kind.notice_class == "reminder", name
            assert kind.appointment_state is None, name
        if kind.appointment_state is not None:
            assert kind.area == "appointments", name
        if kind.chosen_with is not None:
            other = NOTICE_KINDS[kind.chosen_with]
            assert other.configurable, name
            assert (kind.notice_class, kind.channels) == (other.notice_class, other.channels)
            assert kind.area in (other.area, f"sensitive_{other.area}")
            assert kind.appointment_state is None, name
