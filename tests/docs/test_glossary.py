"""The glossary and its list of rules name files, code, tables and parts of the API that exist."""

import re

import pytest

from adapters.postgres.engine.metadata import metadata
from tests.docs.example_merge import ROOT

PAGE = (ROOT / "docs/reference/glossary.md").read_text()
API = (ROOT / "docs/reference/openapi.json").read_text()
CODE = re.compile(r"`([^`]+)`")


def rows(columns: int) -> list[list[str]]:
    """The rows of the table with so many columns, without its head."""
    lines = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in cells] for cells in lines if len(cells) == columns][2:]


TERMS, QUESTIONS = rows(6), rows(3)


def test_terms_are_in_order_and_have_one_entry_each() -> None:
    terms = [term.lower() for term, *_ in TERMS]
    assert len(terms) > 60
    assert terms == sorted(set(terms))
    assert len(QUESTIONS) >= 25


@pytest.mark.parametrize("row", TERMS, ids=lambda row: row[0])
def test_a_terms_names_exist(row: list[str]) -> None:
    _, meaning, core, table, api, file = row
    assert meaning
    path = ROOT / "src" / file.strip("`")
    assert path.exists()
    for name in CODE.findall(core):
        assert re.search(rf"\b{name}\b", path.read_text()), f"{path} has no {name}"
    for name in CODE.findall(table):
        assert f"portal.{name}" in metadata.tables
    for name in CODE.findall(api):
        assert name in API


@pytest.mark.parametrize("row", QUESTIONS, ids=lambda row: row[0])
def test_a_rule_is_where_the_glossary_says(row: list[str]) -> None:
    _, name, file = row
    assert re.search(rf"\b{name.strip('`')}\b", (ROOT / "src" / file.strip("`")).read_text())
