"""How a client wants to be reached."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.access import staff_or_system
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.views import ContactWishesView


@frozen
class ShowContactWishesCommand:
    client_id: UUID


@frozen
class ShowContactWishes:
    """What a client asked about being called and written to (45 CFR 164.522(b)), before somebody does. Any staff.

    Raises:
        NotFound: neither staff nor a job, or the practice has no such client.
    """

    begin: Begin[NotificationsUnit]

    async def __call__(self, actor: Actor, command: ShowContactWishesCommand) -> ContactWishesView:
        async with self.begin(actor) as unit:
            staff_or_system(actor, "clinician", "front_desk", "administrator")
            found = await unit.recipients.client(command.client_id, None)
            if not found:
                raise NotFound("client", command.client_id)
            settings = found[0].settings
            wishes = settings.confidential
            view = ContactWishesView(
                client_id=command.client_id,
                email=wishes.safe_email or found[0].email,
                safe_phone=wishes.safe_phone,
                language=settings.language,
                neutral_sender=wishes.neutral_sender,
                do_not_text=not settings.may_text(),
                do_not_voicemail=wishes.do_not_voicemail,
            )
            await unit.audit.record(Audited("contact_wishes.read", record=command.client_id))
            return await unit.commit(view)
