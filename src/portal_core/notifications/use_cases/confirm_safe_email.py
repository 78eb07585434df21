"""Confirms a safe email, so that mail goes there from now on."""

from attrs import field, frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.errors import FieldError
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.notices import CONTACT_CHANGED
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.notifications.errors import SafeEmailCodeInvalid
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.safe_email import CONFIRM_BY_ACCOUNT
from portal_core.notifications.views import NotificationSettingsView


@frozen
class ConfirmSafeEmailCommand:
    code: str = field(repr=False)


@frozen
class ConfirmSafeEmail:
    """Makes the pending safe email of the actor's own account effective, and notifies the account's own email.

    Raises:
        Unauthenticated: the actor is not signed in.
        RateLimited: too many attempts for this account.
        SafeEmailCodeInvalid: no safe email is pending, or the code is wrong; counted and audited.
        StaleVersion: the settings or the verification changed at the same time.
    """

    begin: Begin[NotificationsUnit]
    clock: Clock
    limits: RateLimits

    async def __call__(self, actor: Actor, command: ConfirmSafeEmailCommand) -> NotificationSettingsView:
        holder = require_account_holder(actor)
        account_id = holder.account_id
        await self.limits.take(holder.practice_id, CONFIRM_BY_ACCOUNT, str(account_id))
        async with self.begin(actor) as unit:
            now, refused = self.clock.now(), AuditEntry("safe_email.code_refused", account_id, outcome="failed")
            verification = await unit.notification_settings.verification(account_id)
            if verification is None or not verification.is_pending(now):
                await unit.audit.record(refused)
            elif not verification.matches_code(command.code):
                await unit.notification_settings.save_verification(verification.count_attempt(), refused)
            else:
                used = verification.close(now)
                await unit.notification_settings.save_verification(used, AuditEntry("safe_email.verified", account_id))
                settings = (await unit.notification_settings.get(account_id)).use_safe_email(verification.email)
                changed = AuditEntry("settings.changed", account_id, facts={"set": "safe_email"})
                await unit.notification_settings.save(settings, changed)
                await unit.outbox.notify(CONTACT_CHANGED.to_account(account_id))
                return await unit.commit(NotificationSettingsView.of(settings, used, now))
            await unit.commit(None)
        raise SafeEmailCodeInvalid(FieldError("code", "code_refused", "This code is wrong or has expired."))
