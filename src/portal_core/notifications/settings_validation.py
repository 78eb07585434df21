"""What a usable address, number, zone and lead time is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from portal_core.kernel.errors import FieldError
from portal_core.kernel.notices import NOTICE_KINDS
from portal_core.kernel.time_zones import iana_time_zone
from portal_core.notifications.settings import LANGUAGES

MAX_REMINDERS = 5
MIN_REMINDER_MINUTES, MAX_REMINDER_MINUTES = 15, 14 * 24 * 60

_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")  # ITU-T E.164: 15 digits at most
_EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")  # as in HTML


def phone_errors(path: str, phone: str | None) -> Iterator[FieldError]:
    """None, or a number in E.164."""
    if phone is not None and not _PHONE.fullmatch(phone):
        yield FieldError(path, "phone_invalid", "Write the number with its country code, as in +12125550123.")


def email_errors(path: str, email: str | None) -> Iterator[FieldError]:
    """None, or one bare address of at most 254 characters (RFC 5321)."""
    if email is not None and (len(email) > 254 or not _EMAIL.fullmatch(email)):
        yield FieldError(path, "email_invalid", "This is not an email address.")


def time_zone_errors(path: str, time_zone: str | None) -> Iterator[FieldError]:
    """None, or a name in the IANA database."""
    if time_zone is not None and iana_time_zone(time_zone) is None:
        yield FieldError(path, "time_zone_unknown", "This time zone is not known. Write it as in America/New_York.")


def language_errors(path: str, language: str | None) -> Iterator[FieldError]:
    """One that there are words in."""
    if language is not None and language not in LANGUAGES:
        yield FieldError(path, "language_invalid", f"The languages are {', '.join(LANGUAGES)}.")


def reminder_errors(path: str, minutes: Sequence[int] | None) -> Iterator[FieldError]:
    """At most five, each from a quarter of an hour to two weeks, none twice."""
    if minutes is None:
        return
    if len(minutes) > MAX_REMINDERS or len(set(minutes)) != len(minutes):
        yield FieldError(path, "reminders_invalid", f"At most {MAX_REMINDERS} reminders, each at another time.")
    for at, lead in enumerate(minutes):
        if not MIN_REMINDER_MINUTES <= lead <= MAX_REMINDER_MINUTES:
            yield FieldError(f"{path}.{at}", "reminder_invalid", "A reminder comes 15 minutes to 14 days before.")


def channel_errors(path: str, channels: Mapping[str, Sequence[str]] | None) -> Iterator[FieldError]:
    """Known kinds whose channels may be chosen, each with channels that are possible, none twice."""
    for name, chosen in (channels or {}).items():
        kind = NOTICE_KINDS.get(name)
        if kind is None or kind.fixed:
            yield FieldError(f"{path}.{name}", "not_configurable", "The channels of this kind cannot be chosen.")
        elif len(set(chosen)) != len(chosen) or not set(chosen) <= set(kind.available_channels):
            yield FieldError(
                f"{path}.{name}", "channels_invalid", f"Choose from {', '.join(kind.available_channels)}, each once."
            )
