"""What a grant needs to know of client and practice, at each of the moments when one is made or moved."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from portal_core.access.model import Grant, GrantTerms, standing_of
from portal_core.access.ports import Grants, Jurisdiction, Jurisdictions, Subject
from portal_core.kernel.audit import Audited
from portal_core.kernel.outbox import Notice
from portal_core.kernel.uow import Unit


class RedatingUnit(Unit, Protocol):
    @property
    def grants(self) -> Grants: ...
    @property
    def practice_record(self) -> Jurisdictions: ...


def new_grant(
    grant_id: UUID,
    terms: GrantTerms,
    *,
    account_id: UUID,
    client: Subject,
    practice: Jurisdiction,
    by: UUID,
    now: datetime,
) -> Grant:
    """The grant that these terms make today; `by` is the account of the member of staff.

    Raises:
        GrantNotAllowed, Invalid: see `standing_of`.
    """
    today = practice.today(now)
    standing = standing_of(terms, born=client.born, state=client.state or practice.state, today=today)
    return Grant(
        id=grant_id,
        practice_id=practice.id,
        client_id=client.id,
        account_id=account_id,
        relation=terms.relation,
        areas=standing.areas,
        may_write=terms.may_write,
        starts=today,
        decided_by=by,
        decided_at=now,
        until=standing.until,
        decided_until=terms.until,
        narrows_on=standing.narrows_on,
        authorised_by_minor=terms.authorised_by_minor,
    )


def grant_made(grant: Grant) -> Audited:
    """The entry for a new grant."""
    facts = {"relation": grant.relation, "until": grant.until.isoformat() if grant.until else ""}
    return Audited("grant.made", grant.id, record=grant.client_id, facts=facts)


async def end_grant(unit: RedatingUnit, grant: Grant, now: datetime) -> None:
    """The last day has passed: over, and the proxy is told, once."""
    await unit.grants.save(grant.end(now), Audited("grant.ended", grant.id, record=grant.client_id))
    await tell_over(unit, grant)


async def tell_over(unit: RedatingUnit, grant: Grant) -> None:
    """Have the proxy told that access is over; whose record it was is not said."""
    notice = Notice(
        "grant_ended", "service", to_account=grant.account_id, about=grant.id, once=f"grant_ended:{grant.id}"
    )
    await unit.outbox.notify(notice)


async def redate_grants(unit: RedatingUnit, before: Subject, client: Subject, now: datetime) -> None:
    """After a client's date of birth or state was corrected: move the last days that followed from it.

    A grant whose last day has passed by the corrected dates ends here.
    """
    practice = await unit.practice_record.get()
    for grant in await unit.grants.over(client.id):
        if not grant.stands:
            continue
        redated = grant.redated(client.born, client.state or practice.state, formerly=before.born)
        if redated.due(practice.today(now)):
            await end_grant(unit, grant, now)
        elif redated is not grant:
            facts = {"until": redated.until.isoformat() if redated.until else ""}
            await unit.grants.save(redated, Audited("grant.redated", grant.id, record=client.id, facts=facts))
