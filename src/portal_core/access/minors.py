"""When a parent's grant over a child's record ends, and what it opens by default.

The ages come from `minors_rules`; nothing here knows a state. No grant outlives the 18th birthday, whatever
the state's age of majority: proxy access that outlives the birthday is a mistake seen in the field.
"""

from datetime import date

from portal_core.access.minors_rules import ANY_AGE, RULES, StateRule
from portal_core.kernel.actor import AREAS, Area

__all__ = [
    "ADOLESCENT_FROM",
    "ADULT_FROM",
    "ANY_AGE",
    "OFF_OVER_ADOLESCENTS",
    "RULES",
    "StateRule",
    "adolescent_default_areas",
    "birthday_turning",
    "grant_ends_on",
    "is_adolescent",
    "may_be_granted_today",
    "rule_for",
]

ADOLESCENT_FROM = 12
"""Years. Adolescence is 12 to 17 here; 12 is also the lowest age that a state in the table names."""

ADULT_FROM = 18
"""Years. The birthday that no parent's grant outlives."""

OFF_OVER_ADOLESCENTS: frozenset[Area] = frozenset({"messages", "measures", "sensitive_documents"})
"""What a grant over an adolescent does not open unless it is switched on for that grant."""


def rule_for(state: str) -> StateRule | None:
    """The rule of a state by its two letters, in any case; None where the table has none and staff decide."""
    return RULES.get(state.strip().upper())


def birthday_turning(born: date, age: int) -> date:
    """The day on which a person born on `born` turns `age` years.

    Somebody born on 29 February turns a year older on 1 March when the year has no such day: the year is
    full only when 28 February has passed. Raises ValueError for a negative age, or a year past 9999.
    """
    if age < 0:
        raise ValueError("an age is not negative")
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def is_adolescent(born: date, today: date) -> bool:
    """Whether the child is 12 to 17 years old on `today`."""
    return birthday_turning(born, ADOLESCENT_FROM) <= today < birthday_turning(born, ADULT_FROM)


def grant_ends_on(
    born: date, state: str | None, decided_by_staff: date | None, *, authorised_by_minor: bool = False
) -> date:
    """The first local day on which a parent's grant over this child's record no longer holds.

    The earliest of the birthday that the state's rule names, the 18th birthday, and staff's own date. The
    rule's birthday does not bind a grant that the minor has authorised; the 18th always does. `state` is where
    the child is treated; None, or a state that is not in the table, leaves staff's date and the 18th birthday.
    A day that has already come means that such a grant may not be made (`may_be_granted_today`).
    """
    days = [birthday_turning(born, ADULT_FROM)]
    rule = rule_for(state) if state is not None else None
    if rule is not None and not authorised_by_minor:
        days.append(birthday_turning(born, rule.parent_access_ends_at))
    if decided_by_staff is not None:
        days.append(decided_by_staff)
    return min(days)


def may_be_granted_today(born: date, state: str | None, today: date, *, authorised_by_minor: bool = False) -> bool:
    """Whether staff may make a parent's grant over this child today, in the practice's zone.

    Past the age of the state's rule only with the minor's own authorisation, which the caller keeps as
    evidence; from the 18th birthday never, since an adult names a representative by another kind of grant.
    """
    return today < grant_ends_on(born, state, None, authorised_by_minor=authorised_by_minor)


def adolescent_default_areas(born: date, today: date) -> frozenset[Area]:
    """The areas that a parent's new grant opens by default on `today`.

    Over a child under 12 all of them; over an adolescent all but `OFF_OVER_ADOLESCENTS`; over an adult none.
    """
    if today >= birthday_turning(born, ADULT_FROM):
        return frozenset()
    every = frozenset(AREAS)
    return every - OFF_OVER_ADOLESCENTS if is_adolescent(born, today) else every
