"""The composition root: chooses the adapter for each port, according to the settings.

Use cases are wired by the names of their fields (`use_case_registry.wire`): add a new port here as a part, under the
name of the use cases' fields, and list it in `PARTS`.
"""

import importlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

from attrs import frozen
from dependency_injector import containers, providers

from adapters.breaches.range_query import BreachedPasswordStrength
from adapters.clamav.scanner import ClamdScanner
from adapters.codes import AccountCodes
from adapters.jitsi.rooms import JitsiRooms
from adapters.local.file_folder import EncryptedFolder
from adapters.local.identity import LocalCredentials, LocalMailedCodes, LocalPasswords, LocalSecondFactors
from adapters.local.key_file import KeyFile
from adapters.local.kind_recognizer import ThreadedKindRecognizer
from adapters.local.mail import LocalMailer
from adapters.local.password_hashes import PasswordHashes
from adapters.local.password_strength import ZxcvbnStrength
from adapters.local.rooms import ClinicianRooms
from adapters.local.signature_scanner import SignatureScanner
from adapters.local.sources import SystemClock, SystemTokens, Uuid7Ids
from adapters.local.turns import LocalTurns
from adapters.oidc.staff_tokens import OidcStaffTokens
from adapters.postgres.accounts.local_identities import PostgresIdentities
from adapters.postgres.accounts.oidc_issuers import PostgresOidcIssuers
from adapters.postgres.accounts.sessions import PostgresLiveSessions
from adapters.postgres.engine.base_unit import PostgresBegin
from adapters.postgres.engine.key_rotation import KeyRotation
from adapters.postgres.engine.keys import RecordKeys
from adapters.postgres.engine.limits import PostgresRateLimits
from adapters.postgres.engine.maintenance import PostgresMaintenance
from adapters.postgres.engine.pool import open_pool
from adapters.postgres.notifications.captured_mail import PostgresCapturedMailStore
from adapters.postgres.people.practices import PostgresPracticeDirectory, PostgresPracticeFactory
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.smtp.mailer import SmtpMailer
from entrypoints.optional_packages import extra
from entrypoints.settings import Settings, SettingsError, settings_problems
from entrypoints.use_case_registry import use_case_name, wire
from portal_core.accounts.identity_provider import PasswordStrength
from portal_core.accounts.reauthentication import Reauthentication
from portal_core.accounts.use_cases.issue_email_change_code import IssueEmailChangeCode
from portal_core.accounts.use_cases.issue_invitation_code import IssueInvitationCode
from portal_core.accounts.use_cases.send_mailed_code import SendMailedCode
from portal_core.files.receiving import ContentReceiver
from portal_core.notifications.use_cases.mail_code import MailCode
from portal_core.notifications.use_cases.mail_safe_email_code import MailSafeEmailCode

T = TypeVar("T")


def _aws(settings: Settings) -> Any:
    with extra("aws"):
        from adapters.aws import AwsAccount
    return AwsAccount(settings.aws_region, settings.aws_endpoint_url or None)


def _cognito(settings: Settings, account: Any) -> Any:
    with extra("aws"):
        from adapters.cognito.pools import CognitoPool, CognitoPools
    portal = CognitoPool(settings.cognito_pool, settings.cognito_client, settings.cognito_client_secret)
    staff = CognitoPool(
        settings.cognito_staff_pool, settings.cognito_staff_client, settings.cognito_staff_client_secret
    )
    return CognitoPools(account, {"portal": portal, "practice": staff})


def _of_cognito(pools: Any, name: str) -> Any:
    module, _, kind = name.partition(".")
    return getattr(importlib.import_module(f"adapters.cognito.{module}"), kind)(pools)


def _kms(account: Any, key: str) -> Any:
    with extra("aws"):
        from adapters.kms.master_key import KmsMasterKey
    return KmsMasterKey(account, key)


def _s3(account: Any, settings: Settings) -> Any:
    with extra("aws"):
        from adapters.s3.files import S3FileStore
    return S3FileStore(account, settings.s3_bucket, settings.s3_kms_key, settings.files_path)


def _ses(account: Any, settings: Settings) -> Any:
    with extra("aws"):
        from adapters.ses.mailer import SesMailer
    return SesMailer(account, settings.mail_from.strip(), settings.ses_configuration_set or None)


def _smtp(settings: Settings, clock: Any, ids: Any) -> SmtpMailer:
    return SmtpMailer(
        settings.smtp_host,
        settings.smtp_port,
        settings.mail_from.strip(),
        clock,
        ids,
        settings.smtp_user,
        settings.smtp_password,
        settings.smtp_tls,
    )


def _strength(settings: Settings) -> PasswordStrength:
    estimate = ZxcvbnStrength()
    if not settings.breached_passwords_url:
        return estimate
    return BreachedPasswordStrength(estimate, settings.breached_passwords_url)


class Container(containers.DeclarativeContainer):
    """Every part, under the name of the use cases' fields. Parts are singletons, created on first use."""

    settings = providers.Dependency(instance_of=Settings)
    pool: providers.Dependency[Any] = providers.Dependency()

    clock = providers.Singleton(SystemClock)
    ids = providers.Singleton(Uuid7Ids)
    tokens = providers.Singleton(SystemTokens)
    strength = providers.Singleton(_strength, settings)
    public_url = settings.provided.public_url
    worker_name = providers.Object(f"{socket.gethostname()}:{os.getpid()}")

    aws = providers.Singleton(_aws, settings)
    master = providers.Selector(
        settings.provided.keys,
        file=providers.Singleton(KeyFile, settings.provided.key_path),
        kms=providers.Singleton(_kms, aws, settings.provided.kms_key),
    )
    keys = providers.Singleton(RecordKeys, master, clock)
    rooms = providers.Selector(
        settings.provided.rooms,
        clinician=providers.Singleton(ClinicianRooms),
        jitsi=providers.Singleton(
            JitsiRooms,
            settings.provided.jitsi_url,
            settings.provided.jitsi_app_id,
            settings.provided.jitsi_app_secret,
            clock,
            ids,
        ),
    )
    begin = providers.Singleton(
        PostgresBegin,
        pool,
        keys,
        clock,
        ids,
        PostgresUnitOfWork,
        settings.provided.public_url,
        rooms.provided.needs_clinician_link,
    )
    limits = providers.Singleton(PostgresRateLimits, pool, clock)
    turns = providers.Singleton(LocalTurns)
    live = providers.Singleton(PostgresLiveSessions, pool)
    practice_factory = providers.Singleton(PostgresPracticeFactory, pool, keys, clock, ids)
    directory = providers.Singleton(PostgresPracticeDirectory, pool)

    rotation = providers.Singleton(KeyRotation, pool, master)
    maintenance = providers.Singleton(PostgresMaintenance, pool, clock)

    # Mail.
    captured_mail = providers.Singleton(PostgresCapturedMailStore, pool)
    local_mailer = providers.Singleton(LocalMailer, captured_mail, clock, ids)
    mailer = providers.Selector(
        settings.provided.mail,
        local=local_mailer,
        ses=providers.Singleton(_ses, aws, settings),
        smtp=providers.Singleton(_smtp, settings, clock, ids),
    )
    # There is no SMS vendor yet: text messages are captured with local mail, and not sent at all with the others.
    sms_sender = providers.Selector(
        settings.provided.mail, local=local_mailer, ses=providers.Object(None), smtp=providers.Object(None)
    )
    mail_code = providers.Singleton(MailCode, begin, mailer)

    # Identity.
    cognito = providers.Singleton(_cognito, settings, aws)
    identities = providers.Singleton(PostgresIdentities, pool, keys)
    hashes = providers.Singleton(PasswordHashes)
    codes = providers.Selector(
        settings.provided.identity,
        local=providers.Singleton(LocalMailedCodes, identities, hashes, mail_code, clock, ids, tokens),
        cognito=providers.Singleton(_of_cognito, cognito, "mailed_codes.CognitoMailedCodes"),
    )
    passwords = providers.Selector(
        settings.provided.identity,
        local=providers.Singleton(LocalPasswords, identities, hashes, clock),
        cognito=providers.Singleton(_of_cognito, cognito, "passwords.CognitoPasswords"),
    )
    second_factors = providers.Selector(
        settings.provided.identity,
        local=providers.Singleton(LocalSecondFactors, identities, hashes, clock),
        cognito=providers.Singleton(_of_cognito, cognito, "second_factors.CognitoSecondFactors"),
    )
    credentials = providers.Selector(
        settings.provided.identity,
        local=providers.Singleton(LocalCredentials, identities),
        cognito=providers.Singleton(_of_cognito, cognito, "credentials.CognitoCredentials"),
    )
    staff_tokens = providers.Singleton(OidcStaffTokens, providers.Singleton(PostgresOidcIssuers, pool), clock)
    reauthentication = providers.Singleton(Reauthentication, begin, passwords, second_factors, limits)
    code_sender = providers.Singleton(
        AccountCodes,
        provider=providers.Singleton(SendMailedCode, begin, codes),
        invitation_code=providers.Singleton(IssueInvitationCode, begin, clock, tokens),
        email_change_code=providers.Singleton(IssueEmailChangeCode, begin, clock, tokens),
        safe_email_code=providers.Singleton(MailSafeEmailCode, begin, clock, tokens, mailer),
        mail=mail_code,
    )

    # Files.
    file_store = providers.Selector(
        settings.provided.files,
        folder=providers.Singleton(EncryptedFolder, settings.provided.files_path),
        s3=providers.Singleton(_s3, aws, settings),
    )
    kind_recognizer = providers.Singleton(ThreadedKindRecognizer)
    malware_scanner = providers.Selector(
        settings.provided.malware_scan,
        signature=providers.Singleton(SignatureScanner),
        clamav=providers.Singleton(ClamdScanner, settings.provided.clamav_address),
    )
    content_receiver = providers.Singleton(ContentReceiver, begin, file_store, kind_recognizer, clock, ids, tokens)


PARTS = (
    "begin",
    "clock",
    "code_sender",
    "codes",
    "content_receiver",
    "credentials",
    "file_store",
    "practice_factory",
    "ids",
    "limits",
    "live",
    "mailer",
    "malware_scanner",
    "passwords",
    "public_url",
    "reauthentication",
    "rooms",
    "second_factors",
    "staff_tokens",
    "strength",
    "sms_sender",
    "tokens",
    "turns",
    "worker_name",
)
"""The parts that use cases may have as fields."""


@frozen
class Portal:
    """An open portal: the use cases, and the parts that entry points use directly."""

    settings: Settings
    use_cases: dict[str, Any]
    parts: Container
    pool: Any

    def use_case(self, kind: type[T]) -> T:
        """Return the use case of this class."""
        made = self.use_cases[use_case_name(kind)]
        assert isinstance(made, kind)
        return made

    async def practice_ids(self) -> list[UUID]:
        """Return the ids of all practices of the deployment."""
        return [one.id for one in await self.parts.directory().all()]

    def maintenance(self) -> dict[str, Callable[[], Awaitable[Any]]]:
        """Return the deployment's own periodic jobs by name, which run in addition to the practices' jobs."""
        maintenance = self.parts.maintenance()
        return {
            "rewrap_practice_keys": self.parts.rotation(),
            "delete_expired": maintenance.delete_expired,
            "create_audit_partitions": maintenance.create_audit_partitions,
        }


@asynccontextmanager
async def open_portal(settings: Settings, database_url: str, **overrides: Any) -> AsyncIterator[Portal]:
    """Open the portal over a database until the block is left. `overrides` replaces parts of the container by name.

    Raises:
        SettingsError: a setting is malformed, or one that the chosen parts need is missing.
        IncompleteDatabaseUrl: the URL does not name its server.
        MissingPart: a use case has a field that no part is named after.
        MissingExtra: the packages of a chosen adapter are not installed.
        KeyFileError: the key file cannot be read or written.
        OSError: the database does not respond.
    """
    if problems := settings_problems(settings):
        raise SettingsError("; ".join(problems))
    pool = await open_pool(database_url, max_size=settings.pool_size)
    try:
        container = Container(settings=settings, pool=pool)
        for name, part in overrides.items():
            getattr(container, name).override(providers.Object(part))
        use_cases = wire({name: getattr(container, name)() for name in PARTS})
        yield Portal(settings, use_cases, container, pool)
    finally:
        await pool.close()
