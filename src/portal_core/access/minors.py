"""When a parent's grant over a child's record ends, which areas it opens, and from when a child may have an account.

The ages come from `state_rules`; nothing here depends on a particular state. No grant outlives the 18th birthday,
whatever the state's age of majority: proxy access that continues past it is a mistake seen in the field.
"""

from datetime import date

from portal_core.access.state_rules import ANY_AGE, RULES, StateRule
from portal_core.kernel.actor import AREAS, Area

__all__ = [
    "ADOLESCENT_MIN_AGE",
    "ADOLESCENT_RESTRICTED_AREAS",
    "ADULT_AGE",
    "ANY_AGE",
    "RULES",
    "StateRule",
    "adolescent_default_areas",
    "areas_on",
    "birthday_turning",
    "grant_ends_on",
    "is_adolescent",
    "may_be_granted_today",
    "own_account_from",
    "rule_for",
]

ADOLESCENT_MIN_AGE = 12
"""Years. Adolescence is 12 to 17 here; 12 is also the lowest age that any state in the table names."""

ADULT_AGE = 18
"""Years. No parent's grant outlives this birthday."""

ADOLESCENT_RESTRICTED_AREAS: frozenset[Area] = frozenset({"messages", "measures", "sensitive_documents"})
"""Areas that a grant over an adolescent does not open unless staff enable them for that grant."""


def rule_for(state: str) -> StateRule | None:
    """The rule of a state by its two-letter code, in any case; None where the table has no rule and staff decide."""
    return RULES.get(state.strip().upper())


def birthday_turning(date_of_birth: date, age: int) -> date:
    """The day on which a person born on `date_of_birth` turns `age` years.

    A person born on 29 February turns a year older on 1 March in a common year, because the year of age is
    complete only when 28 February has passed. Raises ValueError for a negative age, or a year past 9999.
    """
    if age < 0:
        raise ValueError("age must not be negative")
    try:
        return date_of_birth.replace(year=date_of_birth.year + age)
    except ValueError:
        return date(date_of_birth.year + age, 3, 1)


def is_adolescent(date_of_birth: date, today: date) -> bool:
    """Whether the child is 12 to 17 years old on `today`."""
    return birthday_turning(date_of_birth, ADOLESCENT_MIN_AGE) <= today < birthday_turning(date_of_birth, ADULT_AGE)


def grant_ends_on(
    date_of_birth: date, state: str | None, requested_until: date | None, *, authorized_by_minor: bool = False
) -> date:
    """The first local day on which a parent's grant over this child's record is no longer in force.

    It is the earliest of the birthday that the state's rule names, the 18th birthday, and the date that staff chose.
    The rule's birthday does not bind a grant that the minor has authorized; the 18th always does. `state` is where
    the child is treated; when it is None or not in the table, only the chosen date and the 18th birthday count.
    If the result is not after today, the grant may not be created (`may_be_granted_today`).
    """
    days = [birthday_turning(date_of_birth, ADULT_AGE)]
    rule = rule_for(state) if state is not None else None
    if rule is not None and not authorized_by_minor:
        days.append(birthday_turning(date_of_birth, rule.parent_access_ends_at))
    if requested_until is not None:
        days.append(requested_until)
    return min(days)


def may_be_granted_today(
    date_of_birth: date, state: str | None, today: date, *, authorized_by_minor: bool = False
) -> bool:
    """Whether staff may create a parent's grant over this child today, in the practice's time zone.

    Past the age in the state's rule this needs the minor's own authorization, of which the caller keeps evidence.
    From the 18th birthday it is never allowed: an adult names a representative by another type of grant.
    """
    return today < grant_ends_on(date_of_birth, state, None, authorized_by_minor=authorized_by_minor)


def own_account_from(date_of_birth: date, state: str | None) -> date:
    """The first local day on which a client may have an account of their own.

    It is the birthday on which a parent's grant ends unless the minor authorizes it (`grant_ends_on`): until then the
    parent acts for the child (45 CFR 164.502(g)(3)(i)), and signs in as a proxy. Without a rule of the state it is the
    18th birthday.
    """
    return grant_ends_on(date_of_birth, state, None)


def adolescent_default_areas(date_of_birth: date, today: date) -> frozenset[Area]:
    """The areas that a parent's new grant opens by default on `today`.

    All areas over a child under 12, all but `ADOLESCENT_RESTRICTED_AREAS` over an adolescent, none over an adult.
    """
    if today >= birthday_turning(date_of_birth, ADULT_AGE):
        return frozenset()
    every = frozenset(AREAS)
    return every - ADOLESCENT_RESTRICTED_AREAS if is_adolescent(date_of_birth, today) else every


def areas_on(areas: frozenset[Area], restricted_from: date | None, today: date) -> frozenset[Area]:
    """The areas that a grant opens on a local day: from `restricted_from` on, without the areas closed for adolescents.

    Returns the granted areas unchanged before that day, and always when `restricted_from` is None.
    """
    return areas - ADOLESCENT_RESTRICTED_AREAS if restricted_from is not None and today >= restricted_from else areas
