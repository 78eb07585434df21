"""The embedded PostgreSQL: starting, stopping, crashing, recovering, and one-line error messages."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from importlib.resources import files
from pathlib import Path

import asyncpg
import psutil
import psycopg
import pytest

from adapters.local.postgres_account import ServerAccount
from adapters.local.postgres_folder import socket_folder
from adapters.local.postgres_programs import PostgresPrograms
from adapters.local.postgres_server import EmbeddedPostgres, EmbeddedPostgresError, FolderBusyError
from tests.support.engine.clusters import (
    clusters,
    drop_database,
    fresh_database,
    require,
    running,
    template_database,
)
from tests.support.engine.embedded_postgres import (
    ROOT,
    eventually,
    is_gone,
    query,
    run_as_user,
    server_parent_process,
    server_pid,
    startup_error,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stopped cluster with one committed row, to be copied, since initdb takes most of a start's time."""
    folder = tmp_path_factory.mktemp("made") / "postgres"
    with EmbeddedPostgres(folder, durable=False) as server:
        query(server, "CREATE TABLE kept (word text UNIQUE)")
        query(server, "INSERT INTO kept VALUES ('first')")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "postgres"
    subprocess.run(["cp", "-a", made, copy], check=True)
    return copy


@pytest.fixture
def world_readable_folder() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own folders are closed to other users."""
    place = Path(tempfile.mkdtemp(prefix="portal-open-", dir="/tmp"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def open_programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The wheel's programs in a folder where an unprivileged user can run them, wherever this clone is."""
    cache = Path(tempfile.mkdtemp(prefix="portal-programs-", dir="/tmp"))
    cache.chmod(0o755)
    account = ServerAccount.for_data(cache / "none")
    yield PostgresPrograms.find(None, account, cache).folder
    shutil.rmtree(cache)


async def test_first_start_creates_a_database_without_network_access(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "new" / "postgres") as server:
        connection = await asyncpg.connect(server.dsn())
        assert await connection.fetchval("SELECT current_database()") == "portal"
        await connection.close()
        [row] = query(
            server,
            "SELECT current_setting('listen_addresses'), current_setting('fsync'), current_setting('TimeZone'), "
            "current_setting('max_connections'), pg_encoding_to_char(encoding), 'B' < 'a', lower('É') "
            "FROM pg_database WHERE datname = 'portal'",
        )
        assert row == ("", "on", "UTC", "200", "UTF8", True, "é")
        assert not psutil.Process(server_pid(server)).net_connections("inet")
        assert stat.S_IMODE((server.folder / "data").stat().st_mode) == 0o700
    assert not server.running


def test_second_start_finds_the_data(folder: Path) -> None:
    for word in ("second", "third"):
        with EmbeddedPostgres(folder, durable=False) as server:
            query(server, f"INSERT INTO kept VALUES ('{word}')")
    with EmbeddedPostgres(folder, durable=False) as server:
        assert query(server, "SELECT word FROM kept") == [("first",), ("second",), ("third",)]


def test_role_and_database_names_are_escaped(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server:
        query(server, 'CREATE ROLE "a/b@c" LOGIN')
        query(server, 'CREATE DATABASE "x?y z"')
        with psycopg.connect(server.dsn("a/b@c", "x?y z")) as connection:
            assert connection.execute("SELECT current_user, current_database()").fetchone() == ("a/b@c", "x?y z")


def test_environment_variables_have_no_effect(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("LC_ALL", "xx_XX")
    with EmbeddedPostgres(folder, durable=False) as server:
        assert query(server, "SELECT word FROM kept") == [("first",)]


def test_log_omits_client_input(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server, pytest.raises(psycopg.errors.UniqueViolation):
        query(server, "INSERT INTO kept VALUES ('first')")
    log = (folder / "postgres.log").read_text()
    assert "duplicate key value" in log
    assert "first" not in log


@pytest.mark.parametrize("name", clusters())
def test_exclusion_constraints_and_the_job_queue_work_on_every_cluster(name: str) -> None:
    cluster = running(name)

    def build(dsn: str) -> None:
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE EXTENSION btree_gist")
            connection.execute(
                "CREATE TABLE busy (who uuid, at tstzrange, EXCLUDE USING gist (who WITH =, at WITH &&))"
            )
            connection.execute((files("procrastinate") / "sql" / "schema.sql").read_text())

    template = template_database(cluster, "embedded_postgres_test", build)
    database = fresh_database(cluster, template)
    take = (
        "INSERT INTO busy VALUES ('00000000-0000-0000-0000-000000000001', "
        "tstzrange('2030-01-01 10:00Z', '2030-01-01 11:00Z'))"
    )
    with psycopg.connect(cluster.dsn(database=database), autocommit=True) as connection:
        connection.execute(take)
        with pytest.raises(psycopg.errors.ExclusionViolation):
            connection.execute(take)
        assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)
    drop_database(cluster, database)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_killed_parent_leaves_no_server_behind(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    with server_parent_process(folder) as parent:
        family = psutil.Process(parent.pid).children(recursive=True)
        assert server_pid(server) in {process.pid for process in family}
        parent.kill()
        parent.wait()
    assert eventually(lambda: all(is_gone(process.pid) for process in family))
    with server:
        assert query(server, "SELECT word FROM kept") == [("first",), ("committed",)]


@pytest.mark.parametrize("how", ["", "no death signal"])
def test_start_right_after_a_killed_parent_waits_for_its_server_to_end(folder: Path, how: str) -> None:
    server = EmbeddedPostgres(folder)
    with server_parent_process(folder, how) as parent:
        before = server_pid(server)
        parent.kill()
        parent.wait()
        with server:
            assert is_gone(before)
            assert query(server, "SELECT word FROM kept") == [("first",), ("committed",)]


def test_crashed_server_is_detected_and_recovers(folder: Path) -> None:
    server = EmbeddedPostgres(folder).start()
    query(server, "INSERT INTO kept VALUES ('committed')")
    os.kill(server_pid(server), signal.SIGKILL)
    assert eventually(lambda: not server.running)
    server.stop()
    with server:
        assert query(server, "SELECT word FROM kept") == [("first",), ("committed",)]


def test_server_outlives_the_thread_that_started_it(folder: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    thread = threading.Thread(target=server.start)
    thread.start()
    thread.join()
    pid = server_pid(server)
    assert query(server, "SELECT word FROM kept") == [("first",)]
    server.stop()
    assert is_gone(pid)


def test_interrupted_setup_is_repeated(tmp_path: Path) -> None:
    (tmp_path / "data.new" / "base").mkdir(parents=True)
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        assert query(server, "SELECT current_database()") == [("portal",)]
    assert not (tmp_path / "data.new").exists()


def test_busy_folder_is_refused_and_can_be_joined(folder: Path) -> None:
    guest = EmbeddedPostgres(folder)
    with EmbeddedPostgres(folder, durable=False) as server:
        with pytest.raises(FolderBusyError, match="in use by a running portal"):
            guest.start()
        guest.start_or_join()
        assert query(guest, "SELECT word FROM kept") == [("first",)]
        guest.stop()
        with pytest.raises(FolderBusyError):
            server.start()
        assert server.running
    guest.start_or_join()
    assert query(guest, "SELECT word FROM kept") == [("first",)]
    guest.stop()
    assert not guest.running


def test_data_of_another_version_is_refused(folder: Path) -> None:
    (folder / "data" / "PG_VERSION").write_text("14\n")
    message = startup_error(EmbeddedPostgres(folder))
    assert "holds data of PostgreSQL 14" in message
    assert "PORTAL_PG_BIN" in message


def test_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    if ROOT:
        os.chown(tmp_path / "data", pwd.getpwnam("nobody").pw_uid, -1)
    assert "is not PostgreSQL data" in startup_error(EmbeddedPostgres(tmp_path))
    (tmp_path / "file").touch()
    assert "choose a data folder" in startup_error(EmbeddedPostgres(tmp_path / "file"))


def test_missing_and_broken_programs_are_named(tmp_path: Path) -> None:
    assert "client-portal[embedded]" in startup_error(EmbeddedPostgres(tmp_path / "data", tmp_path))
    programs = Path(tempfile.mkdtemp(dir="/tmp"))
    programs.chmod(0o755)
    for name, script in {"postgres": "echo 'postgres (PostgreSQL) 14.1'", "initdb": "exit 1"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    assert "holds PostgreSQL 14" in startup_error(EmbeddedPostgres(tmp_path / "data", programs))
    (programs / "postgres").write_text("#!/bin/sh\necho wrong machine\n")
    assert "does not run on this machine (wrong machine)" in startup_error(
        EmbeddedPostgres(tmp_path / "data", programs)
    )
    shutil.rmtree(programs)


def test_missing_wheel_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.local.postgres_programs._WHEEL", "no_such_wheel")
    assert "any installed wheel" in startup_error(EmbeddedPostgres(tmp_path))


def test_root_that_cannot_switch_user_is_reported(open_programs: Path) -> None:
    """Root in a container that maps one user, simulated by an unprivileged user: the kernel treats both alike."""
    account = ServerAccount(pwd.getpwnam("nobody").pw_uid, os.getgid(), drops_privileges=True)

    def work() -> str:
        with pytest.raises(
            EmbeddedPostgresError, match="root cannot switch to user nobody here: start the portal as an"
        ):
            PostgresPrograms.find(open_programs, account)
        return "refused"

    assert run_as_user("daemon", work) == "refused"


def test_postgres_start_error_is_passed_on(folder: Path) -> None:
    server = EmbeddedPostgres(folder, settings={"shared_buffers": "a lot"})
    assert 'invalid value for parameter "shared_buffers"' in startup_error(server)
    assert not server.running
    with EmbeddedPostgres(folder, durable=False) as works:
        assert works.running


def test_path_too_long_for_a_socket_uses_a_link(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / ("long, and with a comma " * 5) / "postgres"
    folder.parent.mkdir()
    subprocess.run(["cp", "-a", made, folder], check=True)
    with EmbeddedPostgres(folder, durable=False) as server:
        assert query(server, "SELECT word FROM kept") == [("first",)]
        link = socket_folder(folder / "data")
        assert link.is_symlink()
    assert not link.is_symlink()
    link.symlink_to("/nowhere")
    assert "belongs to another user" in startup_error(server)
    link.unlink()


def test_unprivileged_user_can_start_and_restart(world_readable_folder: Path, open_programs: Path) -> None:
    folder = world_readable_folder / "portal-data"
    if ROOT:
        os.chown(world_readable_folder, pwd.getpwnam("daemon").pw_uid, -1)

    def work() -> str:
        server = EmbeddedPostgres(folder, open_programs, durable=False)
        with server:
            query(server, "CREATE TABLE kept AS SELECT 'first' AS word")
        with server:
            owner = psutil.Process(server_pid(server)).uids().effective
            return f"{owner == os.geteuid()} {query(server, 'SELECT word FROM kept')}"

    assert run_as_user("daemon", work) == "True [('first',)]"
    if ROOT:  # root runs another user's server as that user
        with EmbeddedPostgres(folder, open_programs, durable=False) as server:
            assert psutil.Process(server_pid(server)).username() == "daemon"
            assert query(server, "SELECT word FROM kept") == [("first",)]


def test_unwritable_folder_is_reported_to_unprivileged_user(world_readable_folder: Path, open_programs: Path) -> None:
    (world_readable_folder / "closed").mkdir()
    (world_readable_folder / "closed").chmod(0o555)
    for folder in (world_readable_folder / "closed", world_readable_folder / "closed" / "below"):
        message = run_as_user("daemon", partial(startup_error, EmbeddedPostgres(folder, open_programs)))
        assert "Permission denied" in message
        assert "choose a data folder that this user can write" in message
        assert "\n" not in message


def test_data_of_another_user_is_refused(world_readable_folder: Path, open_programs: Path) -> None:
    require("root", ROOT)
    (world_readable_folder / "data").mkdir(mode=0o700)
    assert "belongs to root" in startup_error(EmbeddedPostgres(world_readable_folder))
    os.chown(world_readable_folder / "data", pwd.getpwnam("nobody").pw_uid, -1)
    world_readable_folder.chmod(0o777)
    for lock in world_readable_folder.glob("*.lock"):
        lock.unlink()
    message = run_as_user("daemon", lambda: startup_error(EmbeddedPostgres(world_readable_folder, open_programs)))
    assert "belongs to user nobody" in message


CLONE = """
import sys
from pathlib import Path
import psycopg
from adapters.local.postgres_server import EmbeddedPostgres
for _ in range(2):
    with EmbeddedPostgres(Path(sys.argv[1], "portal-data"), durable=False, cache=Path(sys.argv[2])) as server:
        with psycopg.connect(server.dsn()) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
            print(connection.execute("SELECT current_setting('data_directory')").fetchone()[0])
        print(Path("/proc", (server.folder / "data" / "postmaster.pid").read_text().split()[0], "exe").readlink())
"""


def test_root_starts_with_clone_wheel_and_data_in_private_folders(tmp_path: Path, world_readable_folder: Path) -> None:
    """As in /root: the programs are copied once, the data is used in place, and no file mode is loosened."""
    require("root", ROOT)
    require("Linux", sys.platform == "linux")
    clone = tmp_path / "clone"
    site = clone / "site"
    wheel = PostgresPrograms.find(None, ServerAccount(0, 0, drops_privileges=False)).folder.parents[1]
    site.mkdir(parents=True)
    clone.chmod(0o700)
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(part, site / part.name)
    modes = {path: path.stat().st_mode for path in (tmp_path, clone, site, *site.rglob("*"))}
    printed = subprocess.run(
        [sys.executable, "-c", CLONE, clone, world_readable_folder / "cache"],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(site), *sys.path])},
    ).stdout.split()
    assert all(place.startswith("/proc/self/fd/") for place in printed[::2])
    assert len(set(printed[1::2])) == 1
    assert printed[1].startswith(str(world_readable_folder / "cache"))
    assert len(list((world_readable_folder / "cache").iterdir())) == 1
    assert modes == {path: path.stat().st_mode for path in modes}
    assert pwd.getpwuid((clone / "portal-data" / "data").stat().st_uid).pw_name == "nobody"
    assert (clone / "portal-data").stat().st_uid == 0
