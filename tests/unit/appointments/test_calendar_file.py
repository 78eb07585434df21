"""Calendar files, parsed by another library."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import icalendar
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal_core.appointments.calendar_file import CalendarEvent, event_text, feed_text
from portal_core.appointments.settings import AppointmentSettings
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.reschedule_appointment import RescheduleAppointmentCommand
from portal_core.kernel.errors import NotFound
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario

PRACTICE = UUID(int=7)
INSTANTS = st.integers(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
WORDS = st.text(st.characters(codec="utf-8"), max_size=300)


def one_event(text: str) -> icalendar.Event:
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    return event


@example(starts_at=datetime(2026, 3, 8, 7, tzinfo=UTC), minutes=60, title="é" * 99, location="😀" * 40, sequence=1)
@given(starts_at=INSTANTS, minutes=st.integers(1, 600), title=WORDS, location=WORDS, sequence=st.integers(0, 10**6))
def test_event_round_trip(starts_at: datetime, minutes: int, title: str, location: str, sequence: int) -> None:
    event = CalendarEvent(
        uid=UUID(int=1),
        sequence=sequence,
        cancelled=False,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        changed_at=datetime(2026, 3, 2, 15, 0, tzinfo=UTC),
        title=title,
        location=location,
    )
    text = feed_text([event], title)
    lines = text.encode().split(b"\r\n")
    assert lines.pop() == b"", "every line ends in CRLF"
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)
    for line in lines:
        line.decode()  # no character is split
    found = one_event(text)
    assert (found["UID"], found["SEQUENCE"], found["STATUS"]) == (str(UUID(int=1)), sequence, "CONFIRMED")
    assert (found.decoded("DTSTART"), found.decoded("DTEND")) == (event.starts_at, event.ends_at)
    assert str(found["SUMMARY"]) == _printable(title)
    calendar = icalendar.Calendar.from_ical(text)
    # The library does not know that these two are text, so it leaves them escaped.
    assert {icalendar.vText.from_ical(calendar[one]) for one in ("NAME", "X-WR-CALNAME")} == {_printable(title)}
    assert str(found.get("LOCATION", "")) == _printable(location)


def _printable(text: str) -> str:
    ends = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in ends if char == "\n" or (char >= " " and char != "\x7f"))


def test_feed_has_no_method_or_organizer_and_all_events() -> None:
    def event(number: int, cancelled: bool) -> CalendarEvent:
        return CalendarEvent(
            uid=UUID(int=number),
            sequence=number,
            cancelled=cancelled,
            starts_at=new_york(4, 10),
            ends_at=new_york(4, 11),
            changed_at=new_york(2, 9),
            title="Appointment",
            location="",
        )

    text = feed_text([event(1, False), event(2, True)], "Appointments")
    feed = icalendar.Calendar.from_ical(text)
    assert "METHOD" not in feed
    assert "ORGANIZER" not in text
    assert feed.decoded("REFRESH-INTERVAL") == timedelta(hours=1)
    assert str(feed["X-PUBLISHED-TTL"]) == "PT1H"
    message = event_text(event(2, True), method="CANCEL", organizer=PRACTICE, stamp=new_york(2, 10))
    assert str(one_event(message)["ORGANIZER"]) == f"urn:uuid:{PRACTICE}"
    assert [(one["UID"], one["STATUS"], one["TRANSP"]) for one in feed.walk("VEVENT")] == [
        (str(UUID(int=1)), "CONFIRMED", "OPAQUE"),
        (str(UUID(int=2)), "CANCELLED", "TRANSPARENT"),
    ]
    assert "LOCATION" not in text
    assert {one.decoded("DTSTAMP") for one in feed.walk("VEVENT")} == {new_york(2, 9)}


async def test_calendar_event_lifecycle(scenario: BookingScenario) -> None:
    choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
    view = await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
    texts = [await scenario.use_cases.export(scenario.ann, view.id)]
    await scenario.use_cases.reschedule(
        scenario.ann,
        RescheduleAppointmentCommand(
            appointment_id=view.id, clinician_id=scenario.grey, starts_at=new_york(9, 10), version=view.version
        ),
    )
    scenario.world.clock.advance(timedelta(minutes=1))
    texts.append(await scenario.use_cases.export(scenario.ann, view.id))
    await scenario.use_cases.cancel(
        scenario.ann, CancelAppointmentCommand(appointment_id=view.id, reason="Panic attacks")
    )
    texts.append(await scenario.use_cases.export(scenario.ann, view.id))
    assert [(one.file_name, one.method) for one in texts] == [
        ("appointment.ics", "PUBLISH"),
        ("appointment.ics", "PUBLISH"),
        ("appointment.ics", "CANCEL"),
    ]
    events = [one_event(one.content) for one in texts]
    assert {str(one["UID"]) for one in events} == {str(view.id)}
    assert [one["SEQUENCE"] for one in events] == [0, 1, 2]
    assert [str(one["STATUS"]) for one in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [one.decoded("DTSTART") for one in events] == [new_york(4, 10), new_york(9, 10), new_york(9, 10)]
    assert events[1].decoded("DTSTAMP") == scenario.world.clock.now()
    assert [icalendar.Calendar.from_ical(one.content)["METHOD"] for one in texts] == ["PUBLISH", "PUBLISH", "CANCEL"]
    assert (await scenario.world.audit())[-1].action == "appointments.exported"


async def test_other_clients_appointments_cannot_be_exported(scenario: BookingScenario) -> None:
    choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
    view = await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
    with pytest.raises(NotFound):
        await scenario.use_cases.export(scenario.bob, view.id)


async def test_events_are_independent_per_client(scenario: BookingScenario) -> None:
    appointment_type = await scenario.world.add_appointment_type("Couple", minutes=60, seats=2)
    clients = (scenario.ann.client_id, scenario.bob.client_id)
    booking = await scenario.world.add_booking(scenario.grey, appointment_type, new_york(4, 10), *clients)
    before = await scenario.use_cases.export(scenario.bob, booking.appointment.id)
    await scenario.use_cases.cancel(scenario.ann, CancelAppointmentCommand(appointment_id=booking.appointment.id))
    assert await scenario.use_cases.export(scenario.bob, booking.appointment.id) == before
    cancelled = one_event((await scenario.use_cases.export(scenario.ann, booking.appointment.id)).content)
    assert (cancelled["STATUS"], cancelled["SEQUENCE"]) == ("CANCELLED", 1)


async def test_calendar_file_has_no_clinical_words_or_names(scenario: BookingScenario) -> None:
    world = scenario.world
    appointment_type = await world.add_appointment_type("Trauma therapy", minutes=60)
    location = await world.add_location("Centre for Eating Disorders", address="1 Elm Street, 2nd floor; Boston")
    await world.save_appointment_settings(AppointmentSettings(calendar_title="Elm, 10 o'clock"))
    await world.open_week(scenario.grey, location_id=location.id)
    choice = world.choice(scenario.grey, appointment_type, new_york(4, 10), location.id)
    view = await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
    text = (await scenario.use_cases.export(scenario.ann, view.id)).content
    event = one_event(text)
    assert str(event["SUMMARY"]) == "Elm, 10 o'clock"
    assert str(event["LOCATION"]) == "1 Elm Street, 2nd floor; Boston"
    for word in ("Trauma", "Eating", "Grey", "Ann", "Lee"):
        assert word not in text
