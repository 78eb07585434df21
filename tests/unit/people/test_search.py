"""How typed text and the names, numbers and dates of clients meet."""

import contextlib
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal_core.kernel.errors import Invalid
from portal_core.people.search import (
    MAX_TERMS,
    MAX_WORD_LENGTH,
    folded,
    is_found,
    search_terms,
    search_words,
    sort_name,
)

BIRTH = date(1990, 5, 17)
NAMES = st.text(st.characters(exclude_categories=("C", "N", "Zl", "Zp")), min_size=1, max_size=80)


def finds(text: str, *names: str, phone: str | None = None, ehr: str | None = None, email: str | None = None) -> bool:
    """Whether the text finds a client with these names, numbers and email, and the date of birth above."""
    return is_found(search_words(names, phone, BIRTH, ehr, email), search_terms(text, "text"))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("angs", ("Anders", "Ångström")),
        ("ÅNGSTRÖM", ("Anders", "Angstrom")),
        ("d'ang", ("Mia", "D’Angelo")),
        ("d’ang", ("Mia", "D'Angelo")),
        ("d ang", ("Mia", "D’Angelo")),
        ("dangelo", ("Mia", "D’Angelo")),
        ("angelo mia", ("Mia", "D`Angelo")),
        ("mia d", ("Mia", "D’Angelo")),
        ("jones", ("Ann", "Smith-Jones")),
        ("smith jones", ("Ann", "Smith‐Jones")),
        ("smithj", ("Ann", "Smith-Jones")),
        ("smith-jon", ("Ann", "Smith Jones")),
        ("delac", ("Eva", "de la Cruz")),
        ("okina", ("ʻOkina", "Kahale")),
        ("strasse", ("Jo", "Straße")),
        ("soren", ("Søren", "Ærø")),
        ("aero", ("Søren", "Ærø")),
        ("lukasz", ("Łukasz", "Nowak")),
        ("dordevic", ("Ana", "Đorđević")),
        ("istanbul", ("İstanbul", "x")),
        ("nguyen", ("Thị", "Nguyễn")),
        ("Ngu\u031b", ("Thị", "Ngư")),
        ("王", ("小明", "王")),
        ("4711", ("Ann", "4711x")),
        ("3", ("Ann", "Lee 3rd")),
    ],
)
def test_name_is_found(text: str, names: tuple[str, ...]) -> None:
    assert finds(text, *names)


@pytest.mark.parametrize(("text", "names"), [("ngstrom", ("Å", "Ångström")), ("ann lee", ("Ann", "Low"))])
def test_every_word_must_be_the_beginning_of_one(text: str, names: tuple[str, ...]) -> None:
    assert not finds(text, *names)


@given(NAMES, NAMES, st.data())
def test_beginning_of_any_word_finds_the_name(given_name: str, family_name: str, data: st.DataObject) -> None:
    words = f"{given_name} {family_name}".split()
    assume(words)
    word = data.draw(st.sampled_from(words))
    beginning = word[: data.draw(st.integers(1, len(word)))]
    folds = folded(beginning)
    assume(any(char.isalnum() for char in folds) and not any(char.isdigit() for char in folds))
    assume(len(folds) <= MAX_TERMS)
    terms = search_terms(beginning, "text")
    words_of = search_words((given_name, family_name), None, BIRTH)
    assert is_found(words_of, terms)
    assert is_found(words_of, search_terms(folds.upper(), "text"))


@given(NAMES, NAMES)
def test_stored_texts_are_short_enough_for_an_index(given_name: str, family_name: str) -> None:
    assert all(0 < len(word) <= MAX_WORD_LENGTH for word in search_words((given_name, family_name), None, BIRTH))
    assert len(sort_name(family_name, given_name)) <= 160


def test_very_long_words_are_found() -> None:
    assert finds("\ufdfa" * 80, "\ufdfa" * 80)


@pytest.mark.parametrize(
    "text",
    ["0100", "5550100", "555-0100", "(518) 555-0100", "+1 518", "1518", "518 555", "518.555.0100", "0015185550100"],
)
def test_telephone_number_is_found_by_its_beginning_or_end(text: str) -> None:
    assert finds(text, "Ann", phone="+15185550100")


def test_number_of_another_country_is_found_as_it_is_dialed_there() -> None:
    for text in ("030 1234567", "+49 30", "4567"):
        assert finds(text, "Ann", phone="+49301234567")


@pytest.mark.parametrize("text", ["100", "5185", "555010", "5185550101", "85550"])
def test_other_digits_do_not_find_the_number(text: str) -> None:
    assert not finds(text, "Ann", phone="+12125550100")


@pytest.mark.parametrize(
    ("text", "ehr"),
    [
        ("K-17", "K-17"),
        ("k17", "K-17"),
        ("MRN 00317", "MRN 00317"),
        ("mrn-003", "MRN 00317"),
        ("17", "17"),
        ("100456", "100456"),
        ("1004", "100456"),
        ("lee 100-4", "100456"),
        ("Ann lee", "ANN"),
        ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
        ("x" * 100, "x" * 100),
    ],
)
def test_number_in_the_ehr_is_found_as_a_whole_or_by_its_beginning(text: str, ehr: str) -> None:
    assert finds(text, "Bo", "Lee", ehr=ehr)


@pytest.mark.parametrize(
    ("text", "ehr"), [("1", "17"), ("ehr", "ehr-1001"), ("ehr-", "ehr-1001"), ("0456", "100456"), ("k18", "K-17")]
)
def test_few_signs_or_another_number_do_not_find_a_client(text: str, ehr: str) -> None:
    assert not finds(text, "Bo", "Lee", ehr=ehr)


def test_client_without_a_letter_or_digit_in_the_number_is_not_found_by_it() -> None:
    assert search_words((), None, BIRTH, "--") == search_words((), None, BIRTH)


@pytest.mark.parametrize(
    "text",
    ["ann.lee+x@example.org", "Ann.Lee+X@EXAMPLE.org", "<ann.lee+x@example.org>,", "ann.lee+x@", "lee ann.lee+x@exa"],
)
def test_email_is_found_by_its_beginning(text: str) -> None:
    assert finds(text, "Ann", "Lee", email="ann.lee+x@example.org")
    assert not finds(text, "Ann", "Lee", email="ann.low@example.org")
    assert not finds(text, "Ann", "Lee")


def test_email_at_an_internationalized_domain_is_found() -> None:
    assert finds("ann@bücher.example", "Bo", email="ann@xn--bcher-kva.example")
    assert finds("a" * 60 + "@example.org", "Bo", email="a" * 60 + "@example.org")


@pytest.mark.parametrize("text", ["1990-05-17", "1990-5-17", "5/17/1990", "05/17/90", "5-17-1990", "05.17.1990"])
def test_date_of_birth_is_found(text: str) -> None:
    assert finds(text, "Ann")
    assert finds(f"ann {text}", "Ann")
    assert not finds(f"bob {text}", "Ann")


@pytest.mark.parametrize("text", ["1990-05-18", "17/5/1990", "5/17/1991", "5/1/1990", "1990-13-40"])
def test_other_date_does_not_find_the_client(text: str) -> None:
    assert not finds(text, "Ann")


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "nothing_to_search"), ("' - %", "nothing_to_search"), (" ".join("abcdefghijklm"), "too_many_words")],
)
def test_text_without_anything_to_search_for_is_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        search_terms(text, "text")
    assert [(one.path, one.code) for one in refused.value.fields] == [("text", code)]


@given(st.text(max_size=160))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Invalid):
        terms = search_terms(text, "text")
        assert 0 < len(terms) <= MAX_TERMS
        assert all(0 < len(one) <= MAX_WORD_LENGTH for term in terms for one in term)


def test_names_are_listed_without_regard_to_accents_and_punctuation() -> None:
    names = ["Zoë", "Ångström", "O’Brien", "Andersen", "Øst", "Obrist", "lee", "Leeds"]
    in_order = ["Andersen", "Ångström", "lee", "Leeds", "O’Brien", "Obrist", "Øst", "Zoë"]
    assert sorted(names, key=lambda name: sort_name(name, "Ann")) == in_order
