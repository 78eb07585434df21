"""Everything that an operator may set: `PORTAL_…` in the environment, or a TOML file named by `PORTAL_SETTINGS`."""

import logging
import os
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import typed_settings as ts
from attrs import Factory, field, fields, frozen, validators
from typed_settings.converters import get_default_cattrs_converter, register_strlist_hook
from typed_settings.exceptions import TsError

PREFIX = "PORTAL_"
SETTINGS_FILE_VARIABLE = "PORTAL_SETTINGS"
MIN_JITSI_SECRET_BYTES = 32
"""As the adapter asks (RFC 7518, 3.2: a key for HS256 has 256 bits)."""


@frozen
class Settings:
    """Without any of these set, the portal runs on its embedded parts, on this machine alone.

    The text under each setting stands in docs/reference/settings.md, which is made from it.
    """

    data_dir: Path = Path("portal-data")
    """Folder of the embedded parts' data, made when it is not there."""

    # Database.
    database_url: str = ts.secret(default="")
    """postgresql:// URL of the application role, which owns nothing. Empty: the embedded one, in the data folder."""
    owner_database_url: str = ts.secret(default="")
    """URL of the role that owns the schema; only `portal migrate` uses it."""
    worker_database_url: str = ts.secret(default="")
    """URL of the role that runs the job queue; only the worker uses it."""
    pg_bin: str = ""
    """Folder with another PostgreSQL's programs, for the embedded server. Empty: those of the wheel."""
    pool_size: int = field(default=20, validator=validators.ge(1))
    """Connections that one process may have open to the database, 1 or more."""

    # HTTP.
    host: str = "127.0.0.1"
    """Address to listen at; 0.0.0.0 is all of IPv4, :: all of both."""
    port: int = field(default=8000, validator=validators.and_(validators.ge(1), validators.le(65535)))
    """Port to listen at, 1 to 65535."""
    http_workers: int = field(default=1, validator=validators.ge(1))
    """Processes that answer requests, 1 or more; about as many as there are processors."""
    public_url: str = field(default=Factory(lambda self: f"http://{self.netloc}", takes_self=True))
    """How browsers reach it; https makes cookies Secure and turns HSTS on. Without it: host and port."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks (CIDR, commas between them) of the proxies whose X-Forwarded-For is believed. Empty: none."""
    allowed_origins: tuple[str, ...] = ()
    """Other origins (https://host, commas between them) whose pages may call the API. Empty: none."""
    metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks (CIDR, commas between them) that may read /metrics."""
    throttle_rate: float = 20.0
    """Requests a second for one session or address in one process; 0 switches it off. The named limits are exact."""
    throttle_burst: int = 100
    """Requests that one session or address may have let through at once, before the rate holds it back."""
    access_log: bool = True
    """Whether each request is a line of the log."""

    # Identity.
    identity: Literal["local", "cognito"] = "local"
    """Who keeps passwords, TOTP secrets and mailed codes: the portal's database, or Cognito."""
    cognito_pool: str = ""
    """Id of the clients' user pool, such as us-east-1_AbCdEf."""
    cognito_client: str = ""
    """Id of the clients' app client."""
    cognito_client_secret: str = ts.secret(default="")
    """Secret of the clients' app client."""
    cognito_staff_pool: str = ""
    """Id of the staff's user pool."""
    cognito_staff_client: str = ""
    """Id of the staff's app client."""
    cognito_staff_client_secret: str = ts.secret(default="")
    """Secret of the staff's app client."""

    # Mail, keys, telehealth.
    mail: Literal["local", "ses"] = "local"
    """How mail leaves: kept and shown by `portal mail`, or sent by Amazon SES."""
    mail_from: str = "portal@localhost"
    """Address that mail comes from; with SES, of a verified identity."""
    ses_configuration_set: str = ""
    """SES's configuration set for every mail. Empty: none."""
    keys: Literal["file", "kms"] = "file"
    """Where the master key is: in a file, or in AWS KMS."""
    key_file: str = ""
    """File with the master keys. Empty: `keys.json` in the data folder."""
    kms_key: str = ""
    """Id, ARN or alias of the KMS key."""
    rooms: Literal["clinician", "jitsi"] = "clinician"
    """Where telehealth takes place: at each clinician's own link, or in rooms of a Jitsi Meet deployment."""
    jitsi_url: str = ""
    """https:// URL of the Jitsi Meet deployment."""
    jitsi_app_id: str = ""
    """Application id that the deployment expects in its tokens."""
    jitsi_app_secret: str = ts.secret(default="")
    """Secret that the deployment checks its tokens by, 32 bytes or more."""
    aws_region: str = ""
    """Region of everything of AWS, such as us-east-1."""
    aws_endpoint_url: str = ""
    """Another address of AWS's API: a proxy or a stand-in. Empty: AWS's own."""

    # Logs.
    log_format: Literal["json", "console"] = "json"
    """One JSON object a line, or words for people."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is logged."""

    @property
    def embedded_database(self) -> bool:
        return not self.database_url

    @property
    def netloc(self) -> str:
        """Host and port as they stand in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def key_path(self) -> Path:
        return Path(self.key_file) if self.key_file else self.data_dir / "keys.json"


class SettingsError(Exception):
    """A setting cannot be read: one line says which, and never what a secret is."""


def load() -> Settings:
    """The settings of this process.

    Raises:
        Unusable: a value or the file cannot be read.
    """
    loaders: list[ts.loaders.Loader] = [ts.EnvLoader(PREFIX)]
    file = os.environ.get(SETTINGS_FILE_VARIABLE, "")
    if file:
        loaders.insert(0, ts.FileLoader({"*": ts.TomlFormat("portal")}, [f"!{file}"]))
    try:
        return ts.load_settings(Settings, loaders, converter=_converter())
    except FileNotFoundError:
        raise SettingsError(f"{SETTINGS_FILE_VARIABLE} names {file}, where there is no file") from None
    except TsError as error:
        raise SettingsError("; ".join(dict.fromkeys(_said(error, file)))) from None


def _converter() -> Any:
    """Lists in the environment have commas between them: colons, the library's choice, are in URLs and addresses."""
    made = get_default_cattrs_converter()
    register_strlist_hook(made, fn=lambda text: [one.strip() for one in text.split(",") if one.strip()])
    return made


def _said(error: BaseException, file: str) -> Iterator[str]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _said(inner, file)
        return
    text, _, loader = str(error).partition(" from loader ")
    text = text.removeprefix("Could not convert loaded settings: \n- ValueError: ")
    where = "the environment" if loader.startswith("Env") else file
    yield f"{text} ({where})" if where and where not in text else text


def unknown_variables() -> list[str]:
    """Variables of the environment that look like settings and are none: a typing error is easily overlooked."""
    known = {PREFIX + one.name.upper() for one in fields(Settings)} | {SETTINGS_FILE_VARIABLE}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def settings_problems(settings: Settings) -> list[str]:
    """What is not as it must be, and what the chosen adapters need and was not set; one line each.

    The URLs of the owner and the worker are none of it: a server that has no use for them should not know them.
    """
    return [*_malformed(settings), *_missing(settings)]


def _malformed(settings: Settings) -> Iterator[str]:
    for name in ("database_url", "owner_database_url", "worker_database_url"):
        if not _is_url(getattr(settings, name) or "postgresql://", "postgresql", "postgres"):
            yield f"PORTAL_{name.upper()} is no postgresql:// URL"
    public = urlsplit(settings.public_url) if _is_url(settings.public_url, "http", "https") else None
    if public is None or not public.hostname or public.path.strip("/") or public.query or public.fragment:
        yield "PORTAL_PUBLIC_URL is http:// or https:// and a host, and nothing after it"
    for name in ("trusted_proxies", "metrics_from"):
        for network in getattr(settings, name):
            if not _is_network(network):
                yield f"PORTAL_{name.upper()}: {network} is no network, such as 10.0.0.0/8"

    if settings.rooms == "jitsi" and settings.jitsi_url and not _is_url(settings.jitsi_url, "https"):
        yield "PORTAL_JITSI_URL is no https:// URL"
    if settings.rooms == "jitsi" and 0 < len(settings.jitsi_app_secret.encode()) < MIN_JITSI_SECRET_BYTES:
        yield f"PORTAL_JITSI_APP_SECRET has {MIN_JITSI_SECRET_BYTES} characters at least"


def _is_url(text: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _missing(settings: Settings) -> Iterator[str]:
    needs: dict[str, tuple[bool, tuple[str, ...]]] = {
        "PORTAL_IDENTITY=cognito": (
            settings.identity == "cognito",
            (
                "cognito_pool",
                "cognito_client",
                "cognito_client_secret",
                "cognito_staff_pool",
                "cognito_staff_client",
                "cognito_staff_client_secret",
                "aws_region",
            ),
        ),
        "PORTAL_MAIL=ses": (settings.mail == "ses", ("mail_from", "aws_region")),
        "PORTAL_KEYS=kms": (settings.keys == "kms", ("kms_key", "aws_region")),
        "PORTAL_ROOMS=jitsi": (settings.rooms == "jitsi", ("jitsi_url", "jitsi_app_id", "jitsi_app_secret")),
    }
    for why, (chosen, names) in needs.items():
        for name in names:
            if chosen and not getattr(settings, name):
                yield f"PORTAL_{name.upper()} is needed with {why}"
    if settings.mail == "ses" and settings.mail_from == fields(Settings).mail_from.default:
        yield "PORTAL_MAIL_FROM is needed with PORTAL_MAIL=ses"


def level_of(settings: Settings) -> int:
    """The log level as the standard library counts it."""
    return logging.getLevelNamesMapping()[settings.log_level.upper()]
