"""What terms come to, and what a grant opens on a day: for all births, states and days."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from portal_core.access.errors import GrantNotActive, GrantNotAllowed
from portal_core.access.minors import ADOLESCENT_RESTRICTED_AREAS, RULES, birthday_turning
from portal_core.access.model import (
    RELATIONSHIPS,
    EffectiveTerms,
    Grant,
    GrantTerms,
    areas_on,
    effective_terms,
    ordered,
)
from portal_core.kernel.actor import AREAS
from portal_core.kernel.errors import Invalid

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
DAYS = st.dates(date(1990, 1, 1), date(2060, 1, 1))
STATES = st.sampled_from([None, "ZZ", "CA", "NY", "PA", "WA", "MT"])
AREA_SETS = st.frozensets(st.sampled_from(AREAS), min_size=1)
TERMS = st.builds(
    GrantTerms,
    st.sampled_from(RELATIONSHIPS),
    st.none() | AREA_SETS,
    st.booleans(),
    st.none() | DAYS,
    st.booleans(),
)


def decided(terms: GrantTerms, date_of_birth: date, state: str | None, today: date) -> EffectiveTerms | None:
    try:
        return effective_terms(terms, date_of_birth=date_of_birth, state=state, today=today)
    except (GrantNotAllowed, Invalid):
        return None


def grant_of(terms: GrantTerms, standing: EffectiveTerms, today: date = TODAY) -> Grant:
    return Grant(
        UUID(int=1),
        UUID(int=2),
        UUID(int=3),
        UUID(int=4),
        terms.relationship,
        standing.areas,
        terms.may_write,
        today,
        UUID(int=5),
        NOW,
        standing.until,
        terms.until,
        standing.restricted_from,
        terms.authorized_by_minor,
    )


@given(TERMS, DAYS, STATES, st.integers(0, 30 * 365), st.integers(0, 20 * 365))
def test_no_grant_over_a_minor_outlives_the_birthday_that_ends_it(
    terms: GrantTerms, date_of_birth: date, state: str | None, age: int, later: int
) -> None:
    today = date_of_birth + timedelta(days=age)
    standing = decided(terms, date_of_birth, state, today)
    assume(standing is not None)
    assert standing is not None
    grant = grant_of(terms, standing, today)
    day = today + timedelta(days=later)
    opened = grant.areas_today(day)
    minor = today < birthday_turning(date_of_birth, 18)
    if minor and day >= birthday_turning(date_of_birth, 18):
        assert opened == frozenset()
    rule = RULES.get(state or "")
    if minor and rule is not None and not terms.authorized_by_minor:
        assert day < birthday_turning(date_of_birth, rule.parent_access_ends_at) or opened == frozenset()
    if terms.until is not None and day >= terms.until:
        assert opened == frozenset()
    if terms.areas is not None:
        assert opened <= terms.areas
    assert grant.in_force(today)


@given(TERMS, DAYS, STATES, st.integers(0, 20 * 365))
def test_from_the_12th_birthday_what_was_decided_before_it_is_narrowed(
    terms: GrantTerms, date_of_birth: date, state: str | None, age: int
) -> None:
    today = date_of_birth + timedelta(days=age)
    standing = decided(terms, date_of_birth, state, today)
    assume(standing is not None)
    assert standing is not None
    twelfth = birthday_turning(date_of_birth, 12)
    grant = grant_of(terms, standing, today)
    if today < twelfth and not terms.authorized_by_minor:
        assert not grant.areas_today(twelfth) & ADOLESCENT_RESTRICTED_AREAS
        assert grant.areas_today(twelfth - timedelta(days=1)) in (grant.areas, frozenset())
    else:
        assert standing.restricted_from is None
    if terms.areas is None and twelfth <= today:
        assert not grant.areas & ADOLESCENT_RESTRICTED_AREAS


@given(TERMS, DAYS, STATES, STATES, DAYS, st.integers(0, 17 * 365))
def test_a_corrected_birth_gives_the_dates_that_the_right_one_would_have_given(
    terms: GrantTerms, date_of_birth: date, state: str | None, moved: str | None, right: date, age: int
) -> None:
    today = date_of_birth + timedelta(days=age)
    standing = decided(terms, date_of_birth, state, today)
    assume(standing is not None and right <= today)
    assert standing is not None
    grant = grant_of(terms, standing, today)
    with_recalculated_dates = grant.with_recalculated_dates(right, moved, previous_date_of_birth=date_of_birth)
    anew = decided(terms, right, moved, today)
    if anew is not None and today < birthday_turning(right, 18):
        assert (with_recalculated_dates.until, with_recalculated_dates.restricted_from) == (
            anew.until,
            anew.restricted_from,
        )
    if birthday_turning(right, 18) <= today:
        assert with_recalculated_dates.is_expired(today)
    assert (
        with_recalculated_dates.with_recalculated_dates(date_of_birth, state, previous_date_of_birth=right).until
        == grant.until
    )
    assert grant.with_recalculated_dates(date_of_birth, state, previous_date_of_birth=date_of_birth) is grant
    assert with_recalculated_dates is grant or with_recalculated_dates.version == grant.version + 1


def test_grants_over_adults() -> None:
    date_of_birth = date(2008, 3, 2)
    with pytest.raises(GrantNotAllowed):
        effective_terms(
            GrantTerms("parent", frozenset({"profile"})), date_of_birth=date_of_birth, state="NY", today=TODAY
        )
    with pytest.raises(Invalid) as refused:
        effective_terms(GrantTerms("representative"), date_of_birth=date_of_birth, state="NY", today=TODAY)
    assert refused.value.fields[0].code == "areas_needed"
    terms = GrantTerms("guardian", frozenset({"messages"}), until=date(2027, 1, 1))
    assert effective_terms(terms, date_of_birth=date_of_birth, state="NY", today=TODAY) == EffectiveTerms(
        frozenset({"messages"}), date(2027, 1, 1), None
    )
    grant = grant_of(terms, effective_terms(terms, date_of_birth=date_of_birth, state="NY", today=TODAY))
    assert grant.with_recalculated_dates(date(2007, 1, 1), "CA", previous_date_of_birth=date_of_birth) is grant
    turned_out_a_child = grant.with_recalculated_dates(date(2012, 5, 1), "CA", previous_date_of_birth=date_of_birth)
    assert turned_out_a_child.is_expired(TODAY)


@pytest.mark.parametrize("state", [None, "ZZ"])
def test_where_no_rule_is_known_staff_name_the_end_and_the_18th_birthday_binds(state: str | None) -> None:
    date_of_birth = date(2016, 5, 1)
    with pytest.raises(Invalid) as refused:
        effective_terms(GrantTerms("parent"), date_of_birth=date_of_birth, state=state, today=TODAY)
    assert refused.value.fields[0].code == "until_needed"
    terms = GrantTerms("parent", until=date(2050, 1, 1))
    assert effective_terms(terms, date_of_birth=date_of_birth, state=state, today=TODAY).until == date(2034, 5, 1)


@pytest.mark.parametrize(
    ("terms", "code"),
    [(GrantTerms("parent", until=TODAY), "until_past"), (GrantTerms("parent", frozenset()), "areas_needed")],
)
def test_terms_that_open_nothing_are_refused(terms: GrantTerms, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        effective_terms(terms, date_of_birth=date(2016, 5, 1), state="NY", today=TODAY)
    assert refused.value.fields[0].code == code


def test_past_rule_age_needs_minor_authorisation() -> None:
    date_of_birth = date(2013, 1, 1)
    with pytest.raises(GrantNotAllowed):
        effective_terms(GrantTerms("parent"), date_of_birth=date_of_birth, state="CA", today=TODAY)
    with_word = effective_terms(
        GrantTerms("parent", authorized_by_minor=True), date_of_birth=date_of_birth, state="CA", today=TODAY
    )
    assert with_word.until == date(2031, 1, 1)
    assert not with_word.areas & ADOLESCENT_RESTRICTED_AREAS
    chosen = GrantTerms("parent", frozenset({"messages"}), authorized_by_minor=True)
    assert effective_terms(chosen, date_of_birth=date_of_birth, state="CA", today=TODAY).areas == {"messages"}


def test_grant_ends_once() -> None:
    grant = grant_of(GrantTerms("other"), EffectiveTerms(frozenset({"forms"}), date(2026, 4, 1), None))
    assert grant.in_force(TODAY)
    assert not grant.in_force(TODAY - timedelta(days=1))
    assert not grant.in_force(date(2026, 4, 1))
    for over in (grant.revoke(NOW), grant.end(NOW)):
        assert not over.is_active
        assert over.version == 2
        assert over.areas_today(TODAY) == frozenset()
        for again in (over.revoke, over.end):
            with pytest.raises(GrantNotActive):
                again(NOW)


def test_areas_are_masked_from_the_day_on_and_shown_in_order() -> None:
    day = date(2026, 9, 1)
    every = frozenset(AREAS)
    assert areas_on(every, day, day - timedelta(days=1)) == areas_on(every, None, day) == every
    assert areas_on(every, day, day) == every - ADOLESCENT_RESTRICTED_AREAS
    assert ordered(every) == AREAS
    assert ordered(frozenset({"payments", "profile"})) == ("profile", "payments")
    standing = EffectiveTerms(every, None, day)
    grant = evolve(grant_of(GrantTerms("parent"), standing), starts_on=TODAY)
    assert grant.areas_today(TODAY) == every
