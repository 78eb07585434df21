"""A copy of the sources with an example merged into it, as an engineer would have added it."""

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
SMTP = ROOT / "docs/examples/smtp"
CONTRACTS = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports; sys.exit(lint_imports())"


def changes(example: Path) -> list[dict[str, Any]]:
    """What the example adds to files that are there already."""
    file = example / "changes.toml"
    found: list[dict[str, Any]] = tomllib.loads(file.read_text())["change"] if file.exists() else []
    return found


def new_files(example: Path) -> list[Path]:
    """The files that the example brings, relative to it, those of `src` first."""
    folders = (example / "src", example / "tests")
    return [path.relative_to(example) for folder in folders for path in sorted(folder.rglob("*.py"))]


def merge_example(example: Path, target: Path) -> Path:
    """Copy sources and tests to `target`, and put the example's files and changes where they belong."""
    for name in ("src", "tests"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", target)
    for path in new_files(example):
        assert not (target / path).exists(), f"{path} is there already"
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(example / path, target / path)
    for change in changes(example):
        file = target / change["file"]
        file.write_text(_changed(file.read_text(), change))
    return target


def _changed(text: str, change: dict[str, Any]) -> str:
    after, add = change.get("after", ""), change["add"]
    if not after:
        return text + add
    assert after in text, f"{change['file']} has no {after!r} any more"
    return text.replace(after, after + add)


def run(tree: Path, *command: str) -> str:
    """Run Python in the merged tree, and answer what it says; it must succeed."""
    environment = os.environ | {"PYTHONPATH": f"{tree / 'src'}:{tree}"}
    done = subprocess.run(
        [sys.executable, *command], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check_merged_tree(tree: Path, example: Path) -> None:
    """The example, merged into `tree`, is typed, in style, and imports what it may."""
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
