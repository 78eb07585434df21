"""The guards hold: each is shown something that it must refuse."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _ruff(source: str, pretended: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251"]
    command += ["--stdin-filename", str(ROOT / pretended), "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n",
        "from uuid import uuid4\n\nID = uuid4()\n",
        "import secrets\n\nTOKEN = secrets.token_bytes()\n",
        "import random\n\nDICE = random.random()\n",
        "import time\n\nNOW = time.time()\n",
    ],
)
def test_the_core_reads_no_clock_and_draws_no_lots(source: str) -> None:
    refused = _ruff(source, "src/portal_core/kernel/example.py")
    assert refused.returncode == 1
    assert "TID251" in refused.stdout
    assert _ruff(source, "src/adapters/example.py").returncode == 0


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources, to be broken."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("portal_core/kernel/example.py", "import adapters.codec"),
        ("portal_core/kernel/example.py", "import sqlalchemy"),
        ("portal_core/kernel/example.py", "import portal_core.accounts.model"),
        ("portal_core/accounts/example.py", "import portal_core.appointments.model"),
        ("adapters/postgres/example.py", "import entrypoints.settings"),
        ("adapters/postgres/example.py", "import boto3"),
        ("entrypoints/http/example.py", "import dependency_injector"),
    ],
)
def test_an_import_that_crosses_a_layer_breaks_the_contract(copy: Path, module: str, line: str) -> None:
    (copy / "src" / module).write_text(f'"""An example."""\n\n{line}\n')
    script = "from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, 'src'); {script}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=copy, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout
    assert "example" in done.stdout


def test_no_file_outgrows_its_subject() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("src", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if "versions" not in path.parts and (lines := len(path.read_text().splitlines())) > 400
    }
    assert long == {}
