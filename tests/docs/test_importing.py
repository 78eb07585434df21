"""docs/how-to/import-people.md: its commands print what the page shows."""

from pathlib import Path

import pytest

from tests.docs.example_merge import ROOT
from tests.docs.pages import FENCE
from tests.docs.test_operating import bash

PAGE = (ROOT / "docs/how-to/import-people.md").read_text()


@pytest.mark.timeout(300)
def test_commands_print_what_the_page_shows(tmp_path: Path) -> None:
    blocks = [(found[2], found[3]) for found in FENCE.finditer(PAGE)]
    printed = bash(tmp_path, "\n".join(text for kind, text in blocks if kind == "sh"))
    shown = "".join(text for kind, text in blocks if kind == "text")
    of_other_commands = ("migrated: ", " " * len("migrated: "), "added ")
    assert [line for line in printed.splitlines() if not line.startswith(of_other_commands)] == shown.splitlines()
