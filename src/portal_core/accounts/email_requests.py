"""Store a visitor's request about an email for a job to process, so that the response and its timing reveal nothing."""

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
    """Store the request and process it in a job after the commit. `email` is normalized."""
    email_request = EmailRequest(email_request_id, practice_id, side, purpose, email, at, date_of_birth)
    await unit.email_requests.add(
        email_request, AuditEntry("account.email_requested", email_request_id, facts={"about": purpose, "side": side})
    )
    await unit.outbox.defer(ProcessEmailRequest, email_request_id=email_request_id)
