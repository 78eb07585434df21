"""The generated parts of the documentation. Renew them all with `python -m tests.docs.pages`.

<!-- file docs/examples/library/next_visit.py -->     the block that follows shows that file
<!-- from src/entrypoints/container.py -->            the block that follows is a part of that file
<!-- made settings -->  …  <!-- end -->               the output of the function `settings` below
"""

import ast
import re
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from textwrap import wrap
from typing import Literal, get_args, get_origin

import attrs
import boto3

from adapters.postgres.engine.maintenance import forgotten, retention
from entrypoints.jobs.queue import SCHEDULE
from entrypoints.settings import Settings
from entrypoints.use_case_registry import use_case_classes
from portal_core.people.import_rows import ClientRow, ClinicianRow
from tests.docs import database_pages
from tests.docs.example_merge import GOALS, ROOT, changes, new_files

_FILE = re.compile(r"(<!-- file (\S+) -->\n```\w*\n)(.*?)(^```$)", re.MULTILINE | re.DOTALL)
_MADE = re.compile(r"(<!-- made (\w+) -->\n)(.*?)(^<!-- end -->$)", re.MULTILINE | re.DOTALL)
MIGRATIONS = "src/adapters/postgres/migrations/versions"
FENCE = re.compile(r"(?:<!-- ([^>]*) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Every page of the documentation."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def regenerate(page: str) -> str:
    """The page with its generated parts renewed."""
    page = _FILE.sub(lambda found: found[1] + (ROOT / found[2]).read_text() + found[4], page)
    return _MADE.sub(lambda found: found[1] + MAKERS[found[2]]() + found[4], page)


def settings() -> str:
    """Every setting with its default and its description in the source."""
    rows = ["| variable | default | |", "| --- | --- | --- |"]
    words = _words(ROOT / "src/entrypoints/settings.py")
    for one in attrs.fields(Settings):
        value = getattr(Settings(), one.name)
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        said = [
            words[one.name],
            f"One of {', '.join(f'`{choice}`' for choice in get_args(one.type))}."
            if get_origin(one.type) is Literal
            else "",
            "Secret." if one.repr is not True else "",
        ]
        row = f"| `PORTAL_{one.name.upper()}` | {f'`{shown}`' if shown else ''} | {' '.join(filter(None, said))} |"
        rows.append(row)
    return "\n".join(rows) + "\n"


def _words(source: Path) -> dict[str, str]:
    """The docstrings under the fields of the module's first class."""
    kind = next(node for node in ast.parse(source.read_text()).body if isinstance(node, ast.ClassDef))
    return {
        node.target.id: " ".join(str(text.value.value).split())
        for node, text in pairwise(kind.body)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }


def client_columns() -> str:
    """The columns of a client in an import."""
    return _columns(ClientRow)


def clinician_columns() -> str:
    """The columns of a clinician in an import."""
    return _columns(ClinicianRow)


def _columns(kind: type[ClientRow | ClinicianRow]) -> str:
    names = [one.name for one in attrs.fields(kind) if one.name not in ("line", "external_id", "errors")]
    new = ", ".join(f"`{name}`" for name in kind.REQUIRED)
    others = ", ".join(f"`{name}`" for name in names if name not in kind.REQUIRED)
    return _wrapped(f"Required: `external_id`; for a new person also {new}. Optional: {others}.")


def _wrapped(text: str) -> str:
    return "\n".join(wrap(text, 120, break_on_hyphens=False)) + "\n"


def schedule() -> str:
    """The scheduled use cases, when they run and what they do."""
    rows = ["| use case | when (cron, UTC) | what it does |", "| --- | --- | --- |"]
    for name, cron in SCHEDULE.items():
        what = str(use_case_classes()[name].__doc__).partition("\n\n")[0]
        rows.append(f"| `{name}` | `{cron}` | {' '.join(what.split())} |")
    return "\n".join(rows) + "\n"


def retention_periods() -> str:
    """What the worker deletes, and how long after it ended."""
    rows = ["| table | column with the end of a row | deleted after |", "| --- | --- | --- |"]
    rows += [f"| `{table}` | `{column}` | {_period(period)} |" for table, (column, period) in retention().items()]
    return "\n".join(rows) + "\n"


def emptied_columns() -> str:
    """What the worker empties in rows that stay."""
    rows = ["| table | column | emptied after |", "| --- | --- | --- |"]
    rows += [f"| `{table}` | `{column}` | `{ended}` |" for table, (column, ended) in forgotten().items()]
    return "\n".join(rows) + "\n"


def _period(period: timedelta) -> str:
    if not period:
        return "at once"
    hours = period // timedelta(hours=1)
    return f"{period.days} days" if period.days else f"{hours} hour{'s' if hours > 1 else ''}"


def cognito_operations() -> str:
    """The operations of Cognito's API that the adapters call."""
    client = boto3.client("cognito-idp", region_name="us-east-1")
    known: dict[str, str] = client.meta.method_to_api_mapping
    sources = "".join(path.read_text() for path in sorted((ROOT / "src/adapters/cognito").glob("*.py")))
    named = set(re.findall(r"[\".]([a-z_]+)[\"(]", sources)) & set(known)
    return _wrapped(", ".join(f"`{known[name]}`" for name in sorted(named)) + ".")


def goals_lines() -> str:
    """The lines of each file of the feature, and the lines added to other files."""
    rows = ["| file | lines |", "| --- | ---: |"]
    total = 0
    for path in new_files(GOALS):
        count = len((GOALS / path).read_text().splitlines())
        if path.parts[0] == "src":
            total += count
            rows.append(f"| `{path}` | {count} |")
    added: dict[str, int] = {}
    for change in changes(GOALS):
        count = len(change["add"].strip("\n").splitlines())
        added[change["file"]] = added.get(change["file"], 0) + count
    total += sum(added.values())
    rows += [f"| into `{file}` | {count} |" for file, count in added.items()]
    rows.append(f"| **the feature** | **{total}** |")
    tests = [path for path in new_files(GOALS) if path.parts[0] == "tests"]
    rows.append(f"| its tests, in {len(tests)} files | {sum(_lines(path) for path in tests)} |")
    return "\n".join(rows) + "\n"


def _lines(path: Path) -> int:
    return len((GOALS / path).read_text().splitlines())


MAKERS: dict[str, Callable[[], str]] = {
    one.__name__: one
    for one in (
        settings,
        client_columns,
        clinician_columns,
        schedule,
        retention_periods,
        emptied_columns,
        cognito_operations,
        goals_lines,
        database_pages.row_rights,
        database_pages.column_rights,
        database_pages.database_functions,
        database_pages.data_classes,
    )
}


def number_goals_migration() -> None:
    """Let the migration of the goals follow the newest of the repository, in its name, its revisions and the pages."""
    newest = max(path.name[:4] for path in (ROOT / MIGRATIONS).glob("0*.py"))
    example = next((GOALS / MIGRATIONS).glob("*_goals.py"))
    number = f"{int(newest) + 1:04}"
    text = re.sub(r'^revision = ".*"$', f'revision = "{number}"', example.read_text(), flags=re.MULTILINE)
    text = re.sub(r'^down_revision = ".*"$', f'down_revision = "{newest}"', text, flags=re.MULTILINE)
    for page in pages():
        page.write_text(page.read_text().replace(example.name, f"{number}_goals.py"))
    example.write_text(text)
    example.rename(example.with_name(f"{number}_goals.py"))


if __name__ == "__main__":
    number_goals_migration()
    for page in pages():
        page.write_text(regenerate(page.read_text()))
