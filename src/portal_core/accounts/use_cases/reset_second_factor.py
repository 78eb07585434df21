"""An administrator resets the second factor of a person who has lost their phone and recovery codes."""

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
"""How the person's identity was checked outside of the portal. `called_back`: at the number that the practice had on
file, never one given with the request."""

IDENTITY_CHECKS: tuple[IdentityCheck, ...] = get_args(IdentityCheck)


@frozen
class ResetSecondFactorCommand:
    """Whose factor: that of the client (`portal`) or staff member (`practice`) with this id; with `grant_id`, that of
    the proxy who holds this grant over the client. The account is never identified by what a caller claims.

    Raises:
        Invalid: the identity check is not one of `IDENTITY_CHECKS`.
    """

    side: Side
    person_id: UUID
    identity_check: IdentityCheck
    grant_id: UUID | None = None

    def __attrs_post_init__(self) -> None:
        if self.identity_check not in IDENTITY_CHECKS:
            message = f"Must be one of: {', '.join(IDENTITY_CHECKS)}."
            raise Invalid.at("identity_check", "unknown_value", message)


@frozen
class ResetSecondFactor:
    """Removes another person's second factor and recovery codes, ends all their sessions, and notifies them.

    For an administrator whose session has verified a second factor, and for the operator of the deployment. The
    password stays: the person signs in with it, and where a factor is required that session may only be used to set up
    a new one. How their identity was checked is stored in the audit log, as one of a few words.

    It runs whether or not the account records a factor, because after a crash only the identity provider may have one.
    The provider removes it first, so that after a crash the account still requires a recovery code; a rerun completes
    the reset.

    Raises:
        NotFound: no such client, staff member or grant; or the actor is not staff.
        Forbidden: not an administrator, or their own factor, which another administrator must reset.
        SecondFactorRequired: the administrator's session has not verified one.
        GrantNotActive: the proxy no longer has access.
        AccountNotOpen: the person has no account, or has not verified its email.
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
    """The account, if the actor may reset it."""
    by = require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
    if isinstance(by, StaffActor):
        await _require_multi_factor(unit, by)
    account = await _find_account(unit, command)
    if account is None or account.status != "active":
        raise AccountNotOpen("This person has no active account. Send an invitation.")
    if isinstance(by, StaffActor) and account.id == by.account_id:
        raise Forbidden("Ask another administrator to reset your second factor.")
    return account


async def _require_multi_factor(unit: AccountsUnit, by: StaffActor) -> None:
    """Require a multi-factor session. In-process callers have no session and are responsible for the check."""
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
