"""Somebody has lost their phone and the recovery codes: an administrator who knows them lets them set up another."""

from typing import Literal, get_args
from uuid import UUID

from attrs import frozen

from portal_core.access.errors import GrantNotActive
from portal_core.accounts.errors import AccountNotOpen, SecondFactorRequired
from portal_core.accounts.identity_provider import Credential, SecondFactors
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.model import Account, Side
from portal_core.kernel.actor import Actor, StaffActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from portal_core.kernel.notices import SECOND_FACTOR_REMOVED
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.people.policy import PRACTICE_ADMIN_ROLES

IdentityCheck = Literal["in_person", "video_call", "called_back", "identity_document"]
"""How somebody outside of the portal was known to be who they say. `called_back`: on the number that the practice had
on file, never one that came with the question."""

IDENTITY_CHECKS: tuple[IdentityCheck, ...] = get_args(IdentityCheck)


@frozen
class ResetSecondFactorCommand:
    """Whose: that of the client (`portal`) or member of staff (`practice`) of this id; with `grant_id`, that of the
    proxy who holds this grant over the client. The account is never named by what a caller says of themselves.

    Raises:
        Invalid: the check is none of those that are known.
    """

    side: Side
    person_id: UUID
    identity_check: IdentityCheck
    grant_id: UUID | None = None

    def __attrs_post_init__(self) -> None:
        if self.identity_check not in IDENTITY_CHECKS:
            raise Invalid.at("identity_check", "identity_check_unknown", f"Write one of {', '.join(IDENTITY_CHECKS)}.")


@frozen
class ResetSecondFactor:
    """Removes another's second factor and recovery codes, ends all their sessions, and tells them.

    For an administrator whose session has shown a second factor, and for whoever operates the deployment. The password
    stays: with it they sign in, and where a factor is required that session is good for setting up a new one only. How
    they were checked is kept on the record, as one of a few words.

    It is done whether or not the account knows of a factor: after a crash the identity provider may be alone to. The
    provider forgets first, so that a crash leaves an account that asks for a recovery code; run again it is whole.

    Raises:
        NotFound: no such client, member of staff or grant; or not staff.
        Forbidden: not an administrator, or their own: another administrator resets it.
        SecondFactorRequired: the session has shown none.
        GrantNotActive: the proxy has no access any more.
        AccountNotOpen: they have no account, or have not proven its email.
        StaleVersion: the account changed meanwhile; try again.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    second_factors: SecondFactors

    async def __call__(self, actor: Actor, command: ResetSecondFactorCommand) -> None:
        async with self.begin(actor) as unit:
            account = await _resettable_account(unit, actor, command)
        await self.second_factors.remove(Credential.of(account))
        async with self.begin(actor) as unit:
            account = await _resettable_account(unit, actor, command)
            client_id = command.person_id if command.side == "portal" else None
            entry = AuditEntry(
                "second_factor.reset", account.id, client_id, facts={"identity_check": command.identity_check}
            )
            await unit.accounts.save(account.with_second_factor("none"), entry)
            await unit.second_factors.remove(account.id, AuditEntry("recovery_codes.removed", account.id, client_id))
            ended = AuditEntry("sessions.ended", account.id, client_id, facts={"by": "second_factor_reset"})
            await unit.sessions.end_all(account.id, self.clock.now(), ended)
            notice = SECOND_FACTOR_REMOVED.to_account(account.id, subject_id=account.id)
            await unit.outbox.notify(notice)
            await unit.commit(None)


async def _resettable_account(unit: AccountsUnit, actor: Actor, command: ResetSecondFactorCommand) -> Account:
    """The account, where the actor may reset it."""
    by = require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
    if isinstance(by, StaffActor):
        await _require_multi_factor(unit, by)
    account = await _find_account(unit, command)
    if account is None or account.status != "active":
        raise AccountNotOpen("They have no account, or have not proven its email. Invite them.")
    if isinstance(by, StaffActor) and account.id == by.account_id:
        raise Forbidden("Another administrator resets yours.")
    return account


async def _require_multi_factor(unit: AccountsUnit, by: StaffActor) -> None:
    """A session that has shown a second factor; within the process there is none, and whoever calls answers for it."""
    if by.session_id is not None:
        session = await unit.sessions.get(by.account_id, by.session_id)
        if session is None or not session.multi_factor:
            raise SecondFactorRequired


async def _find_account(unit: AccountsUnit, command: ResetSecondFactorCommand) -> Account | None:
    person_id = command.person_id
    if command.side == "practice":
        if await unit.staff_records.get(person_id) is None:
            raise NotFound("staff", person_id)
    elif await unit.client_records.get(person_id) is None:
        raise NotFound("client", person_id)
    if command.grant_id is None:
        return await unit.accounts.find_by_person(command.side, person_id)
    grant = await unit.grants.get(person_id, command.grant_id)
    if grant is None:
        raise NotFound("grant", command.grant_id)
    if not grant.is_active:
        raise GrantNotActive
    return await unit.accounts.get(grant.account_id)
