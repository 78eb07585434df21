"""The operator's settings: `PORTAL_…` environment variables, or a TOML file named by `PORTAL_SETTINGS`."""

import logging
import os
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import typed_settings as ts
from attrs import Factory, field, fields, frozen, validators
from typed_settings.converters import get_default_cattrs_converter, register_strlist_hook
from typed_settings.exceptions import TsError

from adapters.postgres.engine.database_url import IncompleteDatabaseUrl, complete_url
from portal_core.kernel.contact import InvalidEmail, host_name, is_https_url, normalize_email
from portal_core.kernel.errors import Invalid

PREFIX = "PORTAL_"
SETTINGS_FILE_VARIABLE = "PORTAL_SETTINGS"
MIN_JITSI_SECRET_BYTES = 32
"""As the adapter requires (RFC 7518, 3.2: a key for HS256 has at least 256 bits)."""


@frozen
class Settings:
    """The settings. With none of them set, the portal uses its embedded parts and serves this machine only.

    docs/reference/settings.md is generated from the text under each setting.
    """

    data_dir: Path = Path("portal-data")
    """Folder for the data of the embedded parts. Created if it does not exist."""

    # Database.
    database_url: str = ts.secret(default="")
    """postgresql:// URL for the application role, which owns nothing. Empty: the embedded database."""
    owner_database_url: str = ts.secret(default="")
    """URL for the role that owns the schema. Only `portal migrate` uses it."""
    worker_database_url: str = ts.secret(default="")
    """URL for the role that runs the job queue. Only the worker and `portal jobs` use it."""
    pg_bin: str = ""
    """The bin folder of a PostgreSQL installation, for the embedded server. Empty: the one of the Python package."""
    pool_size: int = field(default=20, validator=validators.ge(1))
    """Maximum number of database connections of one process, 1 or more."""

    # HTTP.
    host: str = "127.0.0.1"
    """Address to listen on. 0.0.0.0 is all IPv4 addresses; :: is all IPv4 and IPv6 addresses."""
    port: int = field(default=8000, validator=validators.and_(validators.ge(1), validators.le(65535)))
    """Port to listen on, 1 to 65535."""
    http_workers: int = field(default=1, validator=validators.ge(1))
    """Number of processes that serve requests, 1 or more; about one for each processor."""
    public_url: str = field(default=Factory(lambda self: f"http://{self.netloc}", takes_self=True))
    """URL at which browsers reach the portal. With https, cookies are Secure and HSTS is on. Default: host and port."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks (CIDR, separated by commas) of the proxies whose X-Forwarded-For is trusted. Empty: none."""
    allowed_origins: tuple[str, ...] = ()
    """Other origins (https://host, separated by commas) whose pages may call the API. Empty: none."""
    metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks (CIDR, separated by commas) that may read /metrics."""
    throttle_rate: float = 20.0
    """Requests per second allowed for each session or address, counted by each process; 0 turns the throttle off."""
    throttle_burst: int = 100
    """Requests that a session or address may send in a burst before the rate applies."""
    access_log: bool = True
    """Whether to log every request."""

    # Identity.
    identity: Literal["local", "cognito"] = "local"
    """Where passwords, TOTP secrets and mailed codes are managed: local (the portal's database) or cognito."""
    breached_passwords_url: str = ""
    """https:// URL of a service of breached passwords, to which the first five digits of a new password's SHA-1 are
    appended, such as https://api.pwnedpasswords.com/range/. Empty: none is asked."""
    cognito_pool: str = ""
    """Id of the user pool for clients, such as us-east-1_AbCdEf."""
    cognito_client: str = ""
    """App client id in the user pool for clients."""
    cognito_client_secret: str = ts.secret(default="")
    """App client secret in the user pool for clients."""
    cognito_staff_pool: str = ""
    """Id of the user pool for staff."""
    cognito_staff_client: str = ""
    """App client id in the user pool for staff."""
    cognito_staff_client_secret: str = ts.secret(default="")
    """App client secret in the user pool for staff."""

    # Mail, keys, telehealth.
    mail: Literal["local", "ses", "smtp"] = "local"
    """How mail is sent: local (stored, and shown by `portal mail`), ses (Amazon SES) or smtp (any SMTP relay)."""
    mail_from: str = "portal@localhost"
    """Sender address of mail. With SES it must belong to a verified identity."""
    smtp_host: str = ""
    """Host name of the SMTP relay."""
    smtp_tls: Literal["starttls", "implicit", "off"] = "starttls"
    """How the connection to the relay is encrypted: starttls, implicit (TLS from the start) or off (only for a relay
    on this machine). The relay's certificate is always verified."""
    smtp_port: int = field(
        default=Factory(lambda self: 465 if self.smtp_tls == "implicit" else 587, takes_self=True),
        validator=validators.and_(validators.ge(1), validators.le(65535)),
    )
    """Port of the relay, 1 to 65535. Default: 587, or 465 with implicit TLS."""
    smtp_user: str = ""
    """User name at the relay. Empty: the relay needs none."""
    smtp_password: str = ts.secret(default="")
    """Password of the user at the relay."""
    ses_configuration_set: str = ""
    """SES configuration set to use for all mail. Empty: none."""
    keys: Literal["file", "kms"] = "file"
    """Where the master key is stored: file or kms (AWS KMS)."""
    key_file: str = ""
    """File with the master keys. Empty: `keys.json` in the data folder."""
    kms_key: str = ""
    """Id, ARN or alias of the KMS key that is the master key."""
    rooms: Literal["clinician", "jitsi"] = "clinician"
    """Where video visits take place: clinician (each clinician's own link) or jitsi (a Jitsi Meet deployment)."""
    jitsi_url: str = ""
    """https:// URL of the Jitsi Meet deployment."""
    jitsi_app_id: str = ""
    """Application id that the Jitsi deployment expects in tokens."""
    jitsi_app_secret: str = ts.secret(default="")
    """Secret with which the Jitsi deployment verifies tokens, at least 32 bytes."""
    files: Literal["folder", "s3"] = "folder"
    """Where the content of files is stored, encrypted: folder (on this machine) or s3 (an S3 bucket)."""
    files_folder: str = ""
    """Folder for the content of files, or with s3 for the encrypted copies while they are sent. Empty: `files` in the
    data folder."""
    s3_bucket: str = ""
    """S3 bucket for the content of files: private, with versions and default encryption."""
    s3_kms_key: str = ""
    """Id or ARN of the KMS key with which S3 encrypts the content once more."""
    malware_scan: Literal["signature", "clamav"] = "signature"
    """What looks for malware in files: signature (the EICAR test signature alone, which is no antivirus) or clamav."""
    clamav_address: str = "/run/clamav/clamd.ctl"
    """Where ClamAV's clamd listens: the path of its socket, or host:port. Contents go there unencrypted."""
    aws_region: str = ""
    """Region of all AWS services, such as us-east-1."""
    aws_endpoint_url: str = ""
    """Alternative endpoint of the AWS API, such as a proxy or a test server. Empty: AWS's own."""

    # Logs.
    log_format: Literal["json", "console"] = "json"
    """json (one object per line) or console (for people)."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest level that is logged."""

    @property
    def embedded_database(self) -> bool:
        return not self.database_url

    @property
    def netloc(self) -> str:
        """Host and port as in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def files_path(self) -> Path:
        return Path(self.files_folder) if self.files_folder else self.data_dir / "files"

    @property
    def key_path(self) -> Path:
        return Path(self.key_file) if self.key_file else self.data_dir / "keys.json"


class SettingsError(Exception):
    """A setting cannot be read or used. The message is one line that names the setting and never shows a secret."""


def load() -> Settings:
    """Load the settings of this process.

    Raises:
        SettingsError: a value or the file cannot be read.
    """
    loaders: list[ts.loaders.Loader] = [ts.EnvLoader(PREFIX)]
    file = os.environ.get(SETTINGS_FILE_VARIABLE, "")
    if file:
        loaders.insert(0, ts.FileLoader({"*": ts.TomlFormat("portal")}, [f"!{file}"]))
    try:
        return ts.load_settings(Settings, loaders, converter=_converter())
    except FileNotFoundError:
        raise SettingsError(f"{SETTINGS_FILE_VARIABLE} names {file}, which does not exist") from None
    except TsError as error:
        raise SettingsError("; ".join(dict.fromkeys(_messages(error, file)))) from None


def _converter() -> Any:
    """Separate lists in the environment by commas; the library's default, a colon, occurs in URLs and addresses."""
    made = get_default_cattrs_converter()
    register_strlist_hook(made, fn=lambda text: [one.strip() for one in text.split(",") if one.strip()])
    return made


def _messages(error: BaseException, file: str) -> Iterator[str]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _messages(inner, file)
        return
    text, _, loader = str(error).partition(" from loader ")
    text = text.removeprefix("Could not convert loaded settings: \n- ValueError: ")
    where = "the environment" if loader.startswith("Env") else file
    text = f"{text} ({where})" if where and where not in text else text
    choices = next((get_args(one.type) for one in fields(Settings) if f"for option '{one.name}'" in text), ())
    yield f"{text}: choose {', '.join(choices)}" if choices and isinstance(choices[0], str) else text


def unknown_variables() -> list[str]:
    """Return environment variables that look like settings but are not, to reveal typing errors."""
    known = {PREFIX + one.name.upper() for one in fields(Settings)} | {SETTINGS_FILE_VARIABLE}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def settings_problems(settings: Settings) -> list[str]:
    """Return what is malformed, and what the chosen adapters need but is not set; one line for each problem.

    The URLs of the owner and worker roles may be missing: a server that does not use them should not have them.
    """
    return [*_malformed(settings), *_missing(settings)]


def _malformed(settings: Settings) -> Iterator[str]:
    for name in ("database_url", "owner_database_url", "worker_database_url"):
        if url := getattr(settings, name):
            try:
                complete_url(url)
            except IncompleteDatabaseUrl as error:
                yield f"PORTAL_{name.upper()} {error}"
    public = urlsplit(settings.public_url) if _is_url(settings.public_url, "http", "https") else None
    if public is None or not public.hostname or public.path.strip("/") or public.query or public.fragment:
        yield "PORTAL_PUBLIC_URL must be http:// or https:// and a host, without a path"
    for name in ("trusted_proxies", "metrics_from"):
        for network in getattr(settings, name):
            if not _is_network(network):
                yield f"PORTAL_{name.upper()}: {network} is not a network, such as 10.0.0.0/8"

    url = settings.jitsi_url
    if settings.rooms == "jitsi" and url and (not is_https_url(url) or {"?", "#"} & set(url)):
        yield "PORTAL_JITSI_URL must be an https:// URL, without query or fragment"
    if settings.breached_passwords_url and not is_https_url(settings.breached_passwords_url):
        yield "PORTAL_BREACHED_PASSWORDS_URL must be an https:// URL"
    if settings.rooms == "jitsi" and 0 < len(settings.jitsi_app_secret.encode()) < MIN_JITSI_SECRET_BYTES:
        yield f"PORTAL_JITSI_APP_SECRET must have at least {MIN_JITSI_SECRET_BYTES} bytes"
    if settings.malware_scan == "clamav" and settings.clamav_address and not _is_socket(settings.clamav_address):
        yield "PORTAL_CLAMAV_ADDRESS must be the path of a socket, such as /run/clamav/clamd.ctl, or host:port"
    if settings.mail == "smtp" and settings.smtp_host:
        yield from _malformed_smtp(settings)


def _malformed_smtp(settings: Settings) -> Iterator[str]:
    if not _is_host(settings.smtp_host):
        yield "PORTAL_SMTP_HOST must be a host name, such as smtp.example.org, without a port"
    elif settings.smtp_tls == "off" and not is_loopback(settings.smtp_host):
        yield "PORTAL_SMTP_TLS=off is only for a relay on this machine: PORTAL_SMTP_HOST must be localhost or 127.0.0.1"
    if not (settings.smtp_user + settings.smtp_password).isascii():
        yield "PORTAL_SMTP_USER and PORTAL_SMTP_PASSWORD must be ASCII"


def _is_socket(text: str) -> bool:
    """Whether it is the absolute path of a socket, or a host and port."""
    if text.startswith("/"):
        return True
    try:
        return bool(urlsplit(f"//{text}").hostname and urlsplit(f"//{text}").port)
    except ValueError:
        return False


def _is_host(text: str) -> bool:
    try:
        return host_name(text, "host") == text.lower()
    except Invalid:
        return _is_address(text)


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a host, by its name or address, is this machine."""
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _is_url(text: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(text)  # which leaves out line breaks and tabs
        visible = text.isascii() and text.isprintable() and " " not in text
        return visible and parts.scheme in schemes and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _is_sender(email: str) -> bool:
    """Whether mail can be sent from this address, as it is written: a provider may know it by its capitals."""
    try:
        return normalize_email(email) == email.strip().lower()
    except InvalidEmail:
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
        "PORTAL_MAIL=smtp": (settings.mail == "smtp", ("mail_from", "smtp_host")),
        "PORTAL_SMTP_USER": (settings.mail == "smtp" and bool(settings.smtp_user), ("smtp_password",)),
        "PORTAL_KEYS=kms": (settings.keys == "kms", ("kms_key", "aws_region")),
        "PORTAL_FILES=s3": (settings.files == "s3", ("s3_bucket", "s3_kms_key", "aws_region")),
        "PORTAL_MALWARE_SCAN=clamav": (settings.malware_scan == "clamav", ("clamav_address",)),
        "PORTAL_ROOMS=jitsi": (settings.rooms == "jitsi", ("jitsi_url", "jitsi_app_id", "jitsi_app_secret")),
    }
    for why, (chosen, names) in needs.items():
        for name in names:
            if chosen and not getattr(settings, name):
                yield f"PORTAL_{name.upper()} is required with {why}"
    if settings.mail != "local" and settings.mail_from == fields(Settings).mail_from.default:
        yield f"PORTAL_MAIL_FROM is required with PORTAL_MAIL={settings.mail}"
    elif settings.mail != "local" and settings.mail_from and not _is_sender(settings.mail_from):
        yield "PORTAL_MAIL_FROM must be an email address, such as office@example.org, with its domain in ASCII"


def level_of(settings: Settings) -> int:
    """Return the log level as the standard library's number."""
    return logging.getLevelNamesMapping()[settings.log_level.upper()]
