"""A proxy's grant on a client's record: the terms that staff choose, the limits for minors, and the last day."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.access.errors import GrantNotActive, GrantNotAllowed
from portal_core.access.minors import (
    ADOLESCENT_MIN_AGE,
    ADULT_AGE,
    adolescent_default_areas,
    areas_on,
    birthday_turning,
    grant_ends_on,
    may_be_granted_today,
    rule_for,
)
from portal_core.kernel.actor import AREAS, Area
from portal_core.kernel.errors import Invalid

Relationship = Literal["parent", "guardian", "representative", "other"]
RELATIONSHIPS: tuple[Relationship, ...] = ("parent", "guardian", "representative", "other")


@frozen
class GrantTerms:
    """The terms that staff choose for a proxy's access.

    `areas` None means the defaults for the client's age. `until` is the first local day without access; None means
    as long as the rules allow. `authorized_by_minor`: the minor has authorized it, and the practice keeps the evidence.
    """

    relationship: Relationship
    areas: frozenset[Area] | None = None
    may_write: bool = False
    until: date | None = None
    authorized_by_minor: bool = False


@frozen
class EffectiveTerms:
    """The terms after the rules for the client's age are applied; fields as in `Grant`."""

    areas: frozenset[Area]
    until: date | None
    restricted_from: date | None


def effective_terms(terms: GrantTerms, *, date_of_birth: date, state: str | None, today: date) -> EffectiveTerms:
    """What may be granted today, in the practice's zone, over a client born on `date_of_birth` and treated in `state`.

    Over a minor, the rules in `minors` bind every relationship. Where the state has no known rule, staff decide each
    grant and must give its last day themselves. A parent as such has no access to an adult's record; a guardian named
    by a court and a representative named by the client do, in the areas that staff name.

    Raises:
        GrantNotAllowed: not allowed at this age.
        Invalid: `until` or `areas` is missing, or `until` is not after today.
    """
    if terms.until is not None and terms.until <= today:
        raise Invalid.at("until", "until_past", "Must be after today.")
    if terms.areas is not None and not terms.areas:
        raise Invalid.at("areas", "areas_needed", "Choose at least one area.")
    if today >= birthday_turning(date_of_birth, ADULT_AGE):
        return _terms_over_adult(terms)
    if not may_be_granted_today(date_of_birth, state, today, authorized_by_minor=terms.authorized_by_minor):
        raise GrantNotAllowed
    if terms.until is None and (state is None or rule_for(state) is None):
        raise Invalid.at("until", "until_needed", "Enter a last day: no rule of this state is on file.")
    return EffectiveTerms(
        areas=terms.areas or adolescent_default_areas(date_of_birth, today),
        until=grant_ends_on(date_of_birth, state, terms.until, authorized_by_minor=terms.authorized_by_minor),
        restricted_from=_restricted_from(date_of_birth, today, authorized_by_minor=terms.authorized_by_minor),
    )


def in_force_on(starts_on: date, until: date | None, today: date) -> bool:
    """Whether an active grant is in force on a local day."""
    return starts_on <= today and (until is None or today < until)


@frozen
class Grant:
    """Access of one account to one client's record, from `starts_on` to the day before `until`, in local days.

    `until` is the earlier of the date that staff chose (`requested_until`) and the limit for minors; None only over
    adults. `restricted_from` is the 12th birthday if the grant was created before it and not authorized by the minor:
    from that day messages, measures and sensitive documents are closed, unless staff create a new grant. `granted_by`
    is the account of the staff member.
    """

    id: UUID
    practice_id: UUID
    client_id: UUID
    account_id: UUID
    relationship: Relationship
    areas: frozenset[Area]
    may_write: bool
    starts_on: date
    granted_by: UUID
    granted_at: datetime
    until: date | None = None
    requested_until: date | None = None
    restricted_from: date | None = None
    authorized_by_minor: bool = False
    revoked_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1

    @property
    def is_active(self) -> bool:
        """Whether it is neither revoked nor ended; it may be before its start or past its last day."""
        return self.revoked_at is None and self.ended_at is None

    def in_force(self, today: date) -> bool:
        """Whether it opens anything on this local day."""
        return self.is_active and in_force_on(self.starts_on, self.until, today)

    def is_expired(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.until is not None and today >= self.until

    def areas_today(self, today: date) -> frozenset[Area]:
        """The areas that it opens on this local day; empty when it is not in force."""
        return areas_on(self.areas, self.restricted_from, today) if self.in_force(today) else frozenset()

    def revoke(self, at: datetime) -> "Grant":
        """Revoke it at once, by decision of staff.

        Raises:
            GrantNotActive: it was revoked or has ended.
        """
        self._require_active()
        return evolve(self, revoked_at=at, version=self.version + 1)

    def end(self, at: datetime) -> "Grant":
        """Mark it as ended because its last day has passed.

        Raises:
            GrantNotActive: it was revoked or has ended.
        """
        self._require_active()
        return evolve(self, ended_at=at, version=self.version + 1)

    def with_recalculated_dates(
        self, date_of_birth: date, state: str | None, *, previous_date_of_birth: date
    ) -> "Grant":
        """Recalculate its dates for a corrected date of birth or state; return the same grant if no date changes.

        `previous_date_of_birth` is the date of birth by which it was decided. The rules for minors bind a grant that
        was decided over a minor by either date, so a grant over a child who turns out to have been an adult ends.
        The new `until` may be in the past or before the start; the caller then ends the grant.
        """
        until, restricted_from = self.requested_until, None
        if self.starts_on < birthday_turning(max(date_of_birth, previous_date_of_birth), ADULT_AGE):
            until = grant_ends_on(
                date_of_birth, state, self.requested_until, authorized_by_minor=self.authorized_by_minor
            )
            restricted_from = _restricted_from(
                date_of_birth, self.starts_on, authorized_by_minor=self.authorized_by_minor
            )
        if (until, restricted_from) == (self.until, self.restricted_from):
            return self
        return evolve(self, until=until, restricted_from=restricted_from, version=self.version + 1)

    def _require_active(self) -> None:
        if not self.is_active:
            raise GrantNotActive


def ordered(areas: frozenset[Area]) -> tuple[Area, ...]:
    """Areas in the order in which they are always shown."""
    return tuple(area for area in AREAS if area in areas)


def _terms_over_adult(terms: GrantTerms) -> EffectiveTerms:
    if terms.relationship == "parent":
        raise GrantNotAllowed
    if terms.areas is None:
        raise Invalid.at("areas", "areas_needed", "Choose the areas that the client or the court has opened.")
    return EffectiveTerms(terms.areas, terms.until, None)


def _restricted_from(date_of_birth: date, decided_on: date, *, authorized_by_minor: bool) -> date | None:
    birthday = birthday_turning(date_of_birth, ADOLESCENT_MIN_AGE)
    return birthday if decided_on < birthday and not authorized_by_minor else None
