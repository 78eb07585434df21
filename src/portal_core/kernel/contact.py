"""What people write into the fields about themselves and their practice: what is taken, and in which one form."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from enum import Enum
from functools import partial
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import fields, frozen

from portal_core.kernel.errors import Invalid, check_all
from portal_core.kernel.field_codes import FieldCode
from portal_core.kernel.text import multi_line_text, single_line_text
from portal_core.kernel.time_zones import zone_info


class InvalidEmail(Invalid):
    """It is not an email address."""

    code = "email_invalid"
    title = "This is not an email address."


class Keep(Enum):
    """Stands for a field that a change leaves as it is."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP
MIN_DATE_OF_BIRTH = date(1900, 1, 1)

# Labels of a domain are at most 63 letters, digits and inner hyphens (RFC 1035, 2.3.4; RFC 1123, 2.1).
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# A local part is a dot-atom (RFC 5322, 3.2.3), and a top-level domain is not all digits (RFC 3696, 2).
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"(?=.{{1,64}}\Z){_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}")
_MAX_EMAIL_LENGTH, _MAX_LABEL_LENGTH = 254, 63
# What labels beyond ASCII are made of: letters, marks and decimal digits (RFC 5892, 2.1).
_LETTERS = frozenset({"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"})
# Those among them that show nothing (Default_Ignorable_Code_Point; RFC 5892, 2.7): two domains would look the same.
_IGNORABLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")

# At most 15 digits with the country code (ITU-T E.164); fewer than 8 reach nobody from abroad. After +1 there are ten,
# and an area code does not begin with 0 or 1 (North American Numbering Plan).
_PHONE = re.compile(r"\+(?:1[2-9][0-9]{9}|[2-9][0-9]{7,14})")
_NORTH_AMERICAN_PHONE = re.compile(r"1?([2-9][0-9]{9})")
_PHONE_PUNCTUATION = re.compile("[\\s()./\u2010-\u2015\u2212-]")
_EXTENSION = re.compile(r"(.*?)[ ,;]*(?:x|#|ext\.?|extension)[ .:]*([0-9]{1,8})", re.IGNORECASE | re.DOTALL)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_HOST = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*(?![0-9]+\Z){_LABEL}")
MAX_LINK_LENGTH = 2000
MAX_ADDRESS_LENGTH = 400
HTTPS_URL_MESSAGE: Final = "Enter an address that begins with https://, such as https://portal.example.org."

# The states, the District of Columbia and the territories (USPS Publication 28, appendix B).
_STATES = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR"
    " PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI"
)
STATES: Final = frozenset(_STATES.split())


@frozen
class EmergencyContact:
    """Whom the practice calls in an emergency; `relationship` is theirs to the client, such as `sister`."""

    name: str
    phone: str
    relationship: str | None = None

    def validated(self, path: str) -> "EmergencyContact":
        """Each field in the form in which it is kept.

        Raises:
            Invalid: naming every field that is not taken.
        """
        relationship = self.relationship if self.relationship and self.relationship.strip() else None
        checks: dict[str, Callable[[], str | None]] = {
            "name": lambda: single_line_text(self.name, f"{path}.name", 120),
            "phone": lambda: phone_number_with_extension(self.phone, f"{path}.phone"),
            "relationship": lambda: (
                single_line_text(relationship, f"{path}.relationship", 80) if relationship else None
            ),
        }
        return EmergencyContact(**check_all(checks))  # type: ignore[arg-type]  # only the relationship may be None


@frozen
class ContactChanges:
    """The contact fields: all that a client may change of their demographics. None empties a field."""

    chosen_name: str | Keep | None = KEEP
    pronouns: str | Keep | None = KEEP
    phone: str | Keep | None = KEEP
    address: str | Keep | None = KEEP
    time_zone: str | Keep | None = KEEP
    language: str | Keep | None = KEEP
    emergency_contact: EmergencyContact | Keep | None = KEEP

    def validated(self) -> "ContactChanges":
        """Each in the form in which it is kept.

        Raises:
            Invalid: naming every field that is not taken.
        """
        checks: dict[str, Callable[[Any], Any]] = {
            "chosen_name": lambda text: single_line_text(text, "chosen_name", 80),
            "pronouns": lambda text: single_line_text(text, "pronouns", 40),
            "phone": lambda text: phone_number(text, "phone"),
            "address": lambda text: multi_line_text(text, "address", MAX_ADDRESS_LENGTH),
            "time_zone": lambda text: check_time_zone(text, "time_zone"),
            "language": lambda text: language_tag(text, "language"),
            "emergency_contact": lambda contact: contact.validated("emergency_contact"),
        }
        given = {name: partial(_validated, getattr(self, name), check) for name, check in checks.items()}
        return ContactChanges(**check_all(given))

    def values(self) -> dict[str, Any]:
        """Those that change."""
        every = {a.name: getattr(self, a.name) for a in fields(ContactChanges)}
        return {name: value for name, value in every.items() if value is not KEEP}


def normalize_email(text: str, *, path: str = "email") -> str:
    """The one form in which an email is stored, compared and sent to: ASCII, lower case, no space around it.

    Every email that comes in passes through here. What is accepted is what the portal's mail can reach:

    - The local part is a dot-atom (RFC 5322, 3.2.3) of at most 64 characters: letters, digits and a few signs, with
      single dots between them. It is ASCII, because mail is sent without SMTPUTF8 (RFC 6531). Quoted local parts are
      not accepted.
    - The domain has at least two labels. An internationalized one is brought to its ASCII form (`xn--`), so that both
      forms name one person; see `_to_ascii`. Address literals are not accepted.
    - The whole has at most 254 characters (RFC 5321, 4.5.3.1, where a path of 256 includes its brackets).

    Raises:
        InvalidEmail: `email_invalid`, with a message that names the part at fault where one can be told.
    """
    # One by one, because `lower` of the whole text gives a sigma at a word's end another form.
    typed = unicodedata.normalize("NFC", "".join(char.lower() for char in text.strip()))
    local, _, typed_domain = typed.rpartition("@")
    domain = ".".join(_to_ascii(label) for label in typed_domain.split("."))
    email = f"{local}@{domain}"
    if len(email) > _MAX_EMAIL_LENGTH or not (_LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        raise InvalidEmail.at(path, "email_invalid", _email_message(local, domain))
    return email


def phone_number(text: str, path: str) -> str:
    """A phone number in E.164, from how a person types it or a program copies it.

    Spaces, dashes, dots, slashes, brackets, full-width digits and invisible marks are taken for what they mean. Ten
    digits, or eleven from 1, are a number of the North American plan. `00` before a country code means `+`, and the
    `(0)` after one, dialed only within the country, is left out (ITU-T E.123).

    Raises:
        Invalid: `phone_invalid`.
    """
    typed = _visible(text)
    number = _PHONE_PUNCTUATION.sub("", typed)
    if number.startswith(("+", "00")):
        number = _PHONE_PUNCTUATION.sub("", typed.replace("(0)", "", 1))
    if number.startswith("00"):
        number = f"+{number[2:]}"
    elif found := _NORTH_AMERICAN_PHONE.fullmatch(number):
        number = f"+1{found[1]}"
    if not _PHONE.fullmatch(number):
        message = "Enter a phone number with its area code, or from another country with + and the country code."
        if _EXTENSION.fullmatch(typed.strip()):
            message = "Enter the number without its extension."
        raise Invalid.at(path, "phone_invalid", message)
    return number


def phone_number_with_extension(text: str, path: str) -> str:
    """A phone number as `phone_number` returns it, and after it `ext.` with the extension, if one is given.

    Raises:
        Invalid: `phone_invalid`.
    """
    typed = _visible(text).strip()
    found = _EXTENSION.fullmatch(typed)
    return f"{phone_number(found[1], path)} ext. {found[2]}" if found else phone_number(typed, path)


def readable_phone(number: str) -> str:
    """A stored number as people write it: `(518) 555-0100` within the North American plan, others as they are."""
    return re.sub(r"^\+1(\d{3})(\d{3})(\d{4})(?=$| )", r"(\1) \2-\3", number)


def phone_or_none(text: str | None) -> str | None:
    """A practice's phone number, with its extension if it has one; None if it is blank.

    Raises:
        Invalid: `phone_invalid`.
    """
    return phone_number_with_extension(text, "phone") if text is not None and text.strip() else None


def address_or_none(text: str | None) -> str | None:
    """A practice's postal address, of at most `MAX_ADDRESS_LENGTH` characters; None if it is blank.

    Raises:
        Invalid: `too_long` or `characters_invalid`.
    """
    return multi_line_text(text, "address", MAX_ADDRESS_LENGTH) if text is not None and text.strip() else None


def check_time_zone(text: str, path: str) -> str:
    """The name of an IANA time zone.

    Raises:
        Invalid: `time_zone_unknown`.
    """
    return zone_info(text.strip(), path).key


def language_tag(text: str, path: str) -> str:
    """A language, with a country where it matters (`en`, `es-MX`).

    Raises:
        Invalid: `language_invalid`.
    """
    return _matched(_LANGUAGE, text.strip(), path, "language_invalid", "Enter a language code, such as en or es-MX.")


def state_code(text: str, path: str) -> str:
    """A state or territory of the United States by its two letters: the law of that state applies.

    Raises:
        Invalid: `state_invalid`.
    """
    state = text.strip().upper()
    if state not in STATES:
        raise Invalid.at(path, "state_invalid", "Enter a state by its two letters, such as NY.")
    return state


def slug(text: str, path: str) -> str:
    """The short name of a practice in addresses.

    Raises:
        Invalid: `slug_invalid`.
    """
    message = "Use lower-case letters, digits and dashes, 40 at most."
    return _matched(_SLUG, text.strip(), path, "slug_invalid", message)


def host_name(text: str, path: str) -> str:
    """A host name without a port.

    Raises:
        Invalid: `host_invalid`.
    """
    return _matched(_HOST, text.strip().lower(), path, "host_invalid", "Enter a host name, such as portal.example.org.")


def host_names(texts: Iterable[str], path: str) -> tuple[str, ...]:
    """Host names, each once, in order. Raises as `host_name`."""
    return tuple(sorted({host_name(text, f"{path}.{index}") for index, text in enumerate(texts)}))


def room_link(text: str, path: str) -> str:
    """A link to a room for video.

    Raises:
        Invalid: `link_invalid`.
    """
    link = text.strip()
    if not is_https_url(link) or len(link) > MAX_LINK_LENGTH:
        raise Invalid.at(path, "link_invalid", HTTPS_URL_MESSAGE)
    return link


def is_https_url(url: str) -> bool:
    """Whether this is an https URL in ASCII with a valid host, and without a user name or spaces."""
    if not (url.isascii() and url.isprintable()) or " " in url:
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False  # A broken address or port.
    return parts.scheme == "https" and parts.username is None and port != 0 and _is_host(host)


def check_date_of_birth(date_of_birth: date, today: date, path: str) -> date:
    """A day on which somebody who lives today can be born.

    Raises:
        Invalid: `date_invalid`.
    """
    if not MIN_DATE_OF_BIRTH <= date_of_birth <= today:
        raise Invalid.at(path, "date_invalid", "This is not a possible date of birth.")
    return date_of_birth


def _to_ascii(label: str) -> str:
    """The A-label of an internationalized label of a domain (RFC 5890, 2.3.2.1); any other label as it is.

    By IDNA 2008 (RFC 5891, 5.4). `encodings.idna` of the standard library is not enough: it is IDNA 2003, which reads
    `straße` as `strasse`, and that is another domain, perhaps somebody else's. Only its Punycode (RFC 3492) is used.

    The rules are a part of RFC 5892, so that the core needs no table of all characters: every label that is converted
    becomes what a complete implementation makes of it, or is one that no registry may grant, whose mail comes back.
    Characters that only their context makes valid (joiners, the Catalan middle dot) are left as they are and therefore
    refused; such a domain is entered in its ASCII form.
    """
    if label.isascii() or len(label) > _MAX_LABEL_LENGTH or not all(_is_idna_character(char) for char in label):
        return label
    # Neither a mark first, nor a hyphen at an end or where `xn--` has its two (RFC 5891, 4.2.3).
    if unicodedata.category(label[0]).startswith("M") or label.strip("-") != label or label[2:4] == "--":
        return label
    return f"xn--{label.encode('punycode').decode('ascii')}"


def _is_idna_character(char: str) -> bool:
    if char == "-" or char in "ßς":  # The two small letters that compatibility would change (RFC 5892, 2.6).
        return True
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold())
    return folded == char and unicodedata.category(char) in _LETTERS and not _IGNORABLE.match(char)


def _email_message(local: str, domain: str) -> str:
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "Before the @, a dot must not come first, last, or after another dot."
    if _DOMAIN.fullmatch(domain) and local and not local.isascii():
        return "Mail cannot be sent to an address with letters such as é before the @. Enter another address."
    if _LOCAL_PART.fullmatch(local) and domain and not domain.isascii():
        return "This domain is not valid. If it is yours, enter it in its ASCII form, which begins with xn--."
    return "Enter an email address, such as name@example.org."


def _visible(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")


def _is_host(host: str) -> bool:
    try:
        return bool(_HOST.fullmatch(host) or ip_address(host))
    except ValueError:
        return False


def _validated(value: Any, check: Callable[[Any], Any]) -> Any:
    if isinstance(value, Keep):
        return value
    return None if value is None or (isinstance(value, str) and not value.strip()) else check(value)


def _matched(form: re.Pattern[str], text: str, path: str, code: FieldCode, message: str) -> str:
    if not form.fullmatch(text):
        raise Invalid.at(path, code, message)
    return text
