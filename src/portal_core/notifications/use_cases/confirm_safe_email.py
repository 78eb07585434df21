"""The safe email is proven, and mail goes there from now on."""

from attrs import field, frozen

from portal_core.kernel.access import account_holder
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import FieldError
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.outbox import Notice
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.notifications.errors import SafeEmailRefused
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.safe_email import CONFIRM_BY_ACCOUNT
from portal_core.notifications.views import SettingsView


@frozen
class ConfirmSafeEmailCommand:
    code: str = field(repr=False)


@frozen
class ConfirmSafeEmail:
    """Puts the pending safe email of the actor's own account in force; the account's email is told.

    Raises:
        Unauthenticated: nobody is signed in.
        RateLimited: too many tries for this account.
        SafeEmailRefused: none is pending, or this is not its code; counted and audited.
        StaleVersion: the settings, or what is pending, changed in the same moment.
    """

    begin: Begin[NotificationsUnit]
    clock: Clock
    limits: RateLimits

    async def __call__(self, actor: Actor, command: ConfirmSafeEmailCommand) -> SettingsView:
        holder = account_holder(actor)
        account_id = holder.account_id
        await self.limits.take(holder.practice_id, CONFIRM_BY_ACCOUNT, str(account_id))
        async with self.begin(actor) as unit:
            now, refused = self.clock.now(), Audited("safe_email.refused", account_id, outcome="failed")
            proof = await unit.notification_settings.proof(account_id)
            if proof is None or not proof.open_at(now):
                await unit.audit.record(refused)
            elif not proof.answers(command.code):
                await unit.notification_settings.save_proof(proof.attempt(), refused)
            else:
                used = proof.close(now)
                await unit.notification_settings.save_proof(used, Audited("safe_email.proven", account_id))
                settings = (await unit.notification_settings.get(account_id)).use_safe_email(proof.email)
                changed = Audited("settings.changed", account_id, facts={"set": "safe_email"})
                await unit.notification_settings.save(settings, changed)
                await unit.outbox.notify(Notice("contact_changed", "security", to_account=account_id))
                return await unit.commit(SettingsView.of(settings, used, now))
            await unit.commit(None)
        raise SafeEmailRefused(FieldError("code", "code_refused", "This code is not right, or is no longer good."))
