"""Merges an example into a copy of the sources, as an engineer would add it."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from tests.support.import_rules import misplaced_imports

ROOT = Path(__file__).parents[2]
GOALS = ROOT / "docs/examples/goals"
CONTRACTS = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports; sys.exit(lint_imports())"


def changes(example: Path) -> list[dict[str, Any]]:
    """The changes that the example makes to existing files."""
    file = example / "changes.toml"
    found: list[dict[str, Any]] = tomllib.loads(file.read_text())["change"] if file.exists() else []
    return found


def new_files(example: Path) -> list[Path]:
    """The new files of the example, relative to it, those of `src` first."""
    folders = (example / "src", example / "tests")
    return [path.relative_to(example) for folder in folders for path in sorted(folder.rglob("*.py"))]


def merge_example(example: Path, target: Path) -> Path:
    """Copies sources and tests to `target` and applies the example's files and changes there."""
    for name in ("src", "tests"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", target)
    for path in new_files(example):
        assert not (target / path).exists(), f"{path} already exists"
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(example / path, target / path)
    for change in changes(example):
        file = target / change["file"]
        file.write_text(_changed(file.read_text(), change))
    return target


def _changed(text: str, change: dict[str, Any]) -> str:
    after, before, add = change.get("after", ""), change.get("before", ""), change["add"]
    assert bool(after) != bool(before), change
    anchor = after or before
    assert anchor in text, f"{change['file']} has no {anchor!r}"
    return text.replace(anchor, after + add + before)


def run(tree: Path, *command: str) -> str:
    """Runs Python in the merged tree and returns its output. It must succeed."""
    environment = os.environ | {"PYTHONPATH": f"{tree / 'src'}:{tree}"}
    done = subprocess.run(
        [sys.executable, *command], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check_merged_tree(tree: Path, example: Path) -> None:
    """Checks types, style and imports of the example merged into `tree`."""
    files = [str(path) for path in new_files(example)]
    run(
        tree,
        "-m",
        "ruff",
        "check",
        "--no-cache",
        *files,
        *(one["file"] for one in changes(example) if ".py" in one["file"]),
    )
    run(tree, "-m", "ruff", "format", "--check", "--no-cache", *files)
    run(tree, "-c", CONTRACTS)
    assert misplaced_imports(tree / "src") == []
    cache = str(ROOT / ".mypy_cache" / "examples")
    run(tree, "-m", "mypy", "--cache-dir", cache, *(file for file in files if file.startswith("src")))
