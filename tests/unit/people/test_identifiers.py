"""Identifiers that bills name: NPIs, employer identification numbers and licenses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_core.kernel.errors import Invalid
from portal_core.people.identifiers import License, employer_identification_number, npi, validated_licenses

NINE_DIGITS = st.text("0123456789", min_size=9, max_size=9)


def accepted(number: str) -> bool:
    try:
        return npi(number, "npi") == number.strip()
    except Invalid:
        return False


def test_example_of_cms_is_an_npi() -> None:
    assert npi(" 1234567893 ", "npi") == "1234567893"


@given(NINE_DIGITS)
def test_every_nine_digits_have_one_check_digit(digits: str) -> None:
    assert sum(accepted(f"{digits}{check}") for check in range(10)) == 1


@given(NINE_DIGITS, st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_of_an_npi_is_refused(digits: str, place: int, error: int) -> None:
    (number,) = (f"{digits}{check}" for check in range(10) if accepted(f"{digits}{check}"))
    wrong = str((int(number[place]) + error) % 10)
    assert not accepted(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize("text", ["", "123456789", "12345678930", "80840123456789", "123456789x", "\u0661234567893"])
def test_npi_is_ten_digits(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        npi(text, "npi")
    assert [(one.path, one.code) for one in refused.value.fields] == [("npi", "npi_invalid")]


@given(NINE_DIGITS)
def test_employer_identification_number_has_one_form(digits: str) -> None:
    form = f"{digits[:2]}-{digits[2:]}"
    assert {employer_identification_number(text, "tax_id") for text in (digits, form, f" {form} ")} == {form}


@pytest.mark.parametrize("text", ["", "12345678", "1234567890", "123-45-6789", "12 3456789", "12-345678\u0669"])
def test_other_tax_ids_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        employer_identification_number(text, "tax_id")
    assert [one.code for one in refused.value.fields] == ["tax_id_invalid"]


def test_each_license_is_kept_once_with_its_state() -> None:
    typed = (License(" ny", " 012345 "), License("NJ", "012345"), License("NY", "012345"))
    assert validated_licenses(typed, "licenses") == (License("NY", "012345"), License("NJ", "012345"))


@pytest.mark.parametrize(
    ("licenses", "path", "code"),
    [
        ([License("NY", "1"), License("XX", "1")], "licenses.1.state", "state_invalid"),
        ([License("NY", " ")], "licenses.0.number", "empty"),
        ([License("NY", "1" * 41)], "licenses.0.number", "too_long"),
        ([License("NY", str(number)) for number in range(61)], "licenses", "too_many"),
    ],
)
def test_invalid_licenses_are_refused(licenses: list[License], path: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        validated_licenses(licenses, "licenses")
    assert [(one.path, one.code) for one in refused.value.fields] == [(path, code)]
