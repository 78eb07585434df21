"""Everything that an operator may set: `PORTAL_…` in the environment, or a TOML file named by `PORTAL_SETTINGS`."""

import logging
import os
from pathlib import Path
from typing import Literal

import typed_settings as ts
from attrs import field, frozen, validators


@frozen
class Settings:
    """Without any of these set, the portal runs on its embedded parts, on this machine alone."""

    data_dir: Path = field(default=Path("portal-data"), metadata={"help": "where the embedded parts keep their data"})
    # Database. Empty: PostgreSQL from the wheel, in the data folder.
    database_url: str = ts.secret(default="")
    """postgresql:// URL of the application role, which owns nothing."""
    owner_database_url: str = ts.secret(default="")
    """URL of the role that owns the schema; only `portal migrate` uses it."""
    worker_database_url: str = ts.secret(default="")
    """URL of the role that runs the job queue; only the worker uses it."""
    pg_bin: str = ""
    """Folder with another PostgreSQL's programs, for the embedded server."""
    pool_size: int = field(default=20, validator=validators.ge(1))

    # HTTP.
    host: str = "127.0.0.1"
    port: int = field(default=8000, validator=validators.and_(validators.ge(0), validators.le(65535)))
    http_workers: int = field(default=1, validator=validators.ge(1))
    public_url: str = "http://127.0.0.1:8000"
    """How browsers reach it; https makes cookies Secure and turns HSTS on."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks (CIDR) of the proxies whose X-Forwarded-For is believed."""
    allowed_origins: tuple[str, ...] = ()
    """Other origins whose pages may call the API."""
    metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks that may read /metrics."""
    throttle_rate: float = 20.0
    """Requests a second for one session or address in one process; 0 switches it off. The named limits are exact."""
    throttle_burst: int = 100
    access_log: bool = True

    # Identity.
    identity: Literal["local", "cognito"] = "local"
    cognito_pool: str = ""
    cognito_client: str = ""
    cognito_client_secret: str = ts.secret(default="")
    cognito_staff_pool: str = ""
    cognito_staff_client: str = ""
    cognito_staff_client_secret: str = ts.secret(default="")

    # Mail, keys, telehealth.
    mail: Literal["local", "ses"] = "local"
    mail_from: str = "portal@localhost"
    ses_configuration_set: str = ""
    keys: Literal["file", "kms"] = "file"
    key_file: str = ""
    """Empty: `keys.json` in the data folder."""
    kms_key: str = ""
    rooms: Literal["clinician", "jitsi"] = "clinician"
    jitsi_url: str = ""
    jitsi_app_id: str = ""
    jitsi_app_secret: str = ts.secret(default="")
    aws_region: str = ""
    aws_endpoint_url: str = ""

    # Logs.
    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def embedded_database(self) -> bool:
        return not self.database_url

    @property
    def secure(self) -> bool:
        """Whether browsers reach it over TLS."""
        return self.public_url.startswith("https://")

    @property
    def key_path(self) -> Path:
        return Path(self.key_file) if self.key_file else self.data_dir / "keys.json"


def load() -> Settings:
    """The settings of this process.

    Raises:
        typed_settings.exceptions.TsError: a value cannot be read; the message names it.
    """
    loaders: list[ts.loaders.Loader] = [ts.EnvLoader("PORTAL_")]
    file = os.environ.get("PORTAL_SETTINGS")
    if file:
        loaders.insert(0, ts.FileLoader({"*.toml": ts.TomlFormat("portal")}, [file]))
    return ts.load_settings(Settings, loaders)


def missing(settings: Settings) -> list[str]:
    """What the chosen adapters need and was not set, one line each."""
    needs: dict[str, tuple[bool, tuple[str, ...]]] = {
        "identity = cognito": (
            settings.identity == "cognito",
            ("cognito_pool", "cognito_client", "cognito_staff_pool", "cognito_staff_client", "aws_region"),
        ),
        "mail = ses": (settings.mail == "ses", ("mail_from", "aws_region")),
        "keys = kms": (settings.keys == "kms", ("kms_key", "aws_region")),
        "rooms = jitsi": (settings.rooms == "jitsi", ("jitsi_url", "jitsi_app_id", "jitsi_app_secret")),
        "database_url": (bool(settings.database_url), ("owner_database_url", "worker_database_url")),
    }
    return [
        f"PORTAL_{name.upper()} is needed with {why}"
        for why, (chosen, names) in needs.items()
        if chosen
        for name in names
        if not getattr(settings, name)
    ]


def level_of(settings: Settings) -> int:
    """The log level as the standard library counts it."""
    return logging.getLevelNamesMapping()[settings.log_level.upper()]
