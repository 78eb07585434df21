"""The base class for request bodies, and field types with bounds.

Every value a client sends has bounds, so that it cannot cause an error in the database or in date arithmetic later.
`create_app` refuses a route whose numbers or texts have no bounds (`bounds.py`).
"""

from datetime import date, datetime, time
from functools import cache, partial
from typing import Annotated, Any, TypeVar, get_type_hints

from litestar.params import FromPath, FromQuery
from msgspec import UNSET, Meta, Struct, UnsetType, inspect

from portal_core.kernel.contact import KEEP, Keep
from portal_core.kernel.errors import FieldError, Invalid, check_all
from portal_core.kernel.field_codes import FieldCode
from portal_core.kernel.page import MAX_PAGE, PageRequest

__all__ = [
    "UNSET",
    "ClockTime",
    "Code",
    "Count",
    "Cursor",
    "Email",
    "FromPath",
    "FromQuery",
    "Instant",
    "LongText",
    "PageSize",
    "Password",
    "Phone",
    "Request",
    "SettingsVersion",
    "ShortText",
    "Slug",
    "TimeZone",
    "Token",
    "UnsetType",
    "Version",
    "bounded_time",
    "clock_time",
    "or_keep",
    "page",
]

ShortText = Annotated[str, Meta(min_length=1, max_length=200, examples=["Something short"])]
"""One line: a name, a title, a reason."""

LongText = Annotated[str, Meta(min_length=1, max_length=4000, examples=["Something longer."])]
"""Paragraphs."""

Email = Annotated[
    str, Meta(min_length=3, max_length=254, pattern=r"^\s*[^@\s]+@[^@\s]+\s*$", examples=["ada@example.org"])
]
"""At most 254 characters, the longest path of RFC 5321 without its brackets. The core normalizes and validates it."""

Phone = Annotated[str, Meta(min_length=1, max_length=32, examples=["+1 518 555 0100"])]
"""As typed; the core validates it."""

Password = Annotated[str, Meta(min_length=1, max_length=512, examples=["correct horse battery staple"])]
"""Bounded only to limit the cost of hashing. The core applies the password policy and gives reasons."""

Token = Annotated[
    str, Meta(min_length=1, max_length=512, pattern=r"^[A-Za-z0-9_\-.]+$", examples=["2hW9kQ0vT7xN4pRzY1cLmA"])
]
"""A token issued by the portal or by an identity provider."""

Code = Annotated[str, Meta(min_length=1, max_length=64, examples=["K7QM2XNB"])]
"""A code that a person types."""

Slug = Annotated[str, Meta(min_length=1, max_length=63, pattern=r"^[a-z0-9_\-]+$", examples=["intake"])]
"""A short name used by programs, in lower case."""

TimeZone = Annotated[
    str, Meta(min_length=1, max_length=64, pattern=r"^\s*[A-Za-z0-9_+\-/]+\s*$", examples=["America/New_York"])
]
"""The name of an IANA time zone."""

Version = Annotated[int, Meta(ge=1, le=2**31 - 1, examples=[1])]
"""The version that the caller read. A change to another version is refused."""

SettingsVersion = Annotated[int, Meta(ge=0, le=2**31 - 1, examples=[0])]
"""The version of settings that was read; 0 when they were never saved."""

Count = Annotated[int, Meta(ge=0, le=2**31 - 1, examples=[3])]
"""A whole number, 0 or more, within the range of a PostgreSQL integer."""

Instant = Annotated[datetime, Meta(tz=True, examples=["2027-03-14T15:30:00Z"])]
"""A time with an offset from UTC (RFC 3339)."""

CLOCK_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
"""The form of times of day in responses, as a regular expression."""

_CLOCK_TIME_REQUEST = f"^{CLOCK_TIME}(:00)?$"

ClockTime = Annotated[str, Meta(max_length=32, pattern=_CLOCK_TIME_REQUEST, examples=["09:00"])]
"""A time of day in whole minutes, without an offset. `09:00:00`, as programs write it, is `09:00`."""

Cursor = Annotated[
    str, Meta(max_length=512, pattern=r"^[A-Za-z0-9_\-=.:|+]*$", description="`next` of the previous page")
]
PageSize = Annotated[int, Meta(ge=1, le=MAX_PAGE, description="Rows on a page")]

FIRST_YEAR, LAST_YEAR = 1850, 2200
"""Plausible years for dates of birth and appointments. Within them, no time zone conversion or date arithmetic exceeds
the calendars of Python and PostgreSQL."""

DateT = TypeVar("DateT", bound=date)
ValueT = TypeVar("ValueT")


def clock_time(text: str) -> time:
    """The time of day of a `ClockTime`."""
    return time.fromisoformat(text[:5])


def page(after: str | None, size: int) -> PageRequest:
    """Build the core's page request."""
    return PageRequest(after=after, size=size)


def or_keep(value: ValueT | UnsetType | None) -> ValueT | Keep | None:
    """A value of a PATCH request for the core: left out leaves the field as it is, null empties it."""
    return KEEP if isinstance(value, UnsetType) else value


def bounded_time(path: str, value: DateT) -> DateT:
    """Return `value` if its year is between `FIRST_YEAR` and `LAST_YEAR`.

    Raises:
        Invalid: it is not; the error is at `path`.
    """
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise Invalid.at(path, "out_of_range", f"Must be between the years {FIRST_YEAR} and {LAST_YEAR}.")
    return value


def _bounded_times(path: str, value: Any) -> None:
    for one in value if isinstance(value, list | tuple) else (value,):
        if isinstance(one, date):
            bounded_time(path, one)


class Request(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A request's body. Unknown fields are refused, and dates are bounded; the fields' types define all other rules.

    A text that may be absent is declared `... | None`. A blank string for it is read as null (`absent_as_null`).

    A subclass that adds `__post_init__` calls `super().__post_init__()`, and may raise `Invalid`.
    """

    def __post_init__(self) -> None:
        check_all({name: partial(_bounded_times, name, getattr(self, name)) for name in _times(type(self))})


def absent_as_null(value: Any, info: inspect.Type) -> Any:
    """A decoded JSON body, of the type `info`, with null in place of each blank string for an optional text.

    Only fields of requests whose type is a text or null count; other blank strings meet their type's bounds.
    """
    match info:
        case inspect.StructType(fields=fields) if isinstance(value, dict):
            kinds = {field.encode_name: field.type for field in fields}
            return {name: absent_as_null(one, kinds[name]) if name in kinds else one for name, one in value.items()}
        case inspect.ListType(item_type=kind) | inspect.VarTupleType(item_type=kind) if isinstance(value, list):
            return [absent_as_null(one, kind) for one in value]
        case inspect.UnionType(types=kinds) if isinstance(value, str) and not value.strip():
            return None if is_optional_text(info) else value
        case inspect.UnionType(types=kinds):
            for kind in kinds:
                value = absent_as_null(value, kind)
            return value
        case inspect.Metadata(type=inner):
            return absent_as_null(value, inner)
    return value


def is_optional_text(info: inspect.Type) -> bool:
    """Whether a field of this type holds a text or null, and nothing else."""
    if isinstance(info, inspect.Metadata):
        return is_optional_text(info.type)
    if not isinstance(info, inspect.UnionType):
        return False
    kinds = [kind.type if isinstance(kind, inspect.Metadata) else kind for kind in info.types]
    texts = [isinstance(kind, inspect.StrType) for kind in kinds]
    nulls = [isinstance(kind, inspect.NoneType) for kind in kinds]
    return any(texts) and any(nulls) and sum(texts) + sum(nulls) == len(kinds)


@cache
def _times(request: type[Request]) -> tuple[str, ...]:
    return tuple(name for name, hint in get_type_hints(request).items() if may_be_time(hint))


def may_be_time(hint: Any) -> bool:
    """Whether a value of this type can be a date or a time."""
    if isinstance(hint, type):
        return issubclass(hint, date)
    return any(may_be_time(part) for part in getattr(hint, "__args__", ()))


def field_error(path: str, words: str) -> FieldError:
    """Convert msgspec's message about one field to a stable code and a message for people."""
    for start, code, sentence in _WORDS:
        if words.startswith(start):
            figure = words.rpartition(" ")[2]
            empty = code == "too_short" and figure == "1"
            return FieldError(path, code, "Must not be empty." if empty else sentence.format(figure=figure))
    return FieldError(path, "invalid", "This value is not valid.")


_WORDS: tuple[tuple[str, FieldCode, str], ...] = (
    ("Object missing required field", "required", "This field is required."),
    ("Missing required", "required", "This field is required."),
    ("Object contains unknown field", "unknown_field", "This field is unknown. Remove it."),
    ("Expected `str` of length <=", "too_long", "Must be at most {figure} characters."),
    ("Expected `str` of length >=", "too_short", "Must be at least {figure} characters."),
    ("Expected `array` of length <=", "too_many", "Must have at most {figure} entries."),
    ("Expected `array` of length >=", "too_few", "Must have at least {figure} entries."),
    ("Expected `object` of length <=", "too_many", "Must have at most {figure} entries."),
    (
        f"Expected `str` matching regex '{_CLOCK_TIME_REQUEST}'",
        "bad_format",
        "Enter a time of day from 00:00 to 23:59, without an offset.",
    ),
    ("Expected `str` matching", "bad_format", "This value has the wrong format."),
    ("Expected `int` >=", "out_of_range", "Must be at least {figure}."),
    ("Expected `int` <=", "out_of_range", "Must be at most {figure}."),
    ("Expected `float` >=", "out_of_range", "Must be at least {figure}."),
    ("Expected `float` <=", "out_of_range", "Must be at most {figure}."),
    ("Integer value out of range", "out_of_range", "This number is too large."),
    ("Number out of range", "out_of_range", "This number is too large."),
    (
        "Expected `datetime` with a timezone",
        "zone_missing",
        "Must have an offset from UTC, as in 2027-03-14T15:30:00Z.",
    ),
    ("Expected `datetime` with no", "offset_not_allowed", "Must not have an offset. Example: 2027-03-14T15:30:00."),
    ("Timestamp is out of range", "out_of_range", "This time is out of range."),
    ("Invalid UUID", "bad_format", "Must be a UUID."),
    (
        "Invalid RFC3339 encoded datetime",
        "bad_format",
        "Enter date and time with seconds, such as 2027-03-14T15:30:00Z, or without the Z where the time is local.",
    ),
    ("Invalid RFC3339 encoded date", "bad_format", "Enter a date such as 2027-03-14."),
    ("Invalid enum value", "unknown_value", "Must be one of the documented values."),
    ("Expected", "wrong_type", "This value has the wrong type."),
    ("Invalid", "bad_format", "This value has the wrong format."),
)
