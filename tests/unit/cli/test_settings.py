"""Settings: every invalid value is reported, and no secret is shown."""

import os
from pathlib import Path
from typing import Any

import pytest

from entrypoints.commands.context import settings_or_fail
from entrypoints.config_check import settings_warnings
from entrypoints.errors import CommandError
from entrypoints.settings import Settings, SettingsError, load, settings_problems, unknown_variables
from tests.support.cli.aws_settings import AWS, COGNITO

JITSI = {
    "PORTAL_ROOMS": "jitsi",
    "PORTAL_JITSI_URL": "https://meet.example.org",
    "PORTAL_JITSI_APP_ID": "portal",
    "PORTAL_JITSI_APP_SECRET": "a-secret-of-thirty-two-characters",
}
SES = {"PORTAL_MAIL": "ses", "PORTAL_MAIL_FROM": "office@example.org", **AWS}
SMTP = {"PORTAL_MAIL": "smtp", "PORTAL_MAIL_FROM": "office@example.org", "PORTAL_SMTP_HOST": "smtp.example.org"}
KMS = {"PORTAL_KEYS": "kms", "PORTAL_KMS_KEY": "alias/portal", **AWS}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PORTAL_")]:
        monkeypatch.delenv(name)


def loaded(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load()


def test_defaults_are_complete() -> None:
    settings = load()
    assert settings_problems(settings) == []
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.data_dir == Path.cwd() / "portal-data"


@pytest.mark.parametrize(
    ("variables", "public_url"),
    [
        ({"PORTAL_PORT": "8080"}, "http://127.0.0.1:8080"),
        ({"PORTAL_HOST": "::1"}, "http://[::1]:8000"),
        ({"PORTAL_PORT": "8080", "PORTAL_PUBLIC_URL": "https://my.example.org"}, "https://my.example.org"),
    ],
)
def test_public_url_defaults_to_listen_address(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], public_url: str
) -> None:
    assert loaded(monkeypatch, **variables).public_url == public_url


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(
        monkeypatch,
        PORTAL_TRUSTED_PROXIES="10.0.0.0/8, ::1/128",
        PORTAL_ALLOWED_ORIGINS="https://a.example:8443",
        PORTAL_METRICS_FROM="",
    )
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1/128")
    assert settings.allowed_origins == ("https://a.example:8443",)
    assert settings.metrics_from == ()
    assert settings_problems(settings) == []


@pytest.mark.parametrize("end", ["\n", "\thttps://elsewhere.example", " ", "\u202e", "/path"])
def test_public_url_is_one_visible_address(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    assert settings_problems(loaded(monkeypatch, PORTAL_PUBLIC_URL="https://portal.example.org")) == []
    (problem,) = settings_problems(loaded(monkeypatch, PORTAL_PUBLIC_URL=f"https://portal.example.org{end}"))
    assert problem.startswith("PORTAL_PUBLIC_URL must be")


@pytest.mark.parametrize("whole", [COGNITO, JITSI, SES, SMTP, KMS], ids=["cognito", "jitsi", "ses", "smtp", "kms"])
def test_missing_required_setting_is_reported(monkeypatch: pytest.MonkeyPatch, whole: dict[str, str]) -> None:
    assert settings_problems(loaded(monkeypatch, **whole)) == []
    chosen, *needed = whole
    for name in needed:
        monkeypatch.delenv(name)
        assert settings_problems(load()) == [f"{name} is required with {chosen}={whole[chosen]}"]
        monkeypatch.setenv(name, whole[name])


@pytest.mark.parametrize(
    ("sender", "taken"),
    [
        ("Office@Example.org ", True),
        ("office@xn--bcher-kva.example", True),
        ("office@b\u00fccher.example", False),
        ("a..b@example.org", False),
        ("Elm Street <office@example.org>", False),
    ],
)
def test_sender_is_an_address_that_mail_can_come_from(
    monkeypatch: pytest.MonkeyPatch, sender: str, taken: bool
) -> None:
    problems = settings_problems(loaded(monkeypatch, **{**SES, "PORTAL_MAIL_FROM": sender}))
    assert [one.partition(" ")[0] for one in problems] == ([] if taken else ["PORTAL_MAIL_FROM"])


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"PORTAL_SMTP_HOST": "smtp.example.org:587"}, "PORTAL_SMTP_HOST must be a host name"),
        ({"PORTAL_SMTP_HOST": "smtp://relay"}, "PORTAL_SMTP_HOST must be a host name"),
        ({"PORTAL_SMTP_HOST": " smtp.example.org"}, "PORTAL_SMTP_HOST must be a host name"),
        ({"PORTAL_SMTP_TLS": "off"}, "PORTAL_SMTP_TLS=off is only for a relay on this machine"),
        ({"PORTAL_SMTP_TLS": "off", "PORTAL_SMTP_HOST": "192.0.2.1"}, "PORTAL_SMTP_TLS=off is only for a relay on"),
        ({"PORTAL_SMTP_USER": "portal"}, "PORTAL_SMTP_PASSWORD is required with PORTAL_SMTP_USER"),
        ({"PORTAL_SMTP_USER": "portal", "PORTAL_SMTP_PASSWORD": "passé"}, "PORTAL_SMTP_PASSWORD must be ASCII"),
        ({"PORTAL_MAIL_FROM": "portal@localhost"}, "PORTAL_MAIL_FROM is required with PORTAL_MAIL=smtp"),
    ],
)
def test_unusable_relay_is_reported(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], words: str) -> None:
    (found,) = settings_problems(loaded(monkeypatch, **{**SMTP, **variables}))
    assert words in found
    assert "passé" not in found


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_relay_on_this_machine_may_be_without_tls(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    alone = {**SMTP, "PORTAL_SMTP_HOST": host, "PORTAL_SMTP_TLS": "off"}
    assert settings_problems(loaded(monkeypatch, **alone)) == []


@pytest.mark.parametrize(
    ("variables", "port"),
    [({}, 587), ({"PORTAL_SMTP_TLS": "implicit"}, 465), ({"PORTAL_SMTP_TLS": "implicit", "PORTAL_SMTP_PORT": "9"}, 9)],
)
def test_port_of_the_relay_follows_the_encryption(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], port: int
) -> None:
    assert loaded(monkeypatch, **SMTP, **variables).smtp_port == port


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({}, []),
        ({"host": "::1"}, []),
        (
            {"public_url": "https://portal.example.org"},
            ["PORTAL_MAIL=local", "PORTAL_MALWARE_SCAN=signature", "PORTAL_TRUSTED_PROXIES"],
        ),
        (
            {"public_url": "https://portal.example.org", "mail": "smtp", "trusted_proxies": ("10.0.0.0/8",)},
            ["PORTAL_MALWARE_SCAN=signature"],
        ),
        (
            {"public_url": "https://portal.example.org", "mail": "ses", "malware_scan": "clamav"},
            ["PORTAL_TRUSTED_PROXIES"],
        ),
        ({"mail": "smtp"}, ["PORTAL_PUBLIC_URL=http://127.0.0.1:8000"]),
        ({"host": "0.0.0.0"}, ["PORTAL_PUBLIC_URL=http://0.0.0.0:8000"]),
        ({"public_url": "http://portal.example.org"}, ["PORTAL_PUBLIC_URL=http://portal.example.org"]),
        ({"trusted_proxies": ("10.0.0.0/8", "0.0.0.0/0")}, ["PORTAL_TRUSTED_PROXIES"]),
        ({"metrics_from": ("::/0",)}, ["PORTAL_METRICS_FROM"]),
    ],
)
def test_settings_that_hardly_suit_a_public_portal_are_warned_of(changes: dict[str, Any], warned: list[str]) -> None:
    assert [line.split()[0] for line in settings_warnings(Settings(**changes))] == warned


def test_value_that_is_no_choice_is_reported_with_the_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"'mail' \(the environment\): choose local, ses, smtp$"):
        loaded(monkeypatch, PORTAL_MAIL="pigeon")


@pytest.mark.parametrize(
    ("name", "value", "option"),
    [
        ("PORTAL_PORT", "many", "'port'"),
        ("PORTAL_PORT", "70000", "'port'"),
        ("PORTAL_PORT", "0", "'port'"),
        ("PORTAL_SMTP_PORT", "0", "'smtp_port'"),
        ("PORTAL_SMTP_TLS", "maybe", "'smtp_tls'"),
        ("PORTAL_PORT", "", "'port'"),
        ("PORTAL_HTTP_WORKERS", "0", "'http_workers'"),
        ("PORTAL_POOL_SIZE", "-1", "'pool_size'"),
        ("PORTAL_IDENTITY", "okta", "'identity'"),
        ("PORTAL_ACCESS_LOG", "perhaps", "'access_log'"),
        ("PORTAL_THROTTLE_RATE", "fast", "'throttle_rate'"),
    ],
)
def test_value_of_wrong_type_is_reported(monkeypatch: pytest.MonkeyPatch, name: str, value: str, option: str) -> None:
    with pytest.raises(SettingsError) as raised:
        loaded(monkeypatch, **{name: value})
    assert option in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORTAL_BREACHED_PASSWORDS_URL", "http://b.example/", "PORTAL_BREACHED_PASSWORDS_URL must be an https:// URL"),
        ("PORTAL_PUBLIC_URL", "portal.example.org", "PORTAL_PUBLIC_URL must be http:// or https:// and a host"),
        ("PORTAL_PUBLIC_URL", "https://portal.example.org/a/path", "PORTAL_PUBLIC_URL must be http:// or https:// and"),
        ("PORTAL_PUBLIC_URL", "https://portal.example.org:many", "PORTAL_PUBLIC_URL must be http:// or https:// and"),
        ("PORTAL_TRUSTED_PROXIES", "10.0.0.0/8,everybody", "PORTAL_TRUSTED_PROXIES: everybody is not a network"),
        ("PORTAL_METRICS_FROM", "10.0.0.0/80", "PORTAL_METRICS_FROM: 10.0.0.0/80 is not a network"),
        ("PORTAL_DATABASE_URL", "mysql://portal:secret@db/portal", "PORTAL_DATABASE_URL must be a postgresql:// URL"),
        (
            "PORTAL_OWNER_DATABASE_URL",
            "postgresql://a:sec/ret@db/x",
            "PORTAL_OWNER_DATABASE_URL must be a postgresql://",
        ),
        ("PORTAL_DATABASE_URL", "postgresql:///portal", "PORTAL_DATABASE_URL must be a postgresql:// URL with a host"),
        ("PORTAL_DATABASE_URL", "postgresql://db.example.org", "PORTAL_DATABASE_URL must be a postgresql:// URL with"),
        ("PORTAL_JITSI_URL", "http://meet.example.org", "PORTAL_JITSI_URL must be an https:// URL"),
        ("PORTAL_JITSI_URL", "https://", "PORTAL_JITSI_URL must be an https:// URL"),
        ("PORTAL_JITSI_URL", "https://meet.example.org?room=", "PORTAL_JITSI_URL must be an https:// URL"),
        ("PORTAL_JITSI_APP_SECRET", "secret", "PORTAL_JITSI_APP_SECRET must have at least 32 bytes"),
    ],
)
def test_unusable_value_is_reported(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    found = settings_problems(loaded(monkeypatch, **{**JITSI, name: value}))
    assert any(words in line for line in found), found
    assert "secret" not in "".join(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[portal]\nprot = 8000\n", "prot"),
        ("[portal]\nport = 'many'\n", "'many' for option 'port'"),
        ("[portal\n", "Expected ']'"),
    ],
)
def test_invalid_settings_file_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "portal.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as raised:
        loaded(monkeypatch, PORTAL_SETTINGS=str(file))
    assert words in str(raised.value)
    assert "portal.toml" in str(raised.value)


def test_a_settings_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text("[portal]\nport = 8080\nhttp_workers = 3\ntrusted_proxies = ['10.0.0.0/8']\n")
    settings = loaded(monkeypatch, PORTAL_SETTINGS=str(file), PORTAL_PORT="8081")
    assert (settings.port, settings.http_workers, settings.trusted_proxies) == (8081, 3, ("10.0.0.0/8",))
    with pytest.raises(SettingsError, match=r"names nowhere\.toml, which does not exist"):
        loaded(monkeypatch, PORTAL_SETTINGS="nowhere.toml")


def test_unknown_portal_variable_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(monkeypatch, PORTAL_DATBASE_URL="postgresql://db/portal", PORTAL_PORT="8080")
    assert unknown_variables() == ["PORTAL_DATBASE_URL"]


def test_command_reports_first_missing_setting_and_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_ROOMS", "jitsi")
    with pytest.raises(CommandError, match=r"PORTAL_JITSI_URL is required .* \(and 2 more: portal config check\)"):
        settings_or_fail()


def test_owner_database_url_is_required_by_commands_that_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_or_fail("owner_database_url").embedded_database
    monkeypatch.setenv("PORTAL_DATABASE_URL", "postgresql://db/portal")
    assert settings_or_fail().database_url == "postgresql://db/portal"
    with pytest.raises(CommandError, match="PORTAL_OWNER_DATABASE_URL is required for this command"):
        settings_or_fail("owner_database_url")


def test_secrets_are_not_shown() -> None:
    assert "hidden" not in repr(Settings(database_url="postgresql://a:hidden@db/x", cognito_client_secret="hidden"))
