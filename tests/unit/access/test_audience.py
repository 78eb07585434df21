"""Which proxies may see an area of a record: for all grants and days, what each grant opens by itself."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from attrs import evolve, frozen
from hypothesis import example, given
from hypothesis import strategies as st

from portal_core.access.audience import audience
from portal_core.access.minors import ADOLESCENT_RESTRICTED_AREAS, birthday_turning
from portal_core.access.model import Grant, GrantTerms, effective_terms
from portal_core.kernel.actor import AREAS, Area
from portal_core.kernel.time_zones import zone_info

PRACTICE, CLIENT = UUID(int=1), UUID(int=2)
NEW_YORK = zone_info("America/New_York")
TODAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=NEW_YORK)
DAYS = st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=3))


@frozen
class FakePractice:
    """A practice in New York."""

    id: UUID = PRACTICE
    state: str | None = "NY"

    def today(self, now: datetime) -> date:
        return now.astimezone(NEW_YORK).date()


@frozen
class FakeUnit:
    """The grants of one client, and the practice."""

    held: tuple[Grant, ...]

    @property
    def grants(self) -> "FakeUnit":
        return self

    @property
    def practice_record(self) -> "FakeUnit":
        return self

    async def list_for_client(self, client_id: UUID) -> tuple[Grant, ...]:
        return tuple(one for one in self.held if one.client_id == client_id)

    async def get(self) -> FakePractice:
        return FakePractice()


def granted(account: int = 7, areas: frozenset[Area] = frozenset(AREAS), starts_on: date = TODAY) -> Grant:
    return Grant(
        id=UUID(int=9),
        practice_id=PRACTICE,
        client_id=CLIENT,
        account_id=UUID(int=account),
        relationship="parent",
        areas=areas,
        may_write=False,
        starts_on=starts_on,
        granted_by=UUID(int=5),
        granted_at=NOON,
    )


def audience_of(*grants: Grant, area: Area = "messages", now: datetime = NOON) -> tuple[int, ...]:
    found = asyncio.run(audience(FakeUnit(grants), CLIENT, area, now))  # type: ignore[arg-type]
    return tuple(one.int for one in found)


GRANTS = st.builds(
    lambda account, areas, starts_on, until, restricted_from, revoked, ended: evolve(
        granted(account, areas, starts_on),
        until=until,
        restricted_from=restricted_from,
        revoked_at=NOON if revoked else None,
        ended_at=NOON if ended else None,
    ),
    st.integers(1, 5),
    st.frozensets(st.sampled_from(AREAS), min_size=1),
    DAYS,
    st.none() | DAYS,
    st.none() | DAYS,
    st.booleans(),
    st.booleans(),
)


@given(st.lists(GRANTS, max_size=6), st.sampled_from(AREAS), DAYS)
def test_audience_follows_from_the_facts_of_each_grant(grants: list[Grant], area: Area, today: date) -> None:
    expected = set[int]()
    for grant in grants:
        if grant.revoked_at is not None or grant.ended_at is not None:
            continue
        if today < grant.starts_on or (grant.until is not None and today >= grant.until):
            continue
        restricted = grant.restricted_from is not None and today >= grant.restricted_from
        if area in grant.areas and not (restricted and area in ADOLESCENT_RESTRICTED_AREAS):
            expected.add(grant.account_id.int)
    now = datetime(today.year, today.month, today.day, 12, tzinfo=NEW_YORK)
    assert audience_of(*grants, area=area, now=now) == tuple(sorted(expected))


def test_proxies_are_named_once_in_order_of_account() -> None:
    assert audience_of(granted(8), granted(3), granted(8)) == (3, 8)
    assert audience_of() == ()
    assert audience_of(evolve(granted(), client_id=UUID(int=99))) == ()


def test_revoked_and_ended_grants_open_nothing() -> None:
    assert audience_of(granted().revoke(NOON)) == ()
    assert audience_of(granted().end(NOON)) == ()


def test_first_and_last_day_are_days_at_the_practice() -> None:
    grant = evolve(granted(), until=TODAY + timedelta(days=1))
    midnight = datetime(2026, 3, 2, tzinfo=NEW_YORK).astimezone(UTC)
    instant, day = timedelta.resolution, timedelta(days=1)
    assert audience_of(grant, now=midnight - instant) == ()
    assert audience_of(grant, now=midnight) == (7,)
    assert audience_of(grant, now=midnight + day - instant) == (7,)
    assert audience_of(grant, now=midnight + day) == ()


@given(st.dates(date(2014, 1, 1), date(2020, 1, 1)))
@example(date(2016, 2, 29))
def test_restricted_areas_close_on_the_twelfth_birthday(date_of_birth: date) -> None:
    decided_on = date_of_birth + timedelta(days=1)
    terms = effective_terms(GrantTerms("parent"), date_of_birth=date_of_birth, state="NY", today=decided_on)
    grant = evolve(
        granted(areas=frozenset(AREAS), starts_on=decided_on),
        until=terms.until,
        restricted_from=terms.restricted_from,
    )
    birthday = birthday_turning(date_of_birth, 12)
    before, on = (
        datetime(day.year, day.month, day.day, 12, tzinfo=NEW_YORK) for day in (birthday - timedelta(days=1), birthday)
    )
    for area in AREAS:
        assert audience_of(grant, area=area, now=before) == (7,)
        assert audience_of(grant, area=area, now=on) == (() if area in ADOLESCENT_RESTRICTED_AREAS else (7,))
