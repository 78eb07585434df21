"""Withdraws SMS consent after somebody replied STOP."""

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.notifications.ports import NotificationsUnit


@frozen
class OptOutOfSmsCommand:
    """`phone` is the number that replied, in E.164 (`+12125550123`), as the vendor reports it."""

    phone: str


@frozen
class OptOutOfSms:
    """Withdraws the consent of every account in the practice that gets text messages at this number.

    Required by 47 CFR 64.1200(a)(10). A job, called by the vendor's webhook. Messages that are already claimed may
    still arrive; no others are sent. Consent has to be given again in the settings. Returns the number of accounts.

    Raises:
        StaleVersion: settings changed at the same time; run the job again.
    """

    begin: Begin[NotificationsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: OptOutOfSmsCommand) -> int:
        async with self.begin(actor) as unit:
            require_system(actor)
            found = await unit.notification_settings.with_sms_consent(command.phone)
            for settings in found:
                stopped = settings.opt_out_of_sms(self.clock.now())
                await unit.notification_settings.save(stopped, AuditEntry("sms.opted_out", settings.account_id))
            return await unit.commit(len(found))
