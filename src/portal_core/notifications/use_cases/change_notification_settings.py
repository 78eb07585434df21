"""Changes how the actor is notified."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from attrs import asdict, evolve, field, fields_dict, frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.contact import KEEP, Keep, check_time_zone, normalize_email, phone_number
from portal_core.kernel.errors import Invalid, StaleVersion
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.notices import CONTACT_CHANGED, SAFE_EMAIL_CODE, Channel
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.notifications.ports import FactorCheck, NotificationsUnit
from portal_core.notifications.safe_email import REQUEST_BY_ACCOUNT, SafeEmailVerification
from portal_core.notifications.settings import (
    ConfidentialCommunication,
    MessageDetails,
    NotificationSettings,
    SmsConsent,
)
from portal_core.notifications.settings_validation import (
    channel_errors,
    details_errors,
    language_errors,
    reminder_errors,
)
from portal_core.notifications.views import NotificationSettingsView

_CONTACT_RULES: Final[Mapping[str, Callable[[str, str], str]]] = {
    "time_zone": check_time_zone,
    "safe_email": lambda text, path: normalize_email(text, path=path),
    "safe_phone": phone_number,
    "sms_phone": phone_number,
}
"""The settings that None removes, and the rule for each."""
_DESTINATIONS = frozenset({"safe_email", "safe_phone", "sms_phone"})
_NO_SETTINGS = ("version", "password", "code")


@frozen
class ChangeNotificationSettingsCommand:
    """The settings to change. Omitted settings stay unchanged; None removes an address, number or time zone.

    A new `safe_email` is pending until it is confirmed; sending the current one, or None, withdraws a pending one.
    `channels` holds only the kinds to change. `sms_phone` gives consent to text messages to that number, so an entry
    point must send it only when the person has just expressly agreed to them; None withdraws consent. `password` and
    `code` are needed to change `safe_email`, `safe_phone` or `sms_phone` of an account with a second factor, except to
    withdraw consent.
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
    message_details: MessageDetails | None = None
    password: str = field(default="", repr=False)
    code: str = field(default="", repr=False)

    def validated(self) -> "ChangeNotificationSettingsCommand":
        """The command with its email, numbers and time zone in the form in which they are stored.

        Raises:
            Invalid: with one entry for each field that is wrong.
        """
        errors = [
            *channel_errors("channels", self.channels),
            *reminder_errors("reminder_minutes", self.reminder_minutes),
            *details_errors("message_details", self.message_details),
            *language_errors("language", language := self.language and self.language.strip()),
        ]
        normalized: dict[str, Any] = {"language": language}
        for name, normalize in _CONTACT_RULES.items():
            text = getattr(self, name)
            if isinstance(text, str):
                try:
                    normalized[name] = normalize(text, name)
                except Invalid as invalid:
                    errors += invalid.fields
        if errors:
            raise Invalid(*errors)
        return evolve(self, **normalized)

    def given(self) -> dict[str, Any]:
        """The settings to change, by name."""
        return {
            name: value
            for name, value in asdict(self, recurse=False).items()
            if name not in _NO_SETTINGS and value is not KEEP and (value is not None or name in _CONTACT_RULES)
        }

    def redirects(self, before: NotificationSettings) -> bool:
        """Whether mail, text messages or calls may go to another address or number than before."""
        present = {"safe_email": before.confidential.safe_email, "safe_phone": before.confidential.safe_phone}
        given = self.given()
        texts = before.sms_consent.phone if before.sms_consent else None
        return any(given[name] != value for name, value in present.items() if name in given) or (
            given.get("sms_phone") not in (None, texts)
        )


@frozen
class ChangeNotificationSettings:
    """Changes the settings of the actor's own account. A new safe email is sent a code for `ConfirmSafeEmail`.

    A stranger who found a session open could have the mail and calls sent to themselves. So where a second factor is
    enrolled, a change of address or number asks for all factors; and when the change takes effect, a notice goes to
    the account's own email.

    Raises:
        Unauthenticated: the actor is not signed in.
        Invalid: one entry for each invalid field; or a factor that is asked for is missing or wrong.
        RateLimited: too many requests to set a safe email, or too many wrong factors.
        StaleVersion: the settings changed after they were read.
    """

    begin: Begin[NotificationsUnit]
    clock: Clock
    ids: IdSource
    limits: RateLimits
    reauthentication: FactorCheck

    async def __call__(self, actor: Actor, command: ChangeNotificationSettingsCommand) -> NotificationSettingsView:
        holder = require_account_holder(actor)
        command = command.validated()
        if command.given().keys() & _DESTINATIONS:
            async with self.begin(actor, read_only=True) as unit:
                known = await unit.notification_settings.get(holder.account_id)
            if command.redirects(known):
                await self.reauthentication.where_enrolled(actor, command.password, command.code)
        if isinstance(command.safe_email, str):
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
            if _destinations(after) != _destinations(before):
                await unit.outbox.notify(CONTACT_CHANGED.to_account(account_id))
            verification = await self._verification(unit, after, command.safe_email, now)
            return await unit.commit(NotificationSettingsView.of(after, verification, now))

    async def _verification(
        self, unit: NotificationsUnit, settings: NotificationSettings, email: str | Keep | None, now: datetime
    ) -> SafeEmailVerification | None:
        """Start or withdraw the verification as `email` asks, and return the account's verification, if any."""
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
    """Apply a valid command to the settings and return the result."""
    given = command.given()

    def those_of(cls: type) -> dict[str, Any]:
        return {name: value for name, value in given.items() if name in fields_dict(cls)}

    values = those_of(NotificationSettings)
    values["version"] = before.version + 1
    preferences = those_of(ConfidentialCommunication)
    if isinstance(command.safe_email, str):
        del preferences["safe_email"]  # takes effect when it is confirmed
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


def _destinations(settings: NotificationSettings) -> tuple[str | None, ...]:
    confidential, consent = settings.confidential, settings.sms_consent
    return confidential.safe_email, confidential.safe_phone, consent.phone if consent else None
