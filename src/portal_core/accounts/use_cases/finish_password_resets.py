"""The job that finishes password resets interrupted by a failure."""

from datetime import timedelta

from attrs import frozen

from portal_core.accounts.identity_provider import Credential, Passwords
from portal_core.accounts.model import EmailRequest
from portal_core.accounts.password_reset import complete_password_reset
from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin

STALE_RESET_AGE = timedelta(minutes=5)
"""Longer than any call to a provider may take: the process that started the reset is gone."""


@frozen
class FinishPasswordResets:
    """Completes resets for which `ResetPassword` lost the provider's response, so that no intruder stays signed in.

    The provider is asked whether the password was set since then, so that a wrong code signs nobody out. Each reset
    has its own unit of work, so that a rerun continues where a crash stopped it.

    Raises:
        Forbidden: not the system.
        Unavailable: the provider does not respond.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    passwords: Passwords

    async def __call__(self, actor: Actor) -> None:
        async with self.begin(actor) as unit:
            require_system(actor)
            stale = await unit.email_requests.list_requested_before(self.clock.now() - STALE_RESET_AGE)
        for email_request in stale:
            if email_request.purpose == "password_reset_started":
                await self._finish(actor, email_request)

    async def _finish(self, actor: Actor, email_request: EmailRequest) -> None:
        async with self.begin(actor) as unit:
            account = await unit.accounts.find_by_email(email_request.side, email_request.email)
        if account is not None and not await self.passwords.was_set_since(
            Credential.of(account), email_request.requested_at
        ):
            account = None
        async with self.begin(actor) as unit:
            taken = await unit.email_requests.take(email_request.id)
            if taken is not None and account is not None:
                await complete_password_reset(unit, account, self.clock.now())
            await unit.commit(None)
