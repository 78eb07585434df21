"""A proxy's access to a client's record: what staff decide, what the rules for minors make of it, and until when."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.access.errors import GrantNotAllowed, GrantOver
from portal_core.access.minors import (
    ADOLESCENT_FROM,
    ADULT_FROM,
    OFF_OVER_ADOLESCENTS,
    adolescent_default_areas,
    birthday_turning,
    grant_ends_on,
    may_be_granted_today,
    rule_for,
)
from portal_core.kernel.actor import AREAS, Area
from portal_core.kernel.errors import Invalid

Relation = Literal["parent", "guardian", "representative", "other"]
RELATIONS: tuple[Relation, ...] = ("parent", "guardian", "representative", "other")


@frozen
class GrantTerms:
    """What staff decide about a proxy's access.

    `areas` None asks for the defaults at the client's age; `until` is the first local day without access, None for as
    long as the rules allow. `authorised_by_minor`: the minor has authorised it, and the practice keeps the evidence.
    """

    relation: Relation
    areas: frozenset[Area] | None = None
    may_write: bool = False
    until: date | None = None
    authorised_by_minor: bool = False


@frozen
class Standing:
    """What terms come to for a client of that age: see `Grant`."""

    areas: frozenset[Area]
    until: date | None
    narrows_on: date | None


def standing_of(terms: GrantTerms, *, born: date, state: str | None, today: date) -> Standing:
    """What may be granted today, in the practice's zone, over a client born on `born` and treated in `state`.

    Over a minor the rules of `minors` bind every relation. Where no rule of the state is known, staff decide each
    grant and name its end themselves. A parent as such has no access to an adult's record; a guardian named by a
    court and a representative named by the client do, in the areas that staff name.

    Raises:
        GrantNotAllowed: not at this age.
        Invalid: `until` or `areas` is missing, or `until` is not after today.
    """
    if terms.until is not None and terms.until <= today:
        raise Invalid.at("until", "until_past", "The access would be over before it begins.")
    if terms.areas is not None and not terms.areas:
        raise Invalid.at("areas", "areas_needed", "Name at least one area.")
    if today >= birthday_turning(born, ADULT_FROM):
        return _over_adult(terms)
    if not may_be_granted_today(born, state, today, authorised_by_minor=terms.authorised_by_minor):
        raise GrantNotAllowed
    if terms.until is None and (state is None or rule_for(state) is None):
        raise Invalid.at("until", "until_needed", "No rule of this state is on file: decide how long the access lasts.")
    return Standing(
        areas=terms.areas or adolescent_default_areas(born, today),
        until=grant_ends_on(born, state, terms.until, authorised_by_minor=terms.authorised_by_minor),
        narrows_on=_narrows_on(born, today, authorised_by_minor=terms.authorised_by_minor),
    )


def areas_on(areas: frozenset[Area], narrows_on: date | None, today: date) -> frozenset[Area]:
    """The areas that a grant opens on a local day: from `narrows_on` without those that are off over adolescents."""
    return areas - OFF_OVER_ADOLESCENTS if narrows_on is not None and today >= narrows_on else areas


def in_force_on(starts: date, until: date | None, today: date) -> bool:
    """Whether a grant that stands opens anything on a local day."""
    return starts <= today and (until is None or today < until)


@frozen
class Grant:
    """Access of one account to one client's record, from `starts` to the day before `until`, at the practice.

    `until` is the earliest of staff's own date (`decided_until`) and what the rules for minors say; None only over
    adults. `narrows_on` is the 12th birthday where the grant was made before it and not authorised by the minor: from
    then on messages, measures and sensitive documents are off, unless staff decide anew. `decided_by` is the account
    of the member of staff.
    """

    id: UUID
    practice_id: UUID
    client_id: UUID
    account_id: UUID
    relation: Relation
    areas: frozenset[Area]
    may_write: bool
    starts: date
    decided_by: UUID
    decided_at: datetime
    until: date | None = None
    decided_until: date | None = None
    narrows_on: date | None = None
    authorised_by_minor: bool = False
    revoked_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1

    @property
    def stands(self) -> bool:
        """Neither revoked nor ended; it may still be before its start or past its last day."""
        return self.revoked_at is None and self.ended_at is None

    def in_force(self, today: date) -> bool:
        """Whether it opens anything on this local day."""
        return self.stands and in_force_on(self.starts, self.until, today)

    def due(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.until is not None and today >= self.until

    def areas_today(self, today: date) -> frozenset[Area]:
        """What it opens on this local day; nothing when it is not in force."""
        return areas_on(self.areas, self.narrows_on, today) if self.in_force(today) else frozenset()

    def revoke(self, at: datetime) -> "Grant":
        """Taken back by staff, at once.

        Raises:
            GrantOver: it does not stand any more.
        """
        self._must_stand()
        return evolve(self, revoked_at=at, version=self.version + 1)

    def end(self, at: datetime) -> "Grant":
        """Over by its date.

        Raises:
            GrantOver: it does not stand any more.
        """
        self._must_stand()
        return evolve(self, ended_at=at, version=self.version + 1)

    def redated(self, born: date, state: str | None, *, formerly: date) -> "Grant":
        """With the dates that follow from a corrected date of birth, or another state; the same when none moves.

        `formerly` is the date of birth by which it was decided. The rules for minors bind a grant that was decided
        over a minor by either date, so what was granted over a child who turns out to have been an adult ends.
        `until` may come to lie in the past, or before the start: such a grant is due, and the caller ends it.
        """
        until, narrows_on = self.decided_until, None
        if self.starts < birthday_turning(max(born, formerly), ADULT_FROM):
            until = grant_ends_on(born, state, self.decided_until, authorised_by_minor=self.authorised_by_minor)
            narrows_on = _narrows_on(born, self.starts, authorised_by_minor=self.authorised_by_minor)
        if (until, narrows_on) == (self.until, self.narrows_on):
            return self
        return evolve(self, until=until, narrows_on=narrows_on, version=self.version + 1)

    def _must_stand(self) -> None:
        if not self.stands:
            raise GrantOver


def ordered(areas: frozenset[Area]) -> tuple[Area, ...]:
    """Areas in the order in which they are always shown."""
    return tuple(area for area in AREAS if area in areas)


def _over_adult(terms: GrantTerms) -> Standing:
    if terms.relation == "parent":
        raise GrantNotAllowed
    if terms.areas is None:
        raise Invalid.at("areas", "areas_needed", "Name the areas that the client, or the court, has opened.")
    return Standing(terms.areas, terms.until, None)


def _narrows_on(born: date, decided_on: date, *, authorised_by_minor: bool) -> date | None:
    birthday = birthday_turning(born, ADOLESCENT_FROM)
    return birthday if decided_on < birthday and not authorised_by_minor else None
