"""Request another verification code."""

from attrs import frozen

from portal_core.accounts.email_requests import add_email_request
from portal_core.accounts.policy import RESEND_BY_ADDRESS, RESEND_BY_EMAIL
from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen
class ResendVerificationCommand:
    email: str


@frozen
class ResendVerification:
    """Stores a request for another code that proves an email; a job mails it if the account still needs one.

    Anyone may ask, and learns nothing. Three times an hour per email, known or not.

    Raises:
        InvalidEmail: it is not an email address.
        RateLimited: too many requests for this email, or from this address or its network.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    ids: IdSource
    limits: RateLimits

    async def __call__(self, actor: VisitorActor, command: ResendVerificationCommand) -> None:
        email = normalize_email(command.email)
        await RESEND_BY_ADDRESS.take(self.limits, actor)
        await self.limits.take(actor.practice_id, RESEND_BY_EMAIL, email)
        async with self.begin(actor) as unit:
            now = self.clock.now()
            await add_email_request(unit, self.ids.new(), actor.practice_id, "portal", "verify_email", email, now)
            await unit.commit(None)
