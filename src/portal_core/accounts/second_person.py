"""The two-person rule: what two administrators each prove before a record is erased, and who is told."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import frozen

from portal_core.accounts.errors import AdministratorTooNew, SecondFactorRequired
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.reauthentication import Reauthentication, current_account
from portal_core.kernel.actor import Actor, StaffActor, without_key
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.notices import NoticeKind
from portal_core.kernel.uow import Begin

ADMINISTRATOR_TRIAL: Final = timedelta(days=7)
"""How long an administrator whom another one appointed cannot ask for an erasure or confirm one. Otherwise one person
could appoint a second account of their own and use it at once; so the others have a week to notice it."""


@frozen
class Administrator:
    """An active administrator's account. `since`: when another administrator appointed them and they had an account;
    None for those whom the operator of the deployment appointed."""

    account_id: UUID
    since: datetime | None

    def is_second_person(self, now: datetime) -> bool:
        """Whether they count as a person of their own."""
        return self.since is None or now - self.since >= ADMINISTRATOR_TRIAL


async def administrators(unit: AccountsUnit) -> dict[UUID, Administrator]:
    """The practice's active administrators by their accounts, none of whom can resign until the unit ends."""
    active = await unit.staff_records.lock_administrators()
    found = dict[UUID, Administrator]()
    for member in await unit.staff_records.all():
        account = await unit.accounts.find_by_person("practice", member.id) if member.id in active else None
        if account is not None and account.status == "active":
            since = member.made_administrator_at
            found[account.id] = Administrator(account.id, since and max(since, account.created_at))
    return found


async def require_second_person(unit: AccountsUnit, actor: StaffActor, now: datetime) -> None:
    """Require that the actor has been an administrator for long enough, if another one appointed them.

    Raises:
        AdministratorTooNew: they have not.
    """
    own = (await administrators(unit)).get(actor.account_id)
    if own is None or not own.is_second_person(now):
        raise AdministratorTooNew


async def tell(unit: AccountsUnit, to: dict[UUID, Administrator], kind: NoticeKind, subject_id: UUID) -> None:
    """Have these administrators told by email, the one who acts included."""
    for account_id in to:
        await unit.outbox.notify(kind.to_account(account_id, subject_id=subject_id))


async def require_fresh_second_factor(
    begin: Begin[AccountsUnit], reauthentication: Reauthentication, actor: Actor, password: str, code: str, refused: str
) -> None:
    """Require that an administrator, whose role the caller has checked, proves their password and a second factor now.

    An ID token of the practice's identity provider is no such proof: one administrator alone chooses the provider, and
    could have it name anybody. `refused` is the action of the audit entry if there is no second factor.

    Raises:
        SecondFactorRequired: the account has no second factor, because it signs in by the identity provider alone.
        RateLimited: too many attempts.
        WrongPassword, CodeRefused, Invalid: one of them is wrong or missing.
    """
    async with begin(without_key(actor)) as unit:
        account = await current_account(unit, require_account_holder(actor))
        has_none = account.second_factor == "none"
        if has_none:
            await unit.audit.record(AuditEntry(refused, outcome="denied"))
        await unit.commit(None)
    if has_none:
        raise SecondFactorRequired("Ask an administrator who signs in with a password and an authenticator app.")
    await reauthentication.by_all_factors(actor, password, code)
