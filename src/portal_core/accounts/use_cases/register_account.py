"""Request an account as a client."""

from datetime import date

from attrs import frozen

from portal_core.accounts.email_requests import add_email_request
from portal_core.accounts.policy import REGISTER_BY_ADDRESS, REGISTER_BY_EMAIL
from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen
class RegisterAccountCommand:
    email: str
    date_of_birth: date


@frozen
class RegisterAccount:
    """Stores a request for an account; a job matches it with the practice's clients and mails a code.

    Anyone may ask, and learns nothing: the calls and the response are the same for everyone. Three times an hour per
    email, known or not, and twenty per address.

    Raises:
        InvalidEmail: it is not an email address.
        RateLimited: too many requests for this email, or from this address or its network.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    ids: IdSource
    limits: RateLimits

    async def __call__(self, actor: VisitorActor, command: RegisterAccountCommand) -> None:
        email = normalize_email(command.email)
        await REGISTER_BY_ADDRESS.take(self.limits, actor)
        await self.limits.take(actor.practice_id, REGISTER_BY_EMAIL, email)
        async with self.begin(actor) as unit:
            now = self.clock.now()
            await add_email_request(
                unit, self.ids.new(), actor.practice_id, "portal", "register", email, now, command.date_of_birth
            )
            await unit.commit(None)
