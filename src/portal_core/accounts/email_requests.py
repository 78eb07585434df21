"""What a visitor asks about an email is written down and decided in a job: nothing to see or time from outside."""

from datetime import date, datetime
from uuid import UUID

from portal_core.accounts.model import EmailRequest, EmailRequestPurpose, Side
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.use_cases.process_email_request import ProcessEmailRequest
from portal_core.kernel.audit import AuditEntry


async def add_email_request(
    unit: SignInUnit,
    email_request_id: UUID,
    practice_id: UUID,
    side: Side,
    purpose: EmailRequestPurpose,
    email: str,
    at: datetime,
    date_of_birth: date | None = None,
) -> None:
    """Keep the question and have it decided after the commit. `email` is normalised."""
    email_request = EmailRequest(email_request_id, practice_id, side, purpose, email, at, date_of_birth)
    await unit.email_requests.add(
        email_request, AuditEntry("account.email_requested", email_request_id, facts={"about": purpose, "side": side})
    )
    await unit.outbox.defer(ProcessEmailRequest, email_request_id=email_request_id)
