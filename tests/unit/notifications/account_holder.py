"""An account holder who changes their notification settings."""

import re
from typing import Any

from attrs import define, field

from adapters.memory.accounts.identity_provider import MemoryPasswords, MemoryPool, MemorySecondFactors
from adapters.memory.engine.limits import MemoryRateLimits
from portal_core.accounts.reauthentication import Reauthentication
from portal_core.kernel.actor import ClientActor
from portal_core.notifications.ports import FactorCheck, Mail
from portal_core.notifications.use_cases.change_notification_settings import (
    ChangeNotificationSettings,
    ChangeNotificationSettingsCommand,
)
from portal_core.notifications.use_cases.confirm_safe_email import ConfirmSafeEmail, ConfirmSafeEmailCommand
from portal_core.notifications.use_cases.get_notification_settings import GetNotificationSettings
from portal_core.notifications.use_cases.mail_safe_email_code import MailSafeEmailCode, MailSafeEmailCodeCommand
from portal_core.notifications.views import NotificationSettingsView
from tests.support.clock import CountingTokens
from tests.support.notifications.fake_delivery import FakeDelivery
from tests.unit.notifications.memory_world import MemoryNotificationsWorld


@define
class SettingsOwner:
    """A client with an account, in a practice of their own or with others."""

    world: MemoryNotificationsWorld
    post: FakeDelivery = field(factory=FakeDelivery)
    tokens: CountingTokens = field(factory=CountingTokens)
    limits: MemoryRateLimits = field(init=False)
    factors: FactorCheck = field(init=False)
    actor: ClientActor = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.limits = MemoryRateLimits(self.world.clock)
        pool = MemoryPool(self.world.clock, self.tokens)
        self.factors = Reauthentication(self.world.begin, MemoryPasswords(pool), MemorySecondFactors(pool), self.limits)

    async def sign_up(self, email: str = "a@example.org") -> "SettingsOwner":
        client_id = await self.world.add_client()
        account_id = await self.world.add_account(email, client_id=client_id)
        self.actor = self.world.client_actor(client_id, account_id)
        return self

    async def show(self) -> NotificationSettingsView:
        return await GetNotificationSettings(self.world.begin, self.world.clock)(self.actor)

    async def change(self, **fields: Any) -> NotificationSettingsView:
        fields = {"version": (await self.show()).version} | fields
        use = ChangeNotificationSettings(self.world.begin, self.world.clock, self.world.ids, self.limits, self.factors)
        return await use(self.actor, ChangeNotificationSettingsCommand(**fields))

    async def code(self) -> str:
        """The code that is mailed for the newest notice, whoever is told by it."""
        mail = await self.mail()
        assert mail is not None
        return str(re.findall(r"CODE\d{4}", mail.body)[0])

    async def mail(self, at: int = -1) -> Mail | None:
        """The mail that the worker writes for one of the notices that ask for a code."""
        notice = [one for one in self.world.store.notices if one.kind == "safe_email_code"][at]
        assert notice.to_account is not None
        assert notice.subject_id is not None
        use = MailSafeEmailCode(self.world.begin, self.world.clock, self.tokens, self.post)
        command = MailSafeEmailCodeCommand(self.world.ids.new(), notice.to_account, notice.subject_id)
        if not await use(self.world.system, command):
            return None
        mail = self.post.taken[-1]
        assert isinstance(mail, Mail)
        return mail

    async def confirm(self, code: str) -> NotificationSettingsView:
        use = ConfirmSafeEmail(self.world.begin, self.world.clock, self.limits)
        return await use(self.actor, ConfirmSafeEmailCommand(code))

    async def set_safe_email(self, email: str) -> NotificationSettingsView:
        await self.change(safe_email=email)
        return await self.confirm(await self.code())
