"""Which issuer a practice believes: the section `oidc` of its settings."""

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from attrs import fields, frozen

from portal_core.kernel.errors import FieldError, Invalid

OIDC_SECTION = "oidc"
_MAX_LENGTH = 500


@frozen
class OidcIssuer:
    """`issuer` as its tokens name it, `audience` our client id there, `jwks_url` where its public keys are."""

    issuer: str
    audience: str
    jwks_url: str


class OidcIssuers(Protocol):
    """The practices' settings."""

    async def of(self, practice_id: UUID) -> Mapping[str, Any]:
        """The practice's section, empty when it has none.

        Raises:
            Unavailable: the settings cannot be read.
        """
        ...


def parse_issuer(values: Mapping[str, Any]) -> OidcIssuer | None:
    """The issuer of a section; None when it names none, or only half of one."""
    try:
        return OidcIssuer(**check_oidc_settings(values))
    except (Invalid, TypeError):
        return None


def check_oidc_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """The judge of the section: all three settings, or none to believe nobody.

    Raises:
        Invalid: something is missing, unknown, or no https URL where there must be one.
    """
    names = [one.name for one in fields(OidcIssuer)]
    wrong = [FieldError(f"values.{name}", "unknown", "There is no such setting.") for name in values.keys() - {*names}]
    for name in names if values else ():
        value = values.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= _MAX_LENGTH:
            wrong.append(FieldError(f"values.{name}", "invalid", f"A text of up to {_MAX_LENGTH} characters."))
        elif name == "jwks_url" and not _https(value):
            wrong.append(FieldError(f"values.{name}", "invalid", "It begins with https:// and names a host."))
    if wrong:
        raise Invalid(*wrong)
    return dict(values)


def _https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and parts.username is None and url.isprintable()
