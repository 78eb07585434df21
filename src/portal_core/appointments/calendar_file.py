"""Calendar files (RFC 5545) for a client's own calendar. They contain no clinical terms.

Times are in UTC, which needs no zone definitions and is unambiguous on nights when clocks change; calendars show them
in the reader's zone.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal
from uuid import UUID

from attrs import frozen

from portal_core.appointments.scheduling.wall_clock import to_utc
from portal_core.appointments.views import AppointmentRow

Method = Literal["PUBLISH", "CANCEL"]

MAX_LINE_OCTETS = 75
"""In octets, without the line end (RFC 5545, 3.1)."""

REFRESH_INTERVAL = "PT1H"
"""How long a calendar app should wait before it reads a feed again."""


@frozen(kw_only=True)
class CalendarEvent:
    """One appointment in a calendar.

    The UID is the appointment's id (RFC 7986, 5.3) and never changes; `sequence` rises with every change, without which
    a calendar would ignore the update.
    """

    uid: UUID
    sequence: int
    cancelled: bool
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    title: str
    location: str | None

    @classmethod
    def of(cls, row: AppointmentRow) -> "CalendarEvent":
        """Time, address and the practice's one title for all appointments: no name, appointment type or reason."""
        return cls(
            uid=row.id,
            sequence=row.sequence,
            cancelled=row.status == "cancelled",
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            changed_at=row.changed_at,
            title=row.settings.calendar_title,
            location=row.location_address if row.location_id else "Online",
        )


def event_text(event: CalendarEvent, *, method: Method, organizer: UUID, stamp: datetime) -> str:
    """A message about one event (RFC 5546): PUBLISH adds or changes it, CANCEL removes it.

    `organizer` is the practice's id, since such a message must have an organizer; `stamp` is the time of its creation.
    """
    return _calendar([f"METHOD:{method}"], [*_event(event, stamp), f"ORGANIZER:urn:uuid:{organizer}"])


def feed_text(events: Iterable[CalendarEvent], name: str) -> str:
    """A calendar with these events, for an app that reads it again and again.

    It has no METHOD, and so no ORGANIZER either, which only messages about scheduling may have (RFC 5545, 3.8.4.3).
    DTSTAMP is the last change (RFC 5545, 3.8.7.2), so equal appointments make equal texts. The name and the interval
    are given twice: as in RFC 7986, and under the older names that most apps know.
    """
    shown = _escaped(name)
    head = [
        f"NAME:{shown}",
        f"X-WR-CALNAME:{shown}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH_INTERVAL}",
        f"X-PUBLISHED-TTL:{REFRESH_INTERVAL}",
    ]
    return _calendar(head, *(_event(event, event.changed_at) for event in events))


def _calendar(head: list[str], *events: list[str]) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Client Portal//Appointments//EN", "CALSCALE:GREGORIAN"]
    lines += head
    for event in events:
        lines += ["BEGIN:VEVENT", *event, "END:VEVENT"]
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(event: CalendarEvent, stamp: datetime) -> list[str]:
    lines = [
        f"UID:{event.uid}",
        f"SEQUENCE:{event.sequence}",
        f"DTSTAMP:{_utc(stamp)}",
        f"LAST-MODIFIED:{_utc(event.changed_at)}",
        f"DTSTART:{_utc(event.starts_at)}",
        f"DTEND:{_utc(event.ends_at)}",
        f"STATUS:{'CANCELLED' if event.cancelled else 'CONFIRMED'}",
        f"SUMMARY:{_escaped(event.title)}",
        "CLASS:PRIVATE",
        f"TRANSP:{'TRANSPARENT' if event.cancelled else 'OPAQUE'}",
    ]
    if event.location:
        lines.append(f"LOCATION:{_escaped(event.location)}")
    return lines


def _utc(at: datetime) -> str:
    return to_utc(at).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    """Escape as TEXT of RFC 5545, 3.3.11, and drop control characters other than line ends."""
    one_line_end = text.replace("\r\n", "\n").replace("\r", "\n")
    printable = "".join(char for char in one_line_end if char == "\n" or (char >= " " and char != "\x7f"))
    for char in ("\\", ";", ","):
        printable = printable.replace(char, f"\\{char}")
    return printable.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Split into pieces of at most 75 octets, the later ones starting with a space; no character is split."""
    piece, octets = "", 0
    for char in line:
        size = len(char.encode())
        if octets + size > MAX_LINE_OCTETS:
            yield piece
            piece, octets = " ", 1
        piece, octets = piece + char, octets + size
    yield piece
