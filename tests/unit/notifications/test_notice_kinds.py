"""What features write into their notices is in the catalogue, with the catalogue's class, and nothing else is."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import portal_core
from portal_core.kernel.outbox import NoticeClass
from portal_core.notifications.model import CHANNELS
from portal_core.notifications.notice_kinds import NOTICE_KINDS

CORE = Path(portal_core.__path__[0])
COMING = {"new_message", "form_assigned", "document_shared"}
"""Kinds whose features are not there yet, and whose channels people already choose."""


def notices_in(source: str) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The kind and the class of every `Notice(...)`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Notice":
            named = {word.arg: word.value for word in node.keywords}
            kind, notice_class = [*node.args, named.get("kind"), named.get("notice_class")][:2]
            assert kind is not None
            assert notice_class is not None
            yield kind, notice_class


def test_features_and_the_catalogue_agree() -> None:
    written = set()
    for path in CORE.rglob("*.py"):
        source = path.read_text()
        for kind, notice_class in notices_in(source):
            assert isinstance(notice_class, ast.Constant), path
            # Where the kind is a variable's, any word of the file may be its value.
            for word in ast.walk(kind if isinstance(kind, ast.Constant) else ast.parse(source)):
                if isinstance(word, ast.Constant) and (word is kind or word.value in NOTICE_KINDS):
                    assert NOTICE_KINDS[word.value].notice_class == notice_class.value, (path, word.value)
                    written.add(word.value)
    assert NOTICE_KINDS.keys() - written == COMING


def test_the_guard_reads_both_ways_of_writing() -> None:
    source = 'Notice("a", "service", about=x); Notice(kind="b", notice_class="reminder")'
    assert [(ast.literal_eval(k), ast.literal_eval(c)) for k, c in notices_in(source)] == [
        ("a", "service"),
        ("b", "reminder"),
    ]


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
