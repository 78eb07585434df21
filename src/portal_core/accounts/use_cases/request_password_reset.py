"""Request a code to reset a forgotten password."""

from attrs import frozen

from portal_core.accounts.email_requests import add_email_request
from portal_core.accounts.model import Side
from portal_core.accounts.policy import FORGOT_BY_ADDRESS, FORGOT_BY_EMAIL
from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen
class RequestPasswordResetCommand:
    email: str
    side: Side = "portal"


@frozen
class RequestPasswordReset:
    """Stores a request for a reset code; a job mails the code to the account that has the email.

    Anyone may ask, and learns nothing. Three times an hour per email, known or not, and twenty per address.

    Raises:
        InvalidEmail: it is not an email address.
        RateLimited: too many requests for this email, or from this address or its network.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    ids: IdSource
    limits: RateLimits

    async def __call__(self, actor: VisitorActor, command: RequestPasswordResetCommand) -> None:
        email = normalize_email(command.email)
        await FORGOT_BY_ADDRESS.take(self.limits, actor)
        await self.limits.take(actor.practice_id, FORGOT_BY_EMAIL, f"{command.side} {email}")
        async with self.begin(actor) as unit:
            now = self.clock.now()
            await add_email_request(unit, self.ids.new(), actor.practice_id, command.side, "reset_password", email, now)
            await unit.commit(None)
