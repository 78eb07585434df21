"""The architecture guards work: each refuses an example that violates it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.import_rules import misplaced_imports, sources, unused

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
def test_core_uses_no_clock_or_randomness(source: str) -> None:
    refused = _ruff(source, "src/portal_core/kernel/example.py")
    assert refused.returncode == 1
    assert "TID251" in refused.stdout
    assert _ruff(source, "src/adapters/example.py").returncode == 0


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sources that tests may break."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("portal_core/kernel/example.py", "import adapters.codec"),
        ("portal_core/kernel/example.py", "import portal_core.accounts.model"),
        ("portal_core/accounts/example.py", "import portal_core.appointments.model"),
        ("portal_core/appointments/example.py", "import portal_core.people.model"),
        ("portal_core/people/example.py", "import portal_core.accounts.model"),
        ("portal_core/access/example.py", "import portal_core.people.model"),
        ("adapters/postgres/engine/example.py", "import portal_core.appointments.model"),
        ("adapters/postgres/example.py", "import entrypoints.settings"),
    ],
)
def test_import_across_layers_breaks_the_contract(copy: Path, module: str, line: str) -> None:
    (copy / "src" / module).write_text(f'"""An example."""\n\n{line}\n')
    script = "from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, 'src'); {script}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=copy, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout
    assert "example" in done.stdout


def test_third_party_imports_are_where_allowed() -> None:
    assert misplaced_imports(ROOT / "src") == []
    assert unused(ROOT / "src") == []


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("portal_core/kernel/example.py", "sqlalchemy"),
        ("adapters/example.py", "boto3"),
        ("adapters/postgres/example.py", "boto3"),
        ("adapters/jitsi/example.py", "boto3"),
        ("adapters/oidc/example.py", "boto3"),
        ("entrypoints/commands/example.py", "boto3"),
        ("entrypoints/example.py", "dependency_injector"),
        ("entrypoints/containers.py", "dependency_injector"),
        ("adapters/local/example.py", "asyncpg"),
        ("entrypoints/commands/__init__.py", "asyncpg"),
        ("adapters/jitsi/example.py", "argon2"),
        ("adapters/postgres/example.py", "joserfc"),
        ("adapters/stripe/example.py", "stripe"),
        ("portal_core/people/example.py", "zoneinfo"),
        ("adapters/postgres/example.py", "zoneinfo"),
        ("entrypoints/http/example.py", "zoneinfo"),
    ],
)
@pytest.mark.parametrize(
    "lines",
    [
        "import {0}",
        "import {0}.inside as other",
        "from {0} import something",
        "from {0}.inside import something",
        "def late():\n    import {0}",
        "if TYPE_CHECKING:\n    import {0}",
    ],
)
def test_third_party_import_in_another_module_is_refused(tmp_path: Path, module: str, package: str, lines: str) -> None:
    name = _example(tmp_path, module, lines.format(package))
    assert misplaced_imports(tmp_path) == [f"{name} imports {package}"]


@pytest.mark.parametrize("folder", ["tests", "bench", "docs"])
def test_only_the_core_makes_time_zones(folder: str) -> None:
    assert [one.name for one in sources(ROOT / folder) if "zoneinfo" in one.packages()] == []


def test_postgres_never_computes_local_times() -> None:
    # It would by rules of its own, which may be others than those of the pinned tzdata.
    files = [path for path in (ROOT / "src").rglob("*") if path.suffix in (".py", ".sql")]
    assert [path.name for path in files if re.search(r"AT TIME ZONE|func\.timezone", path.read_text(), re.I)] == []


@pytest.mark.parametrize("module", ["adapters/local/example.py", "entrypoints/http/example.py"])
@pytest.mark.parametrize(
    "line",
    ['ask("SELECT 1")', 'ask(f"DROP SCHEMA {name}")', 'ask("""\n    DELETE FROM portal.clients\n""")'],
)
def test_sql_only_in_postgres_adapter(tmp_path: Path, module: str, line: str) -> None:
    name = _example(tmp_path, module, line)
    (said,) = misplaced_imports(tmp_path)
    assert said.startswith(f"{name} says ")
    _example(tmp_path / "other", "adapters/postgres/example.py", line)
    assert misplaced_imports(tmp_path / "other") == []


def test_unused_allowance_is_refused(tmp_path: Path) -> None:
    _example(tmp_path, "adapters/aws.py", "import boto3")
    assert "boto3 in adapters.aws" not in unused(tmp_path)
    assert "botocore in adapters.aws" in unused(tmp_path)


def _example(folder: Path, module: str, text: str) -> str:
    """Write a module with this text; return its dotted name."""
    (folder / module).parent.mkdir(parents=True)
    (folder / module).write_text(f'"""An example."""\n\n{text}\n')
    return module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_file_length_limit() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("src", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if "versions" not in path.parts and (lines := len(path.read_text().splitlines())) > 400
    }
    assert long == {}
