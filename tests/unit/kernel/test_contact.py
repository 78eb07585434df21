"""Phone numbers, time zones, states and links: what is taken, and the one form in which each is stored."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal_core.access.state_rules import RULES
from portal_core.kernel.contact import (
    MAX_LINK_LENGTH,
    MIN_DATE_OF_BIRTH,
    STATES,
    ContactChanges,
    check_date_of_birth,
    check_time_zone,
    is_https_url,
    phone_number,
    phone_number_with_extension,
    readable_phone,
    room_link,
    state_code,
)
from portal_core.kernel.errors import Invalid
from portal_core.kernel.time_zones import time_zone_names, zone_info

E164 = st.from_regex(r"\+(1[2-9][0-9]{9}|[2-9][0-9]{7,14})", fullmatch=True)
PUNCTUATION = st.text(" ()-./\u00a0\u2011\u2013\u202a\u200e", max_size=3)


# --- phone numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "normalized"),
    [
        ("+12125550123", "+12125550123"),
        ("1 212 555 0123", "+12125550123"),
        ("(212) 555-0123", "+12125550123"),
        ("212.555.0123", "+12125550123"),
        ("+1 212/555\u20110123", "+12125550123"),
        ("\u202a212\u2011555\u20130123\u202c", "+12125550123"),
        ("+43 1 234-5678", "+4312345678"),
        ("0043 1 2345678", "+4312345678"),
        ("+43 (0)1 2345678", "+4312345678"),
        ("0043 (0)1 58858-0", "+431588580"),
        ("\uff0b\uff14\uff13\uff1112345678", "+43112345678"),
    ],
)
def test_phone_normalization(typed: str, normalized: str) -> None:
    assert phone_number(typed, "phone") == normalized


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12",
        "911",
        "call me",
        "555 0123",
        "0664 1234567",
        "(0)212 555 0123",
        "112 555 0123",
        "+0125550123",
        "+1",
        "+1234567",
        "+1212555012x",
        "+1234567890123456",
        "+1 555 0100",
        "+1 112 555 0123",
        "+\u0664\u0663\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668",
        "212 555 0123\x07",
        "212 555 0123 ext. 4",
        "++12125550123",
        "+12125550123, +12125550199",
    ],
)
def test_what_cannot_be_dialed_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as invalid:
        phone_number(typed, "sms_phone")
    assert [(f.path, f.code) for f in invalid.value.fields] == [("sms_phone", "phone_invalid")]


@given(E164, st.lists(PUNCTUATION, min_size=17, max_size=17))
def test_punctuation_does_not_change_a_number(number: str, between: list[str]) -> None:
    typed = "".join(f"{mark}{digit}" for mark, digit in zip(between, number, strict=False))
    if "(0)" not in typed:
        assert phone_number(typed, "phone") == number
    assert phone_number(f"00{number[1:]}", "phone") == number


@given(st.integers(2_000_000_000, 9_999_999_999))
def test_north_american_numbers_need_no_country_code(number: int) -> None:
    assert phone_number(str(number), "phone") == phone_number(f"1{number}", "phone") == f"+1{number}"


@given(st.text(st.characters(), max_size=30) | st.text("+0123456789 ()x#.-/", max_size=30))
def test_any_text_becomes_an_e164_number_or_is_refused(text: str) -> None:
    try:
        number = phone_number(text, "phone")
    except Invalid:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{7,14}", number)
    assert phone_number(number, "phone") == phone_number_with_extension(number, "phone") == number


@given(E164, st.sampled_from(["x", " x", "#", " ext. ", ", Ext ", " extension: ", ";ext"]), st.integers(0, 99_999_999))
def test_extension_follows_the_number(number: str, mark: str, extension: int) -> None:
    stored = phone_number_with_extension(f"{number}{mark}{extension}", "callback")
    assert stored == f"{number} ext. {extension}"
    assert phone_number_with_extension(stored, "callback") == stored


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("+15185550100", "(518) 555-0100"),
        ("+15185550100 ext. 2", "(518) 555-0100 ext. 2"),
        ("+442079460000", "+442079460000"),
        ("+151855501004", "+151855501004"),
    ],
)
def test_number_is_shown_as_people_write_it(stored: str, shown: str) -> None:
    assert readable_phone(stored) == shown


@pytest.mark.parametrize("typed", ["ext. 2125550123", "212 555 0123 ext", "212 555 0123 x123456789", "555 0123 #4"])
def test_extension_alone_or_malformed_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as invalid:
        phone_number_with_extension(typed, "callback")
    assert [(f.path, f.code) for f in invalid.value.fields] == [("callback", "phone_invalid")]


# --- time zones -------------------------------------------------------------------------------------------------------


@given(st.sampled_from(sorted(time_zone_names())) | st.text(max_size=20), st.sampled_from(["", " ", "\n"]))
@example("../../etc/passwd", "")
@example("America", "")
@example("\x00", "")
def test_time_zone_is_an_iana_name_or_refused(name: str, space: str) -> None:
    if name.strip() in time_zone_names():
        assert check_time_zone(f"{space}{name}{space}", "time_zone") == name.strip()
        assert zone_info(name.strip()).key == name.strip()
        return
    for check in (check_time_zone, zone_info):
        with pytest.raises(Invalid) as invalid:
            check(name.strip(), "zone")
        assert [(f.path, f.code) for f in invalid.value.fields] == [("zone", "time_zone_unknown")]


def test_an_extension_that_is_not_taken_is_named() -> None:
    with pytest.raises(Invalid) as invalid:
        phone_number("(212) 555-0123 ext. 12", "phone")
    assert invalid.value.fields[0].message == "Enter the number without its extension."


# --- states and links -------------------------------------------------------------------------------------------------


def test_states_and_territories() -> None:
    assert len(STATES) == 50 + 1 + 5
    assert set(RULES) <= STATES
    assert state_code(" pr ", "state") == "PR"


@pytest.mark.parametrize("text", ["ZZ", "N", "New York", "N\u0130"])
def test_other_states_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as invalid:
        state_code(text, "state")
    assert [(f.path, f.code) for f in invalid.value.fields] == [("state", "state_invalid")]


@pytest.mark.parametrize(
    "url",
    [
        "https://elm.example",
        "https://elm.example:8443/a?b=c#d",
        "https://[2001:db8::1]/",
        "https://127.0.0.1/",
        "https://xn--bcher-kva.example/",
    ],
)
def test_https_urls(url: str) -> None:
    assert is_https_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://elm.example",
        "https://",
        "https:///a",
        "https://.",
        "https://-",
        "https://[",
        "https://1.2.3.999/",
        "https://exa mple.org",
        "https://elm.example/a b",
        "https://elm.example/\x7f",
        "https://elm.example\\.example/",
        "https://b\u00fccher.example",
        "https://ann@elm.example",
        "https://elm.example:abc/",
        "https://elm.example:0/",
        "https://elm.example:99999/",
    ],
)
def test_other_urls(url: str) -> None:
    assert not is_https_url(url)


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_somebody_alive_was_born_from_1900_to_today() -> None:
    today, day = date(2026, 3, 2), timedelta(days=1)
    for born in (MIN_DATE_OF_BIRTH, today):
        assert check_date_of_birth(born, today, "date_of_birth") == born
    for born in (MIN_DATE_OF_BIRTH - day, today + day):
        with pytest.raises(Invalid) as refused:
            check_date_of_birth(born, today, "date_of_birth")
        assert [(one.path, one.code) for one in refused.value.fields] == [("date_of_birth", "date_invalid")]


def test_room_link_has_at_most_two_thousand_characters() -> None:
    link = "https://rooms.example/".ljust(MAX_LINK_LENGTH, "a")
    assert room_link(link, "room_link") == link
    with pytest.raises(Invalid):
        room_link(link + "a", "room_link")


@pytest.mark.parametrize(("field", "longest"), [("chosen_name", 80), ("pronouns", 40), ("address", 400)])
def test_contact_texts_have_a_longest_length(field: str, longest: int) -> None:
    taken = ContactChanges(**{field: "a" * longest}).validated()
    assert taken.values() == {field: "a" * longest}
    with pytest.raises(Invalid) as refused:
        ContactChanges(**{field: "a" * (longest + 1)}).validated()
    assert [(one.path, one.code) for one in refused.value.fields] == [(field, "too_long")]
