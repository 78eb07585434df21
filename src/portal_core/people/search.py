"""How staff find clients: by the beginning of a word of a name, by digits of a telephone number, by date of birth, by
the EHR's number, by email.

What is stored and what is asked for pass through `folded`, so that the two meet: `angs` finds Ångström, and `dangelo`,
`d'ang` and `d ang` find D’Angelo. When a rule here changes, a migration has to store the words again.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Final

from portal_core.kernel.contact import normalize_email
from portal_core.kernel.errors import Invalid
from portal_core.kernel.text import folded

SearchTerms = tuple[tuple[str, ...], ...]
"""What is looked for. Of every term, a word of the client begins with one of the alternatives."""

MAX_WORD_LENGTH: Final = 40
MAX_SORT_NAME_LENGTH: Final = 160
MAX_TERMS: Final = 12
MIN_DIGITS: Final = 4
"""Fewer digits of a telephone number, or signs of the EHR's number, would find nearly everybody."""

_DATE = re.compile(
    r"(?<![0-9])(?:(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"|(?P<us_month>[0-9]{1,2})([/.-])(?P<us_day>[0-9]{1,2})\5(?P<us_year>[0-9]{4}|[0-9]{2}))(?![0-9])"
)


def sort_name(family_name: str, given_name: str) -> str:
    """By which clients are listed: family name first, folded, without punctuation."""
    chunks = folded(f"{family_name} {given_name}").split()
    return " ".join(filter(None, map("".join, map(_parts, chunks))))[:MAX_SORT_NAME_LENGTH]


def search_words(
    names: Iterable[str | None],
    phone: str | None,
    date_of_birth: date,
    external_id: str | None = None,
    email: str | None = None,
) -> tuple[str, ...]:
    """The words by which a client is found, in order.

    Of each name its words, what punctuation separates in them, and all of it together. Of a telephone number (E.164)
    the digits after `+`, with the country code and in North America also without, and from behind after `-`. The date
    of birth after `=`. The letters and digits of the EHR's number (`external_id`) between two `#`, so that it can be
    asked for as a whole. The email on file after `@`. No word of a name begins with these signs.
    """
    words = {f"={date_of_birth.isoformat()}"}
    for name in filter(None, names):
        chunks = [_parts(chunk) for chunk in folded(name).split()]
        words.update(part for parts in chunks for part in parts)
        words.update("".join(parts) for parts in chunks)
        words.add("".join(part for parts in chunks for part in parts))
    if phone:
        digits = phone.removeprefix("+")
        words |= {f"+{digits}", f"-{digits[::-1]}"} | ({f"+{digits[1:]}"} if digits.startswith("1") else set())
    if external_id and (bare := "".join(_parts(folded(external_id)))):
        words.add(f"#{bare}#")
    if email:
        words.add(f"@{email}")
    return tuple(sorted({word[:MAX_WORD_LENGTH] for word in words if word}))


def search_terms(text: str, path: str) -> SearchTerms:
    """What a person typed to find a client: words of a name, a date of birth, digits of a telephone number, the EHR's
    number, an email, or several of these.

    A date is `1990-05-17` or, as in the United States, `5/17/1990` or `5/17/90`. Digits are the beginning or the end
    of a telephone number. The EHR's number is asked for as a whole or, if it has a digit, by its beginning of at least
    `MIN_DIGITS` letters and digits; an email by its beginning with the `@`.

    Raises:
        Invalid: `nothing_to_search` or `too_many_words`.
    """
    terms = dict[tuple[str, ...], None]()  # each once, in order

    def take_date(found: re.Match[str]) -> str:
        dates = _dates(found)
        if dates:
            terms[dates] = None
        return " " if dates else found[0]

    words = []
    for word in text.split():
        typed = word.strip("<>()[],;:\"'")
        if "@" in typed[1:]:
            terms[_email(typed),] = None
        else:
            words.append(word)
    chunks = [_parts(chunk) for chunk in _DATE.sub(take_date, folded(" ".join(words))).split()]
    whole = "".join(part for parts in chunks for part in parts)  # the EHR's number may have been typed with blanks
    digits = ""
    for parts in chunks:
        bare = "".join(parts)
        if bare.isdecimal():
            digits += bare
        else:
            numbers = _external_ids(bare, whole)
            terms |= {(part[:MAX_WORD_LENGTH], *numbers): None for part in parts}
    if digits:
        terms[_number(digits) + _external_ids(digits, whole)] = None
    if not terms:
        message = (
            f"Enter a name, a date of birth, the number in the EHR, an email, or at least {MIN_DIGITS} digits of a "
            "telephone number."
        )
        raise Invalid.at(path, "nothing_to_search", message)
    if len(terms) > MAX_TERMS:
        raise Invalid.at(path, "too_many_words", f"Must be at most {MAX_TERMS} words.")
    return tuple(terms)


def is_found(words: Iterable[str], terms: SearchTerms) -> bool:
    """Whether a client with these search words is looked for."""
    return all(any(word.startswith(term) for word in words) for term in terms)


def _parts(chunk: str) -> list[str]:
    """What other characters than letters and digits separate in a folded text; so do apostrophes that are letters."""
    parted = (char if char.isalnum() and unicodedata.category(char) != "Lm" else " " for char in chunk)
    return "".join(parted).split()


def _dates(found: re.Match[str]) -> tuple[str, ...]:
    if found["year"]:
        years, month, day = [found["year"]], found["month"], found["day"]
    else:
        typed, month, day = found["us_year"], found["us_month"], found["us_day"]
        years = [typed] if len(typed) == len("1990") else [f"19{typed}", f"20{typed}"]
    dates = list[str]()
    for year in years:
        try:
            dates.append(f"={date(int(year), int(month), int(day)).isoformat()}")
        except ValueError:
            continue
    return tuple(dates)


def _number(digits: str) -> tuple[str, ...]:
    # Without the zeros that are dialed before a country code, or before an area code within some countries.
    dialed = digits.lstrip("0")
    beginnings = {digits} | {f"-{one[::-1]}" for one in (digits, dialed) if len(one) >= MIN_DIGITS}
    if len(dialed) >= MIN_DIGITS:
        beginnings.add(f"+{dialed}")
    return tuple(sorted(one[:MAX_WORD_LENGTH] for one in beginnings))


def _external_ids(*typed: str) -> tuple[str, ...]:
    """The EHR's number as a whole, or by its beginning: not by few signs, and not by what may be part of a name."""
    found = dict.fromkeys(
        f"#{one}" if len(one) >= MIN_DIGITS and any(map(str.isdecimal, one)) else f"#{one}#" for one in typed
    )
    return tuple(one[:MAX_WORD_LENGTH] for one in found)


def _email(typed: str) -> str:
    """The word of an email, or the beginning of one if it is not complete."""
    try:
        word = normalize_email(typed)
    except Invalid:
        word = typed.lower()
    return f"@{word}"[:MAX_WORD_LENGTH]
