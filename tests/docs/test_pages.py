"""Pages are fresh, links lead somewhere, paths exist, and every block of code is one that is run or looked at."""

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.example_merge import ROOT
from tests.docs.pages import FENCE, pages, regenerate

RUN = {"README.md", "docs/library.md", "docs/operating.md"}
"""Pages whose `sh` blocks other tests of this folder run, one after another."""
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:[\w.\-]+/)+[\w.\-]+\.(?:py|toml|txt|md|json))`")
ROOTS = ("", "src", "src/entrypoints", "src/portal_core", "src/portal_core/appointments", "docs", "docs/examples/goals")

every_page = pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return FENCE.sub("", page.read_text())


@every_page
def test_generated_parts_are_up_to_date(page: Path) -> None:
    assert page.read_text() == regenerate(page.read_text()), "renew it: python -m tests.docs.pages"


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if link.startswith("https://"):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), link
        if anchor:
            assert anchor in headings(file), link


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    lines = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line).strip().lower().replace(" ", "-") for line in lines}


@every_page
def test_paths_exist(page: Path) -> None:
    missing = [path for path in PATH.findall(prose(page)) if not any((ROOT / root / path).exists() for root in ROOTS)]
    assert missing == []


@every_page
def test_every_block_is_run_or_looked_at(page: Path) -> None:
    for comment, kind, text in (found.groups() for found in FENCE.finditer(page.read_text())):
        if comment and comment.startswith("file "):
            assert text == (ROOT / comment.removeprefix("file ")).read_text()
            continue
        match kind:
            case "sh" | "sql":
                assert str(page.relative_to(ROOT)) in RUN, text
            case "python":
                ast.parse(text)
            case "toml":
                tomllib.loads(text)
            case "json":
                json.loads(text)
            case _:
                assert kind in ("text", ""), f"a block of {kind!r} is neither run nor looked at"


@every_page
def test_it_is_finished(page: Path) -> None:
    assert not re.search(r"\b(TODO|TBD|FIXME|XXX)\b", page.read_text())
