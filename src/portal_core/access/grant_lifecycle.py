"""Steps shared by use cases that create, end or recalculate a grant."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from portal_core.access.model import Grant, GrantTerms, effective_terms
from portal_core.access.ports import GrantClient, GrantPractice, GrantPractices, Grants
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import GRANT_ENDED
from portal_core.kernel.uow import UnitOfWork


class GrantUnit(UnitOfWork, Protocol):
    @property
    def grants(self) -> Grants: ...
    @property
    def practice_record(self) -> GrantPractices: ...


def new_grant(
    grant_id: UUID,
    terms: GrantTerms,
    *,
    account_id: UUID,
    client: GrantClient,
    practice: GrantPractice,
    by: UUID,
    now: datetime,
) -> Grant:
    """Create a grant on these terms, starting today; `by` is the account of the staff member who decided it.

    Raises:
        GrantNotAllowed, Invalid: see `effective_terms`.
    """
    today = practice.today(now)
    effective = effective_terms(
        terms, date_of_birth=client.date_of_birth, state=client.state or practice.state, today=today
    )
    return Grant(
        id=grant_id,
        practice_id=practice.id,
        client_id=client.id,
        account_id=account_id,
        relationship=terms.relationship,
        areas=effective.areas,
        may_write=terms.may_write,
        starts_on=today,
        granted_by=by,
        granted_at=now,
        until=effective.until,
        requested_until=terms.until,
        restricted_from=effective.restricted_from,
        authorized_by_minor=terms.authorized_by_minor,
    )


def grant_created_entry(grant: Grant) -> AuditEntry:
    """The audit entry for a new grant."""
    facts = {"relationship": grant.relationship, "until": grant.until.isoformat() if grant.until else ""}
    return AuditEntry("grant.created", grant.id, record=grant.client_id, facts=facts)


async def end_grant(unit: GrantUnit, grant: Grant, now: datetime) -> None:
    """End a grant whose last day has passed, and notify the proxy."""
    await unit.grants.save(grant.end(now), AuditEntry("grant.ended", grant.id, record=grant.client_id))
    await notify_grant_ended(unit, grant)


async def notify_grant_ended(unit: GrantUnit, grant: Grant) -> None:
    """Notify the proxy that access has ended, at most once per grant. The notice does not name the record."""
    notice = GRANT_ENDED.to_account(grant.account_id, subject_id=grant.id, deduplication_key=f"grant_ended:{grant.id}")
    await unit.outbox.notify(notice)


async def recalculate_grant_dates(unit: GrantUnit, before: GrantClient, client: GrantClient, now: datetime) -> None:
    """Recalculate the grants of a client whose date of birth or state was corrected.

    A grant whose last day has passed under the corrected dates is ended.
    """
    practice = await unit.practice_record.get()
    for grant in await unit.grants.list_for_client(client.id):
        if not grant.is_active:
            continue
        recalculated = grant.with_recalculated_dates(
            client.date_of_birth, client.state or practice.state, previous_date_of_birth=before.date_of_birth
        )
        if recalculated.is_expired(practice.today(now)):
            await end_grant(unit, grant, now)
        elif recalculated is not grant:
            facts = {"until": recalculated.until.isoformat() if recalculated.until else ""}
            await unit.grants.save(
                recalculated, AuditEntry("grant.dates_recalculated", grant.id, record=client.id, facts=facts)
            )
