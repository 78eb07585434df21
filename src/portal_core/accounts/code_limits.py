"""Limits on guessing a mailed code."""

from datetime import timedelta

from portal_core.accounts.policy import address_key
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.limits import Limit, RateLimits

CODE_BY_ADDRESS = Limit("code_address", 10, timedelta(hours=1))
CODE_BY_EMAIL = Limit("code_email", 50, timedelta(hours=1))
"""Higher than the limit per address, so that one address cannot use up all attempts for another person's email."""


async def count_code_attempt(limits: RateLimits, actor: VisitorActor, email: str) -> None:
    """Count an attempt at a code for a normalized email, known or not: 10 an hour per address, 50 from all addresses.

    A code has 40 random bits, so fifty guesses an hour would take two million years to find one.

    Raises:
        RateLimited: too many attempts from this address, or for this email.
    """
    await limits.take(actor.practice_id, CODE_BY_ADDRESS, f"{address_key(actor.origin.address)} {email}")
    await limits.take(actor.practice_id, CODE_BY_EMAIL, email)
