"""The guardians that the rows of an import name, and whom of them an import invites."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar, cast, get_args

from attrs import evolve, frozen

from portal_core.access.model import GrantTerms, Relationship
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.errors import FieldError, Invalid, check_all
from portal_core.people.import_cells import DateOrder, parse_date, split_list, yes_or_no

_T = TypeVar("_T")


@frozen
class Guardian:
    """Whom to invite, and the terms of their access."""

    email: str
    terms: GrantTerms


@frozen
class GuardianColumns:
    """The guardians of one client, all as text. None or blank where the row names none.

    `guardian_email` are addresses with `;` between them. `guardian_relationship` is one for all of them, or one each:
    `parent` (which it is when it is blank), `guardian`, `representative` or `other`. `guardian_until` is the first day
    without access, in the import's order of dates; blank is as long as the rules for minors allow.
    `guardian_may_write` is yes or no, one for all or one each; blank is no: they read.
    """

    guardian_email: str | None = None
    guardian_relationship: str | None = None
    guardian_until: str | None = None
    guardian_may_write: str | None = None

    @property
    def named(self) -> bool:
        """Whether the row names a guardian."""
        return bool((self.guardian_email or "").replace(";", "").strip())

    def guardians(self, dates: DateOrder) -> tuple[Guardian, ...]:
        """Each guardian once.

        Raises:
            Invalid: an email, a relationship, a date or an answer is not valid; it lists every such item.
        """
        number = sum(bool(one.strip()) for one in (self.guardian_email or "").split(";"))
        columns: dict[str, Callable[[], Any]] = {
            "emails": lambda: _each(
                split_list(self.guardian_email, "guardian_email"),
                "guardian_email",
                lambda text, path: normalize_email(text, path=path),
            ),
            "relationships": lambda: _one_each(
                self.guardian_relationship, "parent", number, "guardian_relationship", _relationship
            ),
            "until": lambda: self._until(dates),
            "may_write": lambda: _one_each(self.guardian_may_write, "no", number, "guardian_may_write", yes_or_no),
        }
        parsed = check_all(columns)
        terms = [
            GrantTerms(relationship, may_write=may_write, until=parsed["until"])
            for relationship, may_write in zip(parsed["relationships"], parsed["may_write"], strict=True)
        ]
        return tuple(Guardian(*one) for one in dict(zip(parsed["emails"], terms, strict=True)).items())

    def _until(self, dates: DateOrder) -> date | None:
        text = (self.guardian_until or "").strip()
        return parse_date(text, dates, "guardian_until") if text else None


def _each(items: Sequence[str], path: str, read: Callable[[str, str], _T]) -> list[_T]:
    """What the items of a column mean; `read` is told the path.

    Raises:
        Invalid: items are not valid; of several items, it says which.
    """
    found, errors = list[_T](), list[FieldError]()
    for place, item in enumerate(items, 1):
        try:
            found.append(read(item, path))
        except Invalid as error:
            prefix = f"Number {place} in the list: " if len(items) > 1 else ""
            errors += [evolve(one, message=prefix + one.message) for one in error.fields]
    if errors:
        raise Invalid(*errors)
    return found


def _one_each(text: str | None, default: str, number: int, path: str, read: Callable[[str, str], _T]) -> list[_T]:
    """The values of a column with one item for all guardians, or one for each of this number."""
    found = _each(split_list(text, path) or (default,), path, read)
    if number == 0:
        return []
    if len(found) not in (1, number):
        raise Invalid.at(path, "count_differs", "Give one for all guardians, or one for each.")
    return found * number if len(found) == 1 else found


def _relationship(text: str, path: str) -> Relationship:
    if text.lower() not in get_args(Relationship):
        raise Invalid.at(path, "unknown_value", f"Must be one of: {', '.join(get_args(Relationship))}.")
    return cast(Relationship, text.lower())
