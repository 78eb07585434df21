"""Shows how a client wants to be contacted."""

from uuid import UUID

from attrs import frozen

from portal_core.access.policy import require_visible_client
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.views import ContactPreferencesView


@frozen
class GetContactPreferences:
    """Shows how a client asked to be called and written to (45 CFR 164.522(b)), for staff who are about to do so.

    For clinicians, front desk and administrators.

    Raises:
        NotFound: the actor is neither staff nor a job, or the practice has no such client.
        Forbidden: the actor is staff in other roles.
    """

    begin: Begin[NotificationsUnit]

    async def __call__(self, actor: Actor, client_id: UUID) -> ContactPreferencesView:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, "clinician", "front_desk", "administrator")
            await require_visible_client(unit.client_records, actor, client_id)
            found = await unit.recipients.client(client_id)
            if found is None:
                raise NotFound("client", client_id)
            settings = found.settings
            preferences = settings.confidential
            view = ContactPreferencesView(
                client_id=client_id,
                email=preferences.safe_email or found.email,
                safe_phone=preferences.safe_phone,
                language=settings.language or settings.record_language or "en",
                neutral_sender=preferences.neutral_sender,
                do_not_text=not settings.may_send_sms(),
                do_not_voicemail=preferences.do_not_voicemail,
            )
            await unit.audit.record(AuditEntry("contact_preferences.read", record=client_id))
            return await unit.commit(view)
