"""No mail or text message can reveal why somebody is a client."""

import inspect
import re
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import get_args

import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from portal_core.kernel.languages import LANGUAGES
from portal_core.kernel.notices import NOTICE_KINDS, CodePurpose
from portal_core.kernel.time_zones import zone_info
from portal_core.notifications import templates_en, templates_es
from portal_core.notifications.rendering import (
    CODE_PAGES,
    MAX_SENDER_NAME_LENGTH,
    Letterhead,
    inbox_title,
    printable_line,
    render_code_mail,
    render_notice,
)
from portal_core.notifications.templates import MessageTemplates
from portal_core.notifications.templates_en import ENGLISH
from portal_core.notifications.templates_es import SPANISH

BOTH = {"en": ENGLISH, "es": SPANISH}
MAILED = [name for name, kind in NOTICE_KINDS.items() if kind.code is None]
TIMED = [name for name, kind in NOTICE_KINDS.items() if kind.states_appointment_time or kind.appointment_state]
URL = "https://portal.example.org"
MARCH_3 = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)

CLINICAL = (
    *("therap", "terap", "psych", "psic", "counsel", "consejer", "diagnos", "treat", "tratam", "medic", "session"),
    *(
        "clinic",
        "clíni",
        "depres",
        "anxi",
        "ansie",
        "suicid",
        "addict",
        "adicc",
        "trauma",
        "doctor",
        "dr[.]",
        "patient",
    ),
    *("pacient", "client", "disorder", "trastorno", "health", "salud", "intake", "assess", "evalua", "crisis", "goal"),
    *("meta", "score", "patient"),
)
"""Beginnings of words. Spanish `sesión` is not among them: one signs in by "inicie sesión"."""


def a_letterhead(**more: object) -> Letterhead:
    return Letterhead(**({"sender": "Elm Street", "url": URL, "time_zone": "America/New_York"} | more))  # type: ignore[arg-type]


def all_texts(language: MessageTemplates) -> list[str]:
    lines = [
        text for pair in [*language.lines.values(), *language.code_lines.values(), language.neutral] for text in pair
    ]
    return [
        *lines,
        *language.timed_lines.values(),
        *language.sign_in.values(),
        language.mail,
        language.mail_without_account,
        language.help_invited,
        language.help_uninvited,
        language.text,
        language.code_mail,
        language.code_limit,
        language.code_limit_until,
    ]


@pytest.mark.parametrize("language", BOTH.values(), ids=BOTH)
def test_every_kind_has_a_template_and_there_are_no_others(language: MessageTemplates) -> None:
    assert set(language.lines) == set(MAILED)
    assert set(language.code_lines) == set(get_args(CodePurpose))
    assert set(language.timed_lines) == set(TIMED)
    assert set(language.sign_in) == {name for name in MAILED if NOTICE_KINDS[name].area} - {"appointment_reminder"}
    assert set(BOTH) == set(LANGUAGES)


@pytest.mark.parametrize("language", BOTH.values(), ids=BOTH)
def test_templates_take_a_sender_a_link_a_time_and_nothing_else(language: MessageTemplates) -> None:
    def taken(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}

    for subject, line in language.lines.values():
        assert taken(subject) == taken(line) == set()
    assert all(taken(line) == {"day", "time"} for line in language.timed_lines.values())
    for purpose, (subject, line, link) in language.code_lines.items():
        assert (taken(subject), taken(line)) == (set(), {"code", "label"} if purpose == "invitation" else {"code"})
        assert taken(link) == set()
    assert taken(" ".join((*language.neutral, *language.sign_in.values(), language.help_uninvited))) == set()
    assert taken(language.mail_without_account) == {"line", "help", "signature"}
    assert taken(language.help_invited) == {"url"}
    assert taken(language.mail) == {"line", "url", "signature"}
    assert taken(language.code_mail) == {"line", "link", "url", "signature"}
    assert (taken(language.code_limit), taken(language.code_limit_until)) == (set(), {"day", "time"})
    assert taken(language.text) == {"line", "url", "sender"}


def test_templates_only_get_letterhead_and_time() -> None:
    assert list(inspect.signature(render_notice).parameters) == ["kind", "notice_class", "letterhead", "at"]
    assert [a.name for a in fields(Letterhead)] == [
        "sender",
        "url",
        "time_zone",
        "language",
        "neutral",
        "contact",
        "discreet",
        "account",
    ]


@pytest.mark.parametrize("language", BOTH.values(), ids=BOTH)
def test_templates_have_no_clinical_words(language: MessageTemplates) -> None:
    found = [word for text in all_texts(language) for word in CLINICAL if re.search(rf"\b{word}", text, re.IGNORECASE)]
    assert found == []


def test_the_list_of_clinical_words_finds_them() -> None:
    for text in ("Your therapy session", "Dr. Lee", "su terapia", "as a client", "PHQ-9 score"):
        assert any(re.search(rf"\b{word}", text, re.IGNORECASE) for word in CLINICAL)


@given(
    kind=st.sampled_from(MAILED),
    sender=st.text(max_size=100),
    url=st.sampled_from([URL, "https://p.example/{line}?%s"]),
    time_zone=st.sampled_from(["America/New_York", "Asia/Kathmandu", "Pacific/Apia"]),
    language=st.sampled_from(["en", "es", "fr", ""]),
    discreet=st.booleans(),
    contact=st.lists(st.text(max_size=20), max_size=3).map(tuple),
    at=st.none() | st.integers(0, 20 * 365 * 24 * 60).map(lambda minutes: MARCH_3 + timedelta(minutes=minutes)),
)
def test_rendered_text_is_exactly_the_template(
    kind: str,
    sender: str,
    url: str,
    time_zone: str,
    language: str,
    discreet: bool,
    contact: tuple[str, ...],
    at: datetime | None,
) -> None:
    notice_class = NOTICE_KINDS[kind].notice_class
    letterhead = Letterhead(sender, url, time_zone, language, contact=contact, discreet=discreet)
    at = at if kind in TIMED else None
    words = render_notice(kind, notice_class, letterhead, at)
    spoken = BOTH.get(language, ENGLISH)
    hidden = discreet and notice_class not in ("security", "safety")
    subject, line = spoken.neutral if hidden else spoken.lines[kind]
    if at is not None and not hidden:
        local = at.astimezone(zone_info(time_zone))
        line = spoken.timed_lines[kind].replace("{day}", spoken.day(local)).replace("{time}", spoken.time(local))
    if not hidden and kind in spoken.sign_in:
        line += f" {spoken.sign_in[kind]}"
    name = printable_line(sender)
    assert (words.sender, words.subject) == (name, subject)
    for said, frame in ((words.body, spoken.mail), (words.text, spoken.text)):
        filled = {"line": line, "url": url, "sender": name, "signature": "\n".join((name, *contact))}
        parts = [filled.get(n or "", "") for _, n, _, _ in Formatter().parse(frame)]
        texts = [text for text, _, _, _ in Formatter().parse(frame)]
        assert said == "".join(text + part for text, part in zip(texts, parts, strict=True))


@pytest.mark.parametrize("kind", [name for name in MAILED if NOTICE_KINDS[name].area])
@pytest.mark.parametrize(
    ("account", "language", "helps"),
    [
        ("invited", "en", f"open your account with the code of the invitation at {URL}/open-account, or call us."),
        ("none", "en", "If you want to know more or to change something, please call us."),
        ("invited", "es", f"abra su cuenta con el código de la invitación en {URL}/open-account, o llámenos."),
        ("none", "es", "Si quiere saber más o cambiar algo, llámenos, por favor."),
    ],
)
def test_mail_to_somebody_without_an_account_says_what_helps_and_not_to_sign_in(
    kind: str, account: str, language: str, helps: str
) -> None:
    for at in (None, MARCH_3) if kind in TIMED else (None,):
        letterhead = a_letterhead(account=account, language=language, contact=("(518) 555-0100",))
        body = render_notice(kind, NOTICE_KINDS[kind].notice_class, letterhead, at).body
        assert helps in body
        assert "\n\nElm Street\n(518) 555-0100\n" in body
        assert not re.search("sign in|inicie sesión", body, re.IGNORECASE)


@given(st.text())
def test_a_sender_s_name_is_one_short_printable_line(name: str) -> None:
    line = printable_line(name)
    assert len(line) <= MAX_SENDER_NAME_LENGTH
    assert line.isprintable()
    assert line == line.strip()
    assert printable_line(line) == line


def test_reminder_uses_the_readers_time_zone() -> None:
    def said(**more: object) -> str:
        return render_notice("appointment_reminder", "reminder", a_letterhead(**more), MARCH_3).text

    assert "You have an appointment on Tuesday, March 3 at 10:00 AM (EST)." in said()
    assert "on Tuesday, March 3 at 12:00 PM" in said(time_zone="America/Sao_Paulo")
    assert "on Wednesday, March 4 at 12:00 AM" in said(time_zone="Asia/Tokyo")
    assert "Tiene una cita el martes 3 de marzo a las 10:00 (EST)." in said(language="es")


def test_mail_ends_with_the_practices_address_and_phone() -> None:
    contact = ("12 Elm Street", "Albany, NY 12207", "(518) 555-0100")
    words = render_notice("password_changed", "security", a_letterhead(contact=contact))
    signature = "\n\nElm Street\n12 Elm Street\nAlbany, NY 12207\n(518) 555-0100\n"
    assert signature in words.body
    assert signature in render_code_mail("verify_email", "K7", a_letterhead(contact=contact)).body
    assert "555" not in words.text


@pytest.mark.parametrize(
    ("kind", "english", "spanish"),
    [
        ("appointment_booked", "was booked for Tuesday, March 3 at 10:00 AM (EST)", "para el martes 3 de marzo a las"),
        (
            "appointment_cancelled",
            "on Tuesday, March 3 at 10:00 AM (EST) was",
            "del martes 3 de marzo a las 10:00 (EST)",
        ),
        ("appointment_rescheduled", "moved to Tuesday, March 3 at 10:00 AM (EST)", "al martes 3 de marzo a las 10:00"),
        ("appointment_request_confirmed", "confirmed: Tuesday, March 3 at 10:00 AM (EST)", "confirmada: martes 3 de"),
    ],
)
def test_notice_states_what_happened_and_when(kind: str, english: str, spanish: str) -> None:
    for language, said in (("en", english), ("es", spanish)):
        words = render_notice(kind, "service", a_letterhead(language=language), MARCH_3)
        assert said in words.body
        assert said in words.text
        assert "3" not in words.subject


def test_neutral_texts_keep_warnings() -> None:
    neutral = a_letterhead(sender="Secure portal", neutral=True, discreet=True)
    words = render_notice("appointment_reminder", "reminder", neutral, MARCH_3)
    assert (words.subject, words.text) == (
        "You have a notice",
        f"Secure portal: You have a notice. {URL} Reply STOP to stop text messages.",
    )
    assert "appointment" not in words.body
    assert "10:00" not in words.body
    assert render_notice("password_changed", "security", neutral).subject == "Your password was changed"


def test_mail_links_to_the_portal_and_to_nothing_in_it() -> None:
    for kind in MAILED:
        words = render_notice(kind, NOTICE_KINDS[kind].notice_class, a_letterhead(), MARCH_3 if kind in TIMED else None)
        assert re.findall(r"https?://\S+", words.body) == [URL]
        assert re.findall(r"https?://\S+", words.text) == [URL]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", get_args(CodePurpose))
def test_code_appears_once_and_is_not_a_link(purpose: CodePurpose, language: str) -> None:
    words = render_code_mail(purpose, "7Z{line}K2", a_letterhead(language=language), "B4K7")
    assert words.body.count("B4K7") == (purpose == "invitation")
    assert words.body.count("7Z{line}K2") == 1
    assert "7Z" not in words.subject
    assert re.findall(r"https?://\S+", words.body) == [URL + CODE_PAGES[purpose]]


@pytest.mark.parametrize(
    ("purpose", "line"),
    [
        ("invitation", "Open your account: https://portal.example.org/open-account"),
        ("verify_email", "Open your account: https://portal.example.org/open-account"),
        ("reset_password", "Set a new password: https://portal.example.org/new-password"),
        ("change_email", "Confirm the address: https://portal.example.org/confirm"),
        ("safe_email", "Confirm the address: https://portal.example.org/confirm"),
    ],
)
def test_link_leads_to_the_page_that_takes_the_code(purpose: CodePurpose, line: str) -> None:
    for url in (URL, f"{URL}/"):
        assert f"\n\n{line}\n\n" in render_code_mail(purpose, "K7", a_letterhead(url=url), "B4K7").body


def test_a_code_s_mail_says_until_when_it_works() -> None:
    words = render_code_mail("invitation", "K7", a_letterhead(), "B4K7", MARCH_3)
    assert "\n\nThe code works once, until Tuesday, March 3 at 10:00 AM (EST). Nobody" in words.body
    words = render_code_mail("invitation", "K7", a_letterhead(language="es"), "B4K7", MARCH_3)
    assert "\n\nEl código sirve una sola vez, hasta el martes 3 de marzo a las 10:00 (EST). Nadie" in words.body
    assert "for a limited time. Nobody" in render_code_mail("verify_email", "K7", a_letterhead()).body


def test_inbox_titles_are_in_the_readers_language() -> None:
    assert inbox_title("new_message", "es") == "Mensaje nuevo"
    assert inbox_title("new_message", "fr") == inbox_title("new_message", "en") == "New message"


@pytest.mark.parametrize("language", BOTH.values(), ids=BOTH)
def test_every_day_and_month_has_its_name(language: MessageTemplates) -> None:
    days = {language.day(MARCH_3 + timedelta(days=number)) for number in range(365)}
    assert len(days) == 365
    times = {language.time(MARCH_3 + timedelta(minutes=number)) for number in range(24 * 60)}
    assert len(times) == 24 * 60


def test_both_languages_have_seven_days_and_twelve_months() -> None:
    for module in (templates_en, templates_es):
        assert (len(set(module._WEEKDAYS)), len(set(module._MONTHS))) == (7, 12)
