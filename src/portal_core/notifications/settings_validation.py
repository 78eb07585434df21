"""What the channels, reminders and language of an account may be."""

from collections.abc import Iterator, Mapping, Sequence

from portal_core.kernel.errors import FieldError
from portal_core.kernel.notices import NOTICE_KINDS
from portal_core.notifications.settings import LANGUAGES

MAX_REMINDERS = 5
MIN_REMINDER_MINUTES, MAX_REMINDER_MINUTES = 15, 14 * 24 * 60


def language_errors(path: str, language: str | None) -> Iterator[FieldError]:
    """A language that the messages are written in."""
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
