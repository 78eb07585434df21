"""What follows when a client's date of birth or state is corrected: who may see the record, and who may sign in."""

from datetime import date, datetime

from portal_core.access.grant_lifecycle import recalculate_grant_dates
from portal_core.access.minors import own_account_from
from portal_core.kernel.audit import AuditEntry
from portal_core.people.events import AccountSuspended, RecordRulesChanged
from portal_core.people.model import Client, Practice
from portal_core.people.ports import PeopleUnit, PersonAccount


async def recalculate_access(unit: PeopleUnit, before: Client, client: Client, now: datetime) -> None:
    """Recalculate the proxies' grants and the client's own account by the corrected details, if they matter to them.

    Open invitations that a discharge or a correction makes impossible are withdrawn after the commit.

    The holder of an account who turns out to be too young for one is signed out everywhere, calendar feed included, and
    signs in again from the birthday on which they may, or once the details are corrected back.
    """
    corrected = _is_corrected(before, client)
    if corrected or before.status != client.status:
        await unit.outbox.publish(RecordRulesChanged(client.id))
    if not corrected:
        return
    await recalculate_grant_dates(unit, before, client, now)
    account = await unit.accounts.find_by_person("portal", client.id)
    if account is None:
        return
    usable_from = _usable_from(client, await unit.practice_record.get(), now)
    if usable_from == account.usable_from:
        return
    # Without the day, which would tell the date of birth.
    facts = {"usable": "later" if usable_from else "now"}
    entry = AuditEntry("account.age_recalculated", account.id, record=client.id, facts=facts)
    await unit.accounts.set_usable_from(account.id, usable_from, entry)
    if usable_from is not None:
        ended = AuditEntry("sessions.ended", account.id, record=client.id, facts={"by": "under_age"})
        await unit.sessions.end_all(account.id, now, ended)
        await unit.outbox.publish(AccountSuspended(account.id, client.id))


def suspends(before: Client, client: Client, account: PersonAccount, practice: Practice, now: datetime) -> bool:
    """Whether `recalculate_access` signs the holder of this account out until a birthday."""
    usable_from = _usable_from(client, practice, now)
    return _is_corrected(before, client) and usable_from not in (None, account.usable_from)


def _is_corrected(before: Client, client: Client) -> bool:
    return (before.date_of_birth, before.state) != (client.date_of_birth, client.state)


def _usable_from(client: Client, practice: Practice, now: datetime) -> date | None:
    """The birthday until which the client is too young for an account; None if they may have one."""
    first_day = own_account_from(client.date_of_birth, client.state or practice.state)
    return first_day if practice.today(now) < first_day else None
