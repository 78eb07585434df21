"""Effective terms, and what a grant opens on a day: for all dates of birth, states and days."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from portal_core.access.errors import GrantNotActive, GrantNotAllowed
from portal_core.access.minors import ADOLESCENT_RESTRICTED_AREAS, RULES, areas_on, birthday_turning
from portal_core.access.model import RELATIONSHIPS, EffectiveTerms, Grant, GrantTerms, effective_terms, ordered
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


def effective_or_none(terms: GrantTerms, date_of_birth: date, state: str | None, today: date) -> EffectiveTerms | None:
    try:
        return effective_terms(terms, date_of_birth=date_of_birth, state=state, today=today)
    except (GrantNotAllowed, Invalid):
        return None


def grant_of(terms: GrantTerms, effective: EffectiveTerms, today: date = TODAY) -> Grant:
    return Grant(
        UUID(int=1),
        UUID(int=2),
        UUID(int=3),
        UUID(int=4),
        terms.relationship,
        effective.areas,
        terms.may_write,
        today,
        UUID(int=5),
        NOW,
        effective.until,
        terms.until,
        effective.restricted_from,
        terms.authorized_by_minor,
    )


@given(TERMS, DAYS, STATES, st.integers(0, 30 * 365), st.integers(0, 20 * 365))
def test_no_grant_over_minor_outlives_its_final_birthday(
    terms: GrantTerms, date_of_birth: date, state: str | None, age: int, later: int
) -> None:
    today = date_of_birth + timedelta(days=age)
    effective = effective_or_none(terms, date_of_birth, state, today)
    assume(effective is not None)
    assert effective is not None
    grant = grant_of(terms, effective, today)
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
def test_earlier_grant_is_restricted_from_12th_birthday(
    terms: GrantTerms, date_of_birth: date, state: str | None, age: int
) -> None:
    today = date_of_birth + timedelta(days=age)
    effective = effective_or_none(terms, date_of_birth, state, today)
    assume(effective is not None)
    assert effective is not None
    twelfth = birthday_turning(date_of_birth, 12)
    grant = grant_of(terms, effective, today)
    if today < twelfth and not terms.authorized_by_minor:
        assert not grant.areas_today(twelfth) & ADOLESCENT_RESTRICTED_AREAS
        assert grant.areas_today(twelfth - timedelta(days=1)) in (grant.areas, frozenset())
    else:
        assert effective.restricted_from is None
    if terms.areas is None and twelfth <= today:
        assert not grant.areas & ADOLESCENT_RESTRICTED_AREAS


@given(TERMS, DAYS, STATES, STATES, DAYS, st.integers(0, 17 * 365))
def test_corrected_date_of_birth_gives_the_dates_of_a_new_grant(
    terms: GrantTerms, date_of_birth: date, state: str | None, moved: str | None, right: date, age: int
) -> None:
    today = date_of_birth + timedelta(days=age)
    effective = effective_or_none(terms, date_of_birth, state, today)
    assume(effective is not None and right <= today)
    assert effective is not None
    grant = grant_of(terms, effective, today)
    recalculated = grant.with_recalculated_dates(right, moved, previous_date_of_birth=date_of_birth)
    expected = effective_or_none(terms, right, moved, today)
    if expected is not None and today < birthday_turning(right, 18):
        assert (recalculated.until, recalculated.restricted_from) == (
            expected.until,
            expected.restricted_from,
        )
    if birthday_turning(right, 18) <= today:
        assert recalculated.is_expired(today)
    assert recalculated.with_recalculated_dates(date_of_birth, state, previous_date_of_birth=right).until == grant.until
    assert grant.with_recalculated_dates(date_of_birth, state, previous_date_of_birth=date_of_birth) is grant
    assert recalculated is grant or recalculated.version == grant.version + 1


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
def test_without_state_rule_staff_must_name_end_before_18th_birthday(state: str | None) -> None:
    date_of_birth = date(2016, 5, 1)
    with pytest.raises(Invalid) as refused:
        effective_terms(GrantTerms("parent"), date_of_birth=date_of_birth, state=state, today=TODAY)
    assert [(one.path, one.code) for one in refused.value.fields] == [("until", "until_needed")]
    terms = GrantTerms("parent", until=date(2050, 1, 1))
    assert effective_terms(terms, date_of_birth=date_of_birth, state=state, today=TODAY).until == date(2034, 5, 1)


@pytest.mark.parametrize(
    ("terms", "born", "path", "code"),
    [
        (GrantTerms("parent", until=TODAY), 2016, "until", "until_past"),
        (GrantTerms("parent", frozenset()), 2016, "areas", "areas_needed"),
        (GrantTerms("representative", until=TODAY), 1990, "until", "until_past"),
        (GrantTerms("representative", frozenset()), 1990, "areas", "areas_needed"),
        (GrantTerms("representative"), 1990, "areas", "areas_needed"),
    ],
)
def test_terms_granting_nothing_are_rejected(terms: GrantTerms, born: int, path: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        effective_terms(terms, date_of_birth=date(born, 5, 1), state="NY", today=TODAY)
    assert [(one.path, one.code) for one in refused.value.fields] == [(path, code)]


def test_past_rule_age_requires_minor_authorization() -> None:
    date_of_birth = date(2013, 1, 1)
    with pytest.raises(GrantNotAllowed):
        effective_terms(GrantTerms("parent"), date_of_birth=date_of_birth, state="CA", today=TODAY)
    authorized = effective_terms(
        GrantTerms("parent", authorized_by_minor=True), date_of_birth=date_of_birth, state="CA", today=TODAY
    )
    assert authorized.until == date(2031, 1, 1)
    assert not authorized.areas & ADOLESCENT_RESTRICTED_AREAS
    chosen = GrantTerms("parent", frozenset({"messages"}), authorized_by_minor=True)
    assert effective_terms(chosen, date_of_birth=date_of_birth, state="CA", today=TODAY).areas == {"messages"}


def test_grant_ends_once() -> None:
    grant = grant_of(GrantTerms("other"), EffectiveTerms(frozenset({"forms"}), date(2026, 4, 1), None))
    assert grant.in_force(TODAY)
    assert not grant.in_force(TODAY - timedelta(days=1))
    assert not grant.in_force(date(2026, 4, 1))
    for ended in (grant.revoke(NOW), grant.end(NOW)):
        assert not ended.is_active
        assert ended.version == 2
        assert ended.areas_today(TODAY) == frozenset()
        for again in (ended.revoke, ended.end):
            with pytest.raises(GrantNotActive):
                again(NOW)


def test_areas_are_restricted_from_given_day_and_ordered() -> None:
    day = date(2026, 9, 1)
    every = frozenset(AREAS)
    assert areas_on(every, day, day - timedelta(days=1)) == areas_on(every, None, day) == every
    assert areas_on(every, day, day) == every - ADOLESCENT_RESTRICTED_AREAS
    assert ordered(every) == AREAS
    assert ordered(frozenset({"payments", "profile"})) == ("profile", "payments")
    effective = EffectiveTerms(every, None, day)
    grant = evolve(grant_of(GrantTerms("parent"), effective), starts_on=TODAY)
    assert grant.areas_today(TODAY) == every
