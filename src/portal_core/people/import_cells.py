"""Cells of an import file: what their text means."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final, Literal

from portal_core.kernel.errors import Invalid

EMPTY: Final = "(empty)"
"""What a row says, in any case, to empty a field. A field that it leaves blank or does not have stays as it is."""

MAX_ITEMS: Final = 100
"""Items of a list in one cell: more than a person has clinicians, guardians or licenses."""

DateOrder = Literal["iso", "us", "eu"]
"""How dates are written: year-month-day; month/day/year; or day.month.year. The first is understood in every import."""

_YES = {"yes", "true", "1", "y"}
_NO = {"no", "false", "0", "n"}
# The time of day that spreadsheets and databases write after a date.
_MIDNIGHT = re.compile(r"[ T]+(?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)? ?AM)$", re.IGNORECASE)
_DATES: Mapping[DateOrder, re.Pattern[str]] = {
    "iso": re.compile(r"(?P<year>[0-9]{4})(?P<mark>-?)(?P<month>[0-9]{2})(?P=mark)(?P<day>[0-9]{2})"),
    "us": re.compile(r"(?P<month>[0-9]{1,2})(?P<mark>[/-])(?P<day>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})"),
    "eu": re.compile(r"(?P<day>[0-9]{1,2})(?P<mark>[./-]) ?(?P<month>[0-9]{1,2})(?P=mark) ?(?P<year>[0-9]{4})"),
}
_SERIAL_NUMBER = re.compile(r"[1-9][0-9]{3,4}")  # days since 1900: five digits from May 1927 on
_ORDERS: Mapping[DateOrder, str] = {"iso": "year-month-day", "us": "month/day/year", "eu": "day.month.year"}
_DATE_MESSAGES: Mapping[DateOrder, str] = {
    "iso": "Must be a date as year-month-day, such as 1980-05-31. An import can also be told the orders us and eu.",
    "us": "Must be a date as month/day/year with four digits for the year, such as 5/31/1980.",
    "eu": "Must be a date as day.month.year with four digits for the year, such as 31.5.1980.",
}


def is_empty(text: str) -> bool:
    """Whether the cell says that a field is to be emptied."""
    return text.lower() == EMPTY


def split_list(text: str | None, path: str) -> tuple[str, ...]:
    """The items of a cell with `;` between them, without blank ones.

    Raises:
        Invalid: `too_many`, above `MAX_ITEMS`.
    """
    items = tuple(one.strip() for one in (text or "").split(";") if one.strip())
    if len(items) > MAX_ITEMS:
        raise Invalid.at(path, "too_many", f"Must be at most {MAX_ITEMS}.")
    return items


def yes_or_no(text: str, path: str) -> bool:
    """What the cell answers.

    Raises:
        Invalid: `not_yes_or_no`.
    """
    if text.lower() not in _YES | _NO:
        raise Invalid.at(path, "not_yes_or_no", "Must be yes or no.")
    return text.lower() in _YES


def parse_date(text: str, dates: DateOrder, path: str) -> date:
    """A date as a row writes it.

    Raises:
        Invalid: `date_invalid`.
    """
    text = _MIDNIGHT.sub("", text)
    orders: tuple[DateOrder, ...] = ("iso", dates)
    for order in orders:
        if (found := _DATES[order].fullmatch(text)) is not None:
            try:
                return date(int(found["year"]), int(found["month"]), int(found["day"]))
            except ValueError:
                raise Invalid.at(path, "date_invalid", f"There is no such date, read as {_ORDERS[order]}.") from None
    if _SERIAL_NUMBER.fullmatch(text):
        message = "This is the number that a spreadsheet has for a date: format the column as dates, and save it again."
        raise Invalid.at(path, "date_invalid", message)
    raise Invalid.at(path, "date_invalid", _DATE_MESSAGES[dates])
