"""Which of our modules may import which package. A third-party package that is not listed may not be imported."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

OWN_PACKAGES = frozenset({"portal_core", "adapters", "entrypoints"})
ALLOWED_MODULES: dict[str, tuple[str, ...]] = {
    "alembic": ("adapters.postgres",),
    "argon2": ("adapters.local",),
    "asyncpg": ("adapters.postgres",),
    "attrs": ("portal_core", "adapters", "entrypoints"),
    "boto3": ("adapters.aws",),
    "botocore": ("adapters.aws", "adapters.cognito", "adapters.kms", "adapters.s3", "adapters.ses"),
    "cattrs": ("adapters.codec",),
    "cryptography": ("adapters.encryption",),
    "dependency_injector": ("entrypoints.container",),
    "granian": ("entrypoints.server",),
    "httpx": ("adapters.bounded_fetch",),
    "joserfc": ("adapters.jitsi", "adapters.oidc"),
    "litestar": ("entrypoints.application", "entrypoints.http"),
    "msgspec": ("adapters.memory", "adapters.postgres", "entrypoints.http", "entrypoints.observability"),
    "procrastinate": ("entrypoints.commands", "entrypoints.jobs", "entrypoints.worker"),
    "prometheus_client": ("entrypoints.http", "entrypoints.observability"),
    "psycopg": ("adapters.postgres",),
    "pyotp": ("adapters.local", "entrypoints.demo"),
    "rich": ("entrypoints.commands",),
    "segno": ("entrypoints.http",),
    "sqlalchemy": ("adapters.postgres",),
    "structlog": ("entrypoints.http", "entrypoints.jobs", "entrypoints.observability", "entrypoints.worker"),
    "typed_settings": ("entrypoints.settings",),
    "typer": ("entrypoints.commands",),
    "tzdata": ("portal_core.kernel.time_zones",),
    # Of the standard library. A zone made elsewhere has the rules of the machine, which may be old.
    "zoneinfo": ("portal_core.kernel.time_zones",),
    "zxcvbn": ("adapters.local",),
}
"""Packages and the modules that may import them, including the modules' submodules."""
SQL_MODULES = ("adapters.postgres", "adapters.local.postgres_server")
"""The embedded server creates its database before an engine can connect to it."""
_SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|TRUNCATE|CREATE|ALTER|DROP|GRANT|REVOKE|WITH|SET) ")


@frozen
class Source:
    """One module: its dotted name and its source text."""

    name: str
    tree: ast.Module

    def is_within(self, homes: tuple[str, ...]) -> bool:
        return any(f"{self.name}.".startswith(f"{home}.") for home in homes)

    def packages(self) -> set[str]:
        """The listed and third-party packages that the module imports anywhere, including inside functions."""
        found = set[str]()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found.update(one.name.partition(".")[0] for one in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
        return found - OWN_PACKAGES - (sys.stdlib_module_names - ALLOWED_MODULES.keys())

    def sql(self) -> set[str]:
        """The string literals that look like SQL."""
        texts = (node.value for node in ast.walk(self.tree) if isinstance(node, ast.Constant))
        return {text for text in texts if isinstance(text, str) and _SQL.match(text)}


def sources(folder: Path) -> Iterator[Source]:
    """All modules under a folder of packages."""
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        yield Source(".".join(part for part in parts if part != "__init__"), ast.parse(path.read_text()))


def misplaced_imports(folder: Path) -> list[str]:
    """One line for each import of a package and SQL statement in a module that may not contain it."""
    found = []
    for source in sources(folder):
        found += [
            f"{source.name} imports {package}"
            for package in sorted(source.packages())
            if not source.is_within(ALLOWED_MODULES.get(package, ()))
        ]
        if not source.is_within(SQL_MODULES):
            found += [f"{source.name} says {text!r}" for text in sorted(source.sql())]
    return found


def unused(folder: Path) -> list[str]:
    """Allowances in the table that no module uses; each would hide a future violation."""
    known = list(sources(folder))
    return [
        f"{package} in {home}"
        for package, homes in ALLOWED_MODULES.items()
        for home in homes
        if not any(source.is_within((home,)) and package in source.packages() for source in known)
    ]
