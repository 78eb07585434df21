"""Generated parts are current, links and paths exist, and every code block is run or parsed."""

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.example_merge import ROOT
from tests.docs.pages import FENCE, pages, regenerate

RUN = {
    "README.md",
    "docs/tutorial/first-hour.md",
    "docs/how-to/use-the-core-from-an-ehr.md",
    "docs/how-to/operate-in-production.md",
    "docs/how-to/import-people.md",
}
"""Pages whose `sh` blocks are run in order by other tests in this folder."""
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:[\w.\-]+/)+[\w.\-]+\.(?:py|toml|txt|md|json))`")
ROOTS = ("", "src", "src/entrypoints", "src/portal_core", "src/portal_core/appointments", "docs/examples/goals")

every_page = pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return FENCE.sub("", page.read_text())


@every_page
def test_generated_parts_are_up_to_date(page: Path) -> None:
    assert page.read_text() == regenerate(page.read_text()), "run: python -m tests.docs.pages"


@every_page
def test_links_have_a_target(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if link.startswith("https://"):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), link
        if anchor:
            assert anchor in headings(file), link


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub generates them."""
    lines = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line).strip().lower().replace(" ", "-") for line in lines}


@every_page
def test_paths_exist(page: Path) -> None:
    missing = [path for path in PATH.findall(prose(page)) if not any((ROOT / root / path).exists() for root in ROOTS)]
    assert missing == []


@every_page
def test_every_block_is_run_or_parsed(page: Path) -> None:
    for comment, kind, text in (found.groups() for found in FENCE.finditer(page.read_text())):
        if comment and comment.startswith("file "):
            assert text == (ROOT / comment.removeprefix("file ")).read_text()
            continue
        if comment and comment.startswith("from "):
            assert text in (ROOT / comment.removeprefix("from ")).read_text()
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
                assert kind in ("text", ""), f"a block of {kind!r} is neither run nor parsed"


@every_page
def test_there_are_no_open_tasks(page: Path) -> None:
    assert not re.search(r"\b(TODO|TBD|FIXME|XXX)\b", page.read_text())
