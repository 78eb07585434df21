"""What a practice decides about accounts and sign-in, with the defaults."""

import re
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from attrs import fields, frozen

from portal_core.kernel.contact import HTTPS_URL_MESSAGE, is_https_url
from portal_core.kernel.errors import FieldError, Invalid
from portal_core.kernel.time_zones import zone_info

PASSWORD_LENGTH_BOUNDS = (12, 64)
MIN_DURATION = timedelta(minutes=1)
MAX_IDLE_TIMEOUT, MAX_SESSION_LIFETIME = timedelta(hours=1), timedelta(hours=24)
"""The limits of NIST SP 800-63B-4, 2.2.3, for sessions with two factors."""
MAX_OIDC_SETTING_LENGTH = 500
_OIDC_SETTING = re.compile(rf"[!-~]{{1,{MAX_OIDC_SETTING_LENGTH}}}")


ClinicianAccess = Literal["all_clients", "own_clients"]
"""Which clients a clinician sees: all of the practice, or those of their own (`own_clients_of`)."""


@frozen(kw_only=True)
class AccountSettings:
    """Passwords, second factors, sessions, and what clinicians see. The defaults are those of SPEC 3.1.

    `min_password_length` is 12 to 64; NIST SP 800-63B-4 requires 15 of a password that is the only factor.
    `client_second_factor_required` applies to clients and proxies; staff always need a second factor.

    Raises:
        Invalid: a number or a duration is out of range, or clinicians see something else.
    """

    min_password_length: int = 12
    client_second_factor_required: bool = False
    idle_timeout: timedelta = timedelta(minutes=15)
    session_lifetime: timedelta = timedelta(hours=8)
    access_token_lifetime: timedelta = timedelta(hours=1)
    clinicians_see: ClinicianAccess = "all_clients"

    def __attrs_post_init__(self) -> None:
        errors = []
        shortest, longest = PASSWORD_LENGTH_BOUNDS
        if not shortest <= self.min_password_length <= longest:
            message = f"Must be between {shortest} and {longest}."
            errors.append(FieldError("min_password_length", "out_of_range", message))
        max_durations = {
            "idle_timeout": MAX_IDLE_TIMEOUT,
            "session_lifetime": MAX_SESSION_LIFETIME,
            "access_token_lifetime": MAX_SESSION_LIFETIME,
        }
        for name, limit in max_durations.items():
            if not MIN_DURATION <= getattr(self, name) <= limit:
                errors.append(FieldError(name, "out_of_range", f"Must be between {MIN_DURATION} and {limit}."))
        if self.clinicians_see not in get_args(ClinicianAccess):
            message = f"Must be one of: {', '.join(get_args(ClinicianAccess))}."
            errors.append(FieldError("clinicians_see", "unknown", message))
        if errors:
            raise Invalid(*errors)


@frozen(kw_only=True)
class AccountRules(AccountSettings):
    """The account settings with the practice's name and time zone, as everything about accounts needs them.

    `time_zone` (IANA) decides on which day a grant ends.
    """

    practice_name: str = ""
    time_zone: str = "America/New_York"

    def today(self, now: datetime) -> date:
        """The local date at the practice."""
        return now.astimezone(zone_info(self.time_zone)).date()

    @classmethod
    def of(cls, settings: AccountSettings, practice_name: str, time_zone: str) -> "AccountRules":
        """The rules that follow from a practice's settings."""
        values = {field.name: getattr(settings, field.name) for field in fields(AccountSettings)}
        return cls(practice_name=practice_name, time_zone=time_zone, **values)


@frozen(kw_only=True)
class OidcSettings:
    """The identity provider of the practice's staff: all three settings, or none to trust no provider.

    `issuer` is the https URL by which its tokens name it (OpenID Connect Core 1.0, 2), `audience` the portal's
    client id at the provider, and `jwks_url` the https URL of its public keys.

    Raises:
        Invalid: only some are given, one is too long, or is not of the kind stated above.
    """

    issuer: str | None = None
    audience: str | None = None
    jwks_url: str | None = None

    def __attrs_post_init__(self) -> None:
        values = {field.name: getattr(self, field.name) for field in fields(OidcSettings)}
        if all(value is None for value in values.values()):
            return
        errors = []
        for name, value in values.items():
            if value is None:
                errors.append(FieldError(name, "required", "Enter issuer, audience and jwks_url, or none of them."))
            elif not isinstance(value, str) or not _OIDC_SETTING.fullmatch(value):
                message = f"Must have 1 to {MAX_OIDC_SETTING_LENGTH} letters, digits and marks, without spaces."
                errors.append(FieldError(name, "invalid", message))
            elif name != "audience" and not is_https_url(value):
                errors.append(FieldError(name, "invalid", HTTPS_URL_MESSAGE))
        if errors:
            raise Invalid(*errors)
