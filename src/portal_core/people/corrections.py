"""What follows when a client's date of birth or state is corrected: who may see the record, and who may sign in."""

from datetime import datetime

from portal_core.access.grant_lifecycle import recalculate_grant_dates
from portal_core.access.minors import own_account_from
from portal_core.kernel.audit import AuditEntry
from portal_core.people.events import AccountSuspended, RecordRulesChanged
from portal_core.people.model import Client
from portal_core.people.ports import PeopleUnit


async def recalculate_access(unit: PeopleUnit, before: Client, client: Client, now: datetime) -> None:
    """Recalculate the proxies' grants and the client's own account by the corrected details, if they matter to them.

    Open invitations that a discharge or a correction makes impossible are withdrawn after the commit.

    The holder of an account who turns out to be too young for one is signed out everywhere, calendar feed included, and
    signs in again from the birthday on which they may, or once the details are corrected back.
    """
    corrected = (before.date_of_birth, before.state) != (client.date_of_birth, client.state)
    if corrected or before.status != client.status:
        await unit.outbox.publish(RecordRulesChanged(client.id))
    if not corrected:
        return
    await recalculate_grant_dates(unit, before, client, now)
    account = await unit.accounts.find_by_person("portal", client.id)
    if account is None:
        return
    practice = await unit.practice_record.get()
    first_day = own_account_from(client.date_of_birth, client.state or practice.state)
    usable_from = first_day if practice.today(now) < first_day else None
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
