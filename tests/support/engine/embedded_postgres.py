"""Helpers for tests of the embedded PostgreSQL: query it, kill its parent, run code as another user."""

import contextlib
import os
import pwd
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from adapters.local.postgres_server import EmbeddedPostgres, EmbeddedPostgresError

ROOT = os.geteuid() == 0


def query(server: EmbeddedPostgres, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def server_pid(server: EmbeddedPostgres) -> int:
    return int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def startup_error(server: EmbeddedPostgres) -> str:
    with pytest.raises(EmbeddedPostgresError) as raised:
        server.start()
    message = str(raised.value)
    assert "\n" not in message
    return message


def run_as_user(name: str, work: Callable[[], str]) -> str:
    """What `work` answers, run as an ordinary user: as `name` if the tests run as root, else as ourselves.

    By a bare fork: a new Python would have to read this clone, which may lie where only root may look.
    """
    if not ROOT:
        return work()
    user = pwd.getpwnam(name)
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12, of threads beside fork
        child = os.fork()
    if child == 0:
        answer = "the child was killed"
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            answer = work()
        except BaseException as error:
            answer = repr(error)
        finally:
            os.write(writer, answer.encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


PARENT = """
import sys, time
from pathlib import Path
import psycopg
from adapters.local import postgres_account
from adapters.local.postgres_server import EmbeddedPostgres
if sys.argv[2] == "no death signal":
    postgres_account._die_with = lambda parent: None
server = EmbeddedPostgres(Path(sys.argv[1])).start()
with psycopg.connect(server.dsn()) as connection:
    connection.execute("INSERT INTO kept VALUES ('committed')")
open_transaction = psycopg.connect(server.dsn())
open_transaction.execute("INSERT INTO kept VALUES ('never committed')")
print("ready", flush=True)
time.sleep(600)
"""


@contextlib.contextmanager
def server_parent_process(folder: Path, how: str = "") -> Iterator[subprocess.Popen[str]]:
    """Another process that starts the server, commits a row and holds a transaction open."""
    command = [sys.executable, "-c", PARENT, str(folder), how]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        try:
            assert parent.stdout is not None
            assert parent.stdout.readline() == "ready\n"
            yield parent
        finally:
            parent.kill()
