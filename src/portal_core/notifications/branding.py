"""How a practice appears in the messages it sends."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from attrs import field, frozen

from portal_core.kernel.contact import HTTPS_URL_MESSAGE, is_https_url, readable_phone
from portal_core.kernel.errors import FieldError, Invalid
from portal_core.kernel.text import text_or_none

MAX_NEUTRAL_NAME_LENGTH = 200
MAX_PORTAL_URL_LENGTH = 200


@frozen(kw_only=True)
class BrandingSettings:
    """The sender name and portal address that a practice uses in messages.

    `neutral_name` is the sender name that does not reveal the practice. `portal_url` is the address of the portal, at a
    host of the practice or of the deployment (`require_own_host`); None stands for the practice's first host name, or
    the address of the deployment.

    Raises:
        Invalid: a text is too long, the name is empty, or `portal_url` is not an https URL.
    """

    neutral_name: str = "Secure portal"
    portal_url: str | None = field(default=None, converter=text_or_none)

    def __attrs_post_init__(self) -> None:
        errors = []
        if not 0 < len(self.neutral_name) <= MAX_NEUTRAL_NAME_LENGTH:
            message = f"Must have 1 to {MAX_NEUTRAL_NAME_LENGTH} characters."
            errors.append(FieldError("neutral_name", "invalid", message))
        if self.portal_url is not None:
            if len(self.portal_url) > MAX_PORTAL_URL_LENGTH:
                message = f"Must have at most {MAX_PORTAL_URL_LENGTH} characters."
                errors.append(FieldError("portal_url", "too_long", message))
            elif not is_https_url(self.portal_url):
                errors.append(FieldError("portal_url", "invalid", HTTPS_URL_MESSAGE))
        if errors:
            raise Invalid(*errors)


def is_own_host(url: str, hosts: Sequence[str], base_url: str) -> bool:
    """Whether the address leads to a host name of the practice, or to that of the deployment's own address."""
    return urlsplit(url).hostname in {*hosts, urlsplit(base_url).hostname}


def require_own_host(settings: BrandingSettings, hosts: Sequence[str], base_url: str) -> None:
    """Require that the practice's mails lead nobody elsewhere: people enter their passwords where the link takes them.

    Raises:
        Invalid: `portal_url` has another host.
    """
    if settings.portal_url is not None and not is_own_host(settings.portal_url, hosts, base_url):
        message = "Must be at one of the practice's host names, or at this portal's own address."
        raise Invalid.at("portal_url", "host_unknown", message)


@frozen
class PracticeBranding:
    """The names and the portal address that a practice's messages carry, and the lines by which to reach it."""

    name: str
    neutral_name: str
    portal_url: str
    contact: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        name: str,
        hosts: Sequence[str],
        settings: BrandingSettings,
        base_url: str,
        phone: str | None = None,
        address: str | None = None,
    ) -> "PracticeBranding":
        """Computed from the practice and its settings; `base_url` is the address of the deployment.

        A `portal_url` at a host that the practice no longer has is not used.
        """
        url = settings.portal_url
        if url is None or not is_own_host(url, hosts, base_url):
            url = f"https://{hosts[0]}" if hosts else base_url
        contact = (*(address or "").splitlines(), *([readable_phone(phone)] if phone else ()))
        return cls(name, settings.neutral_name, url, contact)
