"""No connection is opened to a server that nobody named: the drivers would look for one."""

from datetime import date
from pathlib import Path

import pytest

from adapters.aws import AwsAccount
from adapters.postgres.engine.database_url import IncompleteDatabaseUrl, complete_url
from adapters.postgres.engine.installation import drop_installation, server_version
from adapters.postgres.engine.migrate import migrate
from adapters.postgres.engine.pool import open_pool
from adapters.smtp.mailer import SmtpMailer
from entrypoints.container import open_portal
from entrypoints.jobs.queue import make_app
from entrypoints.settings import Settings, SettingsError
from tests.support.clock import CountingIds, FixedClock

INCOMPLETE = [
    "",
    "postgresql://",
    "postgresql:///portal",
    "postgresql://portal_app@/portal?sslmode=require",
    "postgresql://db.example.org",
    "postgresql://db.example.org/",
    "postgresql://db.example.org:many/portal",
    "mysql://db.example.org/portal",
    "db.example.org/portal",
]
SERVED = ["postgresql://db.example.org/portal", "postgres://a:b@db:5433/portal?sslmode=verify-full"]


@pytest.mark.parametrize("url", [*SERVED, "postgresql://portal_app@/portal?host=%2Frun%2Fdb&port=5432"])
def test_url_that_names_its_server_is_used_as_it_is(url: str) -> None:
    assert complete_url(url) == url


@pytest.mark.parametrize("url", INCOMPLETE)
async def test_every_connection_refuses_a_url_without_a_server(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGDATABASE", "PGUSER"):
        monkeypatch.setenv(name, "elsewhere")
    with pytest.raises(IncompleteDatabaseUrl):
        await open_pool(url)
    with pytest.raises(IncompleteDatabaseUrl):
        await server_version(url, "app")
    with pytest.raises(IncompleteDatabaseUrl):
        drop_installation("elm", url)
    with pytest.raises(IncompleteDatabaseUrl):
        migrate(url, date(2026, 3, 2))
    with pytest.raises(IncompleteDatabaseUrl):
        make_app(url)


def test_message_holds_no_password() -> None:
    with pytest.raises(IncompleteDatabaseUrl) as raised:
        complete_url("postgresql://portal_app:hidden@/portal")
    assert "hidden" not in str(raised.value)


async def test_portal_does_not_open_without_a_database(tmp_path: Path) -> None:
    with pytest.raises(IncompleteDatabaseUrl):
        async with open_portal(Settings(data_dir=tmp_path), ""):
            pass


async def test_portal_does_not_open_with_a_part_whose_settings_are_missing(tmp_path: Path) -> None:
    for part in ({"mail": "ses"}, {"mail": "smtp"}, {"keys": "kms"}, {"identity": "cognito"}, {"rooms": "jitsi"}):
        with pytest.raises(SettingsError, match="is required with PORTAL_"):
            async with open_portal(Settings(data_dir=tmp_path, **part), SERVED[0]):  # type: ignore[arg-type]
                pass


def test_vendor_without_an_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="region"):
        AwsAccount("")
    with pytest.raises(ValueError, match="host"):
        SmtpMailer("", 587, "portal@example.org", FixedClock(), CountingIds())


def test_only_the_setting_leads_to_another_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere.example")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert AwsAccount("us-east-1").client("kms").meta.endpoint_url == "https://kms.us-east-1.amazonaws.com"
    proxy = AwsAccount("us-east-1", "http://proxy.example")
    assert proxy.client("kms").meta.endpoint_url == "http://proxy.example"
