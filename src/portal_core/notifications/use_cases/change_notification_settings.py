"""Changes how the actor is told."""

from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from attrs import asdict, evolve, fields_dict, frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.contact import KEEP, Keep
from portal_core.kernel.errors import Invalid, StaleVersion
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.notices import CONTACT_CHANGED, SAFE_EMAIL_CODE, Channel
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.safe_email import REQUEST_BY_ACCOUNT, SafeEmailVerification
from portal_core.notifications.settings import ConfidentialCommunication, NotificationSettings, SmsConsent
from portal_core.notifications.settings_validation import (
    channel_errors,
    email_errors,
    language_errors,
    phone_errors,
    reminder_errors,
    time_zone_errors,
)
from portal_core.notifications.views import NotificationSettingsView

_CLEARABLE = frozenset({"time_zone", "safe_email", "safe_phone", "sms_phone"})


@frozen
class ChangeNotificationSettingsCommand:
    """What is left out stays as it is; None takes an address, number or zone away.

    Another `safe_email` is pending until it is proven; the one in force, or none, withdraws what is pending.
    `channels` holds only the kinds to change. `sms_phone` is the consent to texts to that number, so an entry point
    sends it only when the person has just agreed to texts in so many words; None takes the consent back.
    """

    version: int
    channels: Mapping[str, tuple[Channel, ...]] | None = None
    reminder_minutes: tuple[int, ...] | None = None
    language: str | None = None
    time_zone: str | Keep | None = KEEP
    safe_email: str | Keep | None = KEEP
    safe_phone: str | Keep | None = KEEP
    neutral_sender: bool | None = None
    do_not_text: bool | None = None
    do_not_voicemail: bool | None = None
    sms_phone: str | Keep | None = KEEP

    def errors(self) -> Invalid | None:
        """All that is wrong with it."""
        found = tuple(
            chain(
                channel_errors("channels", self.channels),
                reminder_errors("reminder_minutes", self.reminder_minutes),
                language_errors("language", self.language),
                time_zone_errors("time_zone", _text(self.time_zone)),
                email_errors("safe_email", _text(self.safe_email)),
                phone_errors("safe_phone", _text(self.safe_phone)),
                phone_errors("sms_phone", _text(self.sms_phone)),
            )
        )
        return Invalid(*found) if found else None

    def given(self) -> dict[str, Any]:
        """The settings to change, by name."""
        return {
            name: value
            for name, value in asdict(self, recurse=False).items()
            if name != "version" and value is not KEEP and (value is not None or name in _CLEARABLE)
        }


@frozen
class ChangeNotificationSettings:
    """Changes the settings of the actor's own account. A new safe email is mailed a code, for `ConfirmSafeEmail`.

    When mails or texts will go elsewhere than before, the address that the account is proven by is told.

    Raises:
        Unauthenticated: nobody is signed in.
        Invalid: with one entry for each field.
        RateLimited: a safe email was written too often.
        StaleVersion: they changed after they were read.
    """

    begin: Begin[NotificationsUnit]
    clock: Clock
    ids: IdSource
    limits: RateLimits

    async def __call__(self, actor: Actor, command: ChangeNotificationSettingsCommand) -> NotificationSettingsView:
        holder = require_account_holder(actor)
        invalid = command.errors()
        if invalid is not None:
            raise invalid
        if _text(command.safe_email) is not None:
            await self.limits.take(holder.practice_id, REQUEST_BY_ACCOUNT, str(holder.account_id))
        async with self.begin(actor) as unit:
            now, account_id = self.clock.now(), holder.account_id
            before = await unit.notification_settings.get(account_id)
            if before.version != command.version:
                raise StaleVersion
            after = changed(before, command, now)
            names = ",".join(command.given())
            await unit.notification_settings.save(
                after, AuditEntry("settings.changed", account_id, facts={"set": names})
            )
            if _places(after) != _places(before):
                await unit.outbox.notify(CONTACT_CHANGED.to_account(account_id))
            verification = await self._verification(unit, after, command.safe_email, now)
            return await unit.commit(NotificationSettingsView.of(after, verification, now))

    async def _verification(
        self, unit: NotificationsUnit, settings: NotificationSettings, email: str | Keep | None, now: datetime
    ) -> SafeEmailVerification | None:
        """What is pending after `email` was written."""
        account_id = settings.account_id
        verification = await unit.notification_settings.verification(account_id)
        if email is KEEP:
            return verification
        if email is not None and email != settings.confidential.safe_email:
            verification = SafeEmailVerification.started(account_id, self.ids.new(), email, now, verification)
            await unit.notification_settings.save_verification(
                verification, AuditEntry("safe_email.requested", account_id)
            )
            await unit.outbox.notify(SAFE_EMAIL_CODE.to_account(account_id, subject_id=verification.id))
        elif verification is not None and verification.is_pending(now):
            verification = verification.close(now)
            await unit.notification_settings.save_verification(
                verification, AuditEntry("safe_email.withdrawn", account_id)
            )
        return verification


def changed(
    before: NotificationSettings, command: ChangeNotificationSettingsCommand, now: datetime
) -> NotificationSettings:
    """The settings after a command without errors."""
    given = command.given()

    def those_of(cls: type) -> dict[str, Any]:
        return {name: value for name, value in given.items() if name in fields_dict(cls)}

    values = those_of(NotificationSettings)
    values["version"] = before.version + 1
    preferences = those_of(ConfidentialCommunication)
    if _text(command.safe_email) is not None:
        del preferences["safe_email"]  # in force when it is proven
    values["confidential"] = evolve(before.confidential, **preferences)
    if command.channels is not None:
        values["channels"] = {**before.channels, **command.channels}
    if command.reminder_minutes is not None:
        values["reminder_minutes"] = tuple(sorted(command.reminder_minutes, reverse=True))
    if command.sms_phone is not KEEP:
        values["sms_consent"] = _consent(before.sms_consent, command.sms_phone, now)
    if values.get("sms_consent") is not None:
        values["sms_opted_out_at"] = None
    return evolve(before, **values)


def _consent(before: SmsConsent | None, phone: str | None, now: datetime) -> SmsConsent | None:
    if before is not None and before.phone == phone:
        return before
    return SmsConsent(phone, now) if phone is not None else None


def _places(settings: NotificationSettings) -> tuple[str | None, str | None]:
    return settings.confidential.safe_email, settings.sms_consent.phone if settings.sms_consent else None


def _text(value: str | Keep | None) -> str | None:
    """What is to be validated: nothing where a field stays or is emptied."""
    return None if isinstance(value, Keep) else value
