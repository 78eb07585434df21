"""Minors: every rule has its sources, and no parent's grant outlives the birthday that ends it."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_core.access import minors
from portal_core.access.minors import RULES, StateRule

DOCS = Path(__file__).parents[3] / "docs" / "explanation" / "minors.md"

births = st.dates(date(1900, 1, 1), date(2090, 12, 31))
leap_births = st.sampled_from([date(year, 2, 29) for year in range(1904, 2090, 4)])
children = st.one_of(births, leap_births)
states = st.one_of(st.none(), st.sampled_from([*RULES, "ZZ", "GA"]))
staff_dates = st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2120, 1, 1)))


# The table


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_every_rule_is_citable(rule: StateRule) -> None:
    assert len(rule.state) == 2
    assert rule.state == rule.state.upper()
    assert any(mark in rule.citation for mark in ("§", "ILCS", "RCW"))
    assert rule.sources
    assert all(source.startswith(("https://", "http://")) for source in rule.sources)
    assert rule.rule.endswith(".")
    assert rule.rule.count(". ") == 0
    assert rule.text_as_of
    assert date(2026, 11, 22) <= rule.reviewed_on


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_every_rule_has_plausible_ages(rule: StateRule) -> None:
    assert minors.ADOLESCENT_MIN_AGE <= rule.parent_access_ends_at <= minors.ADULT_AGE
    assert rule.consent_age is None or 0 <= rule.consent_age < minors.ADULT_AGE
    if rule.parent_access_ends_at < minors.ADULT_AGE:
        assert rule.consent_age is not None, "a parent's access ends early only where a minor may consent"
        assert rule.consent_age <= rule.parent_access_ends_at


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_compliance_page_matches_table(rule: StateRule) -> None:
    consent = {None: "none found", minors.ANY_AGE: "any"}.get(rule.consent_age, str(rule.consent_age))
    row = f"| {rule.state} | {rule.citation} | {consent} | {rule.parent_access_ends_at} | {rule.rule} |"
    assert row in DOCS.read_text(encoding="utf-8").splitlines()


def test_compliance_page_lists_only_states_in_table() -> None:
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    listed = [line.split("|")[1].strip() for line in lines if line.startswith("| ") and line[4:5] == " "]
    assert sorted(listed) == sorted(RULES)


@pytest.mark.parametrize(
    ("state", "age"),
    [("CA", 12), ("IL", 12), ("WA", 13), ("PA", 14), ("NM", 14), ("TN", 16), ("ID", 18), ("VA", 18)],
)
def test_the_age_at_which_a_parents_access_ends(state: str, age: int) -> None:
    rule = minors.rule_for(state)
    assert rule is not None
    assert rule.parent_access_ends_at == age


def test_state_lookup_ignores_case_and_spaces() -> None:
    assert minors.rule_for(" pa ") is RULES["PA"]


def test_unknown_state_has_no_rule() -> None:
    assert minors.rule_for("GA") is None
    assert minors.rule_for("") is None


# Birthdays


def test_leap_day_birthday_falls_on_1_march() -> None:
    assert minors.birthday_turning(date(2008, 2, 29), 18) == date(2026, 3, 1)
    assert minors.birthday_turning(date(2008, 2, 29), 16) == date(2024, 2, 29)
    assert minors.birthday_turning(date(2008, 2, 28), 18) == date(2026, 2, 28)
    assert minors.birthday_turning(date(2082, 2, 28), 18) == date(2100, 2, 28)
    assert minors.birthday_turning(date(2084, 2, 29), 16) == date(2100, 3, 1)  # 2100 is no leap year


@given(leap_births, st.integers(0, 30))
def test_a_leap_day_birthday_is_never_in_february_of_a_common_year(date_of_birth: date, age: int) -> None:
    turns = minors.birthday_turning(date_of_birth, age)
    assert turns.year == date_of_birth.year + age
    assert (turns.month, turns.day) in {(2, 29), (3, 1)}
    assert (turns - timedelta(days=1)).month == 2


@given(children, st.integers(0, 30))
def test_birthdays_are_about_a_year_apart(date_of_birth: date, age: int) -> None:
    gap = minors.birthday_turning(date_of_birth, age + 1) - minors.birthday_turning(date_of_birth, age)
    assert timedelta(days=365) <= gap <= timedelta(days=367)


@given(births, st.integers(0, 30))
def test_ages_are_monotonic(date_of_birth: date, age: int) -> None:
    next_day = date_of_birth + timedelta(days=1)
    assert minors.birthday_turning(date_of_birth, age) <= minors.birthday_turning(next_day, age)


@pytest.mark.parametrize("age", [-1, 8000])
def test_age_out_of_range_is_rejected(age: int) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the date's own message
        minors.birthday_turning(date(2010, 5, 5), age)


# When a grant ends


@given(children, states, staff_dates, st.booleans())
def test_no_grant_outlives_the_18th_birthday(
    date_of_birth: date, state: str | None, staff: date | None, authorized: bool
) -> None:
    ends = minors.grant_ends_on(date_of_birth, state, staff, authorized_by_minor=authorized)
    assert ends <= minors.birthday_turning(date_of_birth, 18)


@given(children, states, staff_dates, st.booleans())
def test_staff_date_only_shortens_grant(
    date_of_birth: date, state: str | None, staff: date | None, authorized: bool
) -> None:
    with_staff = minors.grant_ends_on(date_of_birth, state, staff, authorized_by_minor=authorized)
    without = minors.grant_ends_on(date_of_birth, state, None, authorized_by_minor=authorized)
    assert with_staff == (without if staff is None else min(without, staff))


@given(children, st.sampled_from(list(RULES)), staff_dates)
def test_without_minor_authorization_grant_ends_at_rule_age(
    date_of_birth: date, state: str, staff: date | None
) -> None:
    age = RULES[state].parent_access_ends_at
    assert minors.grant_ends_on(date_of_birth, state, staff) <= minors.birthday_turning(date_of_birth, age)


@given(births, states, staff_dates, st.booleans())
def test_grant_for_younger_child_ends_no_earlier(
    date_of_birth: date, state: str | None, staff: date | None, authorized: bool
) -> None:
    def ends(birth: date) -> date:
        return minors.grant_ends_on(birth, state, staff, authorized_by_minor=authorized)

    assert ends(date_of_birth) <= ends(date_of_birth + timedelta(days=1))


@given(children, states)
def test_minor_authorization_extends_grant_to_18th_birthday(date_of_birth: date, state: str | None) -> None:
    ends = minors.grant_ends_on(date_of_birth, state, None, authorized_by_minor=True)
    assert ends == minors.birthday_turning(date_of_birth, 18)


def test_a_grant_in_pennsylvania_ends_on_the_14th_birthday() -> None:
    assert minors.grant_ends_on(date(2012, 2, 29), "PA", None) == date(2026, 3, 1)
    assert minors.grant_ends_on(date(2012, 2, 29), "PA", date(2025, 9, 1)) == date(2025, 9, 1)


@pytest.mark.parametrize("state", [None, "GA"])
def test_without_state_rule_staff_date_is_limited_by_18th_birthday(state: str | None) -> None:
    date_of_birth = date(2012, 6, 1)
    assert minors.grant_ends_on(date_of_birth, state, None) == date(2030, 6, 1)
    assert minors.grant_ends_on(date_of_birth, state, date(2027, 1, 1)) == date(2027, 1, 1)
    assert minors.grant_ends_on(date_of_birth, state, date(2031, 1, 1)) == date(2030, 6, 1)


# Whether a grant may be created


def test_past_rule_age_requires_minor_authorization() -> None:
    date_of_birth, birthday = date(2012, 5, 5), date(2026, 5, 5)
    assert minors.may_be_granted_today(date_of_birth, "PA", birthday - timedelta(days=1))
    assert not minors.may_be_granted_today(date_of_birth, "PA", birthday)
    assert minors.may_be_granted_today(date_of_birth, "PA", birthday, authorized_by_minor=True)
    assert minors.may_be_granted_today(date_of_birth, None, birthday)


@given(children, states, st.integers(0, 30_000), st.booleans())
def test_no_parent_grant_from_18th_birthday(
    date_of_birth: date, state: str | None, days: int, authorized: bool
) -> None:
    today = minors.birthday_turning(date_of_birth, 18) + timedelta(days=days)
    assert not minors.may_be_granted_today(date_of_birth, state, today, authorized_by_minor=authorized)


# From when a client may have an account of their own


@given(children, states, st.integers(0, 40_000))
def test_a_client_may_have_an_account_exactly_when_no_parent_may_be_granted_access(
    date_of_birth: date, state: str | None, days: int
) -> None:
    today = date_of_birth + timedelta(days=days)
    allowed = today >= minors.own_account_from(date_of_birth, state)
    assert allowed != minors.may_be_granted_today(date_of_birth, state, today)


def test_the_age_for_an_own_account_by_state() -> None:
    born = date(2012, 5, 5)
    ages = {"CA": 12, "WA": 13, "PA": 14, "TN": 16, "NY": 18, "GA": 18, None: 18}
    assert {state: minors.own_account_from(born, state).year - born.year for state in ages} == ages


# What a grant opens


def test_default_areas_over_adolescent() -> None:
    date_of_birth = date(2012, 5, 5)
    off = frozenset({"messages", "measures", "sensitive_documents"})
    child = minors.adolescent_default_areas(date_of_birth, date(2024, 5, 4))
    assert off < child
    for day in (date(2024, 5, 5), date(2030, 5, 4)):
        assert minors.is_adolescent(date_of_birth, day)
        assert minors.adolescent_default_areas(date_of_birth, day) == child - off


def test_adolescence_is_12_to_17() -> None:
    date_of_birth = date(2012, 2, 29)
    assert not minors.is_adolescent(date_of_birth, date(2024, 2, 28))
    assert minors.is_adolescent(date_of_birth, date(2030, 2, 28))
    assert not minors.is_adolescent(date_of_birth, date(2030, 3, 1))
    assert minors.adolescent_default_areas(date_of_birth, date(2030, 3, 1)) == frozenset()
