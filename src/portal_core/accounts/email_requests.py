"""What a visitor asks about an email is written down and decided in a job: nothing to see or time from outside."""

from datetime import date, datetime
from uuid import UUID

from portal_core.accounts.model import Enquiry, EnquiryPurpose, Side
from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.audit import Audited

DECIDE_ENQUIRY = "decide_enquiry"
"""The job, with `enquiry_id`."""


async def enquire(
    unit: SignInUnit,
    enquiry_id: UUID,
    practice_id: UUID,
    side: Side,
    purpose: EnquiryPurpose,
    email: str,
    at: datetime,
    born: date | None = None,
) -> None:
    """Keep the question and have it decided after the commit. `email` is normalised."""
    enquiry = Enquiry(enquiry_id, practice_id, side, purpose, email, at, born)
    await unit.enquiries.add(enquiry, Audited("account.enquired", enquiry_id, facts={"about": purpose, "side": side}))
    await unit.outbox.defer(DECIDE_ENQUIRY, enquiry_id=enquiry_id)
