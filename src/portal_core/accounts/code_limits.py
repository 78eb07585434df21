"""How often a stranger may guess at a code that was mailed to somebody."""

from datetime import timedelta

from portal_core.accounts.policy import address_key
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.limits import Limit, RateLimits

CODE_BY_ADDRESS = Limit("code_address", 10, timedelta(hours=1))
CODE_BY_EMAIL = Limit("code_email", 50, timedelta(hours=1))
"""Above what one address may try, so that one stranger cannot use up all the tries of the person whose email it is."""


async def count_code_attempt(limits: RateLimits, actor: VisitorActor, email: str) -> None:
    """Count a try at a code for a normalised email, known or not: 10 an hour from one address, 50 from all.

    Of 40 random bits, fifty guesses an hour find one in two million years.

    Raises:
        RateLimited: too many from this address, or for this email.
    """
    await limits.take(actor.practice_id, CODE_BY_ADDRESS, f"{address_key(actor.origin.address)} {email}")
    await limits.take(actor.practice_id, CODE_BY_EMAIL, email)
