"""`portal config check` lists what is configured, missing or unreachable; `portal openapi` prints the document."""

import json

import pytest

from tests.integration.cli.conftest import SECONDS
from tests.support.cli.portal_command import PortalCommand, free_port
from tests.support.engine.clusters import Cluster, drop_database, fresh_database
from tests.support.smtp.relay import SmtpRelay

pytestmark = pytest.mark.timeout(SECONDS)

SECRETS = {
    "PORTAL_IDENTITY": "cognito",
    "PORTAL_COGNITO_POOL": "us-east-1_a",
    "PORTAL_COGNITO_CLIENT": "one",
    "PORTAL_COGNITO_CLIENT_SECRET": "hidden-client-secret",
    "PORTAL_COGNITO_STAFF_POOL": "us-east-1_b",
    "PORTAL_COGNITO_STAFF_CLIENT": "two",
    "PORTAL_COGNITO_STAFF_CLIENT_SECRET": "hidden-staff-secret",
    "PORTAL_MAIL": "ses",
    "PORTAL_MAIL_FROM": "office@example.org",
    "PORTAL_KEYS": "kms",
    "PORTAL_KMS_KEY": "alias/portal",
    "PORTAL_ROOMS": "jitsi",
    "PORTAL_JITSI_URL": "https://meet.example.org",
    "PORTAL_JITSI_APP_ID": "portal",
    "PORTAL_JITSI_APP_SECRET": "hidden-secret-of-thirty-two-characters",
    "PORTAL_AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "hidden-aws-secret",
}


def test_empty_folder_passes_and_stays_empty(portal: PortalCommand) -> None:
    output = portal.output("config", "check", PORTAL_DATBASE_URL="postgresql://hidden@db/portal")
    assert f"database   embedded, in {portal.folder}/portal-data" in output
    assert "database   does not exist yet" in output
    assert f"http       127.0.0.1:{portal.port}, public URL {portal.url}" in output
    assert "ignored    PORTAL_DATBASE_URL is not a setting" in output
    assert "hidden" not in output
    assert not (portal.folder / "portal-data").exists()


def test_stopped_portal_passes_every_check(demo: PortalCommand) -> None:
    output = demo.output("config", "check")
    for part in ("database", "worker", "owner"):
        assert f"{part:<10} ok: PostgreSQL" in output
    assert "keys       ok: key-1" in output


def test_missing_settings_are_listed_without_connecting(portal: PortalCommand) -> None:
    ended = portal.run("config", "check", **{**SECRETS, "PORTAL_KMS_KEY": "", "PORTAL_JITSI_URL": ""})
    assert ended.returncode == 1
    assert "wrong      PORTAL_KMS_KEY is required with PORTAL_KEYS=kms\n" in ended.stdout
    assert "wrong      PORTAL_JITSI_URL is required with PORTAL_ROOMS=jitsi\n" in ended.stdout
    assert "ok:" not in ended.stdout
    assert ended.stderr == "portal: the configuration is incomplete or wrong\n"
    assert "hidden" not in ended.stdout


def test_unreachable_services_are_named_without_secrets(portal: PortalCommand) -> None:
    away = f"127.0.0.1:{free_port()}"
    urls = {
        f"PORTAL_{name}DATABASE_URL": f"postgresql://portal:hidden-password@{away}/portal"
        for name in ("", "WORKER_", "OWNER_")
    }
    ended = portal.run("config", "check", **SECRETS, **urls, PORTAL_AWS_ENDPOINT_URL=f"http://{away}")
    assert ended.returncode == 1
    for part in ("database", "worker", "owner", "keys", "identity", "mail"):
        assert f"{part:<10} " in ended.stdout
        assert f"{part:<10} ok" not in ended.stdout
    assert ended.stderr == "portal: failed checks: database, worker, owner, keys, identity, mail\n"
    assert "hidden" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_doubtful_settings_are_warned_of_and_pass(portal: PortalCommand) -> None:
    ended = portal.run("config", "check", PORTAL_PUBLIC_URL="https://portal.example.org")
    assert ended.returncode == 0
    warnings = [line.split()[1] for line in ended.stdout.splitlines() if line.startswith("warning ")]
    assert warnings == ["PORTAL_MAIL=local", "PORTAL_MALWARE_SCAN=signature", "PORTAL_TRUSTED_PROXIES"]


def test_relay_is_checked_without_sending_mail(portal: PortalCommand) -> None:
    relay = SmtpRelay(users={"portal": "correct horse"})
    settings = {
        "PORTAL_MAIL": "smtp",
        "PORTAL_MAIL_FROM": "office@example.org",
        "PORTAL_SMTP_HOST": "127.0.0.1",
        "PORTAL_SMTP_PORT": str(relay.port),
        "PORTAL_SMTP_TLS": "off",
        "PORTAL_SMTP_USER": "portal",
        "PORTAL_SMTP_PASSWORD": "correct horse",
    }
    assert "mail       ok: the relay accepts the connection and the user\n" in portal.output(
        "config", "check", **settings
    )
    refused = portal.run("config", "check", **{**settings, "PORTAL_SMTP_PASSWORD": "hidden"})
    assert "mail       the relay refuses PORTAL_SMTP_USER or PORTAL_SMTP_PASSWORD (535)\n" in refused.stdout
    assert "hidden" not in refused.stdout + refused.stderr
    plain = portal.run("config", "check", **{**settings, "PORTAL_SMTP_TLS": "starttls"})
    assert "mail       the relay does not offer STARTTLS: set PORTAL_SMTP_TLS=implicit if" in plain.stdout
    relay.stop()
    gone = portal.run("config", "check", **settings)
    assert "mail       does not respond: Connection refused\n" in gone.stdout
    assert [one.returncode for one in (refused, plain, gone)] == [1, 1, 1]
    assert relay.taken == []


def test_database_by_url_is_checked(portal: PortalCommand, cluster: Cluster) -> None:
    database = fresh_database(cluster)
    portal.settings = {
        "PORTAL_DATABASE_URL": cluster.dsn("portal_app", database),
        "PORTAL_WORKER_DATABASE_URL": cluster.dsn("portal_worker", database),
        "PORTAL_OWNER_DATABASE_URL": cluster.dsn(database=database),
    }
    ended = portal.run("config", "check")
    assert ended.returncode == 1
    assert "owner      the database has not been migrated: run portal migrate\n" in ended.stdout
    assert portal.output("migrate").startswith("migrated: ")
    assert portal.output("migrate") == "the database is up to date\n"
    assert "worker     ok: PostgreSQL" in portal.output("config", "check")
    with portal.start_background("serve", "--no-worker") as running:
        assert not [one for one in running.process_tree() if "entrypoints.cli" in one.cmdline()]
        assert "up" in portal.output("practice", "add", "up", "--name", "Up", "--time-zone", "UTC")
        assert running.press_ctrl_c() == 0
    drop_database(cluster, database)


def test_openapi_document_needs_no_database(portal: PortalCommand) -> None:
    document = json.loads(portal.output("openapi", PORTAL_DATABASE_URL="postgresql://nowhere/portal"))
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/portal/appointments" in document["paths"]
    assert not (portal.folder / "portal-data").exists()
