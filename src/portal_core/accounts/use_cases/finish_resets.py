"""A job: passwords that were being reset when something broke."""

from datetime import timedelta

from attrs import frozen

from portal_core.accounts.identity import Credential, Passwords
from portal_core.accounts.model import Enquiry
from portal_core.accounts.password_reset import settle_reset
from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.access import system
from portal_core.kernel.actor import Actor
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin

UNHEARD_FOR = timedelta(minutes=5)
"""Longer than any provider is waited for: whoever began the reset is gone."""


@frozen
class FinishResets:
    """Finishes what `ResetPassword` left when it lost the provider's answer: no crash leaves a thief signed in.

    The provider is asked whether the password was set since, so that a wrong code signs nobody out. One unit of work
    for each, so that a rerun goes on where a crash left off.

    Raises:
        Forbidden: not the system.
        Unavailable: the provider does not answer.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    passwords: Passwords

    async def __call__(self, actor: Actor) -> None:
        async with self.begin(actor) as unit:
            system(actor)
            left = await unit.enquiries.asked_before(self.clock.now() - UNHEARD_FOR)
        for enquiry in left:
            if enquiry.purpose == "resetting":
                await self._finish(actor, enquiry)

    async def _finish(self, actor: Actor, begun: Enquiry) -> None:
        async with self.begin(actor) as unit:
            account = await unit.accounts.find_by_email(begun.side, begun.email)
        if account is not None and not await self.passwords.set_since(Credential.of(account), begun.asked_at):
            account = None
        async with self.begin(actor) as unit:
            taken = await unit.enquiries.take(begun.id)
            if taken is not None and account is not None:
                await settle_reset(unit, account, self.clock.now())
            await unit.commit(None)
