"""Validation of notification settings: channels, reminders and language."""

from collections.abc import Iterator, Mapping, Sequence

from portal_core.kernel.errors import FieldError
from portal_core.kernel.languages import LANGUAGES
from portal_core.kernel.notices import NOTICE_KINDS
from portal_core.notifications.settings import MESSAGE_DETAILS

MAX_REMINDERS = 5
MIN_REMINDER_MINUTES, MAX_REMINDER_MINUTES = 15, 14 * 24 * 60


def language_errors(path: str, language: str | None) -> Iterator[FieldError]:
    """One of the languages that notices are written in."""
    if language is not None and language not in LANGUAGES:
        yield FieldError(path, "language_invalid", f"Must be one of: {', '.join(LANGUAGES)}.")


def details_errors(path: str, details: str | None) -> Iterator[FieldError]:
    """One of the levels of detail."""
    if details is not None and details not in MESSAGE_DETAILS:
        yield FieldError(path, "details_invalid", f"Must be one of: {', '.join(MESSAGE_DETAILS)}.")


def reminder_errors(path: str, minutes: Sequence[int] | None) -> Iterator[FieldError]:
    """At most five different lead times, each from 15 minutes to 14 days."""
    if minutes is None:
        return
    if len(minutes) > MAX_REMINDERS or len(set(minutes)) != len(minutes):
        yield FieldError(
            path, "reminders_invalid", f"Choose at most {MAX_REMINDERS} reminders, each at a different time."
        )
    for at, lead in enumerate(minutes):
        if not MIN_REMINDER_MINUTES <= lead <= MAX_REMINDER_MINUTES:
            yield FieldError(
                f"{path}.{at}", "reminder_invalid", "Must be between 15 minutes and 14 days before the appointment."
            )


def channel_errors(path: str, channels: Mapping[str, Sequence[str]] | None) -> Iterator[FieldError]:
    """Configurable notice kinds only, each with some of its available channels, none of them twice."""
    for name, chosen in (channels or {}).items():
        kind = NOTICE_KINDS.get(name)
        if kind is None or not kind.configurable:
            yield FieldError(f"{path}.{name}", "not_configurable", "The channels for this kind cannot be changed.")
        elif len(set(chosen)) != len(chosen) or not set(chosen) <= set(kind.available_channels):
            yield FieldError(
                f"{path}.{name}",
                "channels_invalid",
                f"Choose from: {', '.join(kind.available_channels)}. List each at most once.",
            )
