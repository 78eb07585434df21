"""Notification settings of the actor's account."""

from typing import Annotated

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import (
    UNSET,
    Code,
    Email,
    Password,
    Phone,
    Request,
    Slug,
    TimeZone,
    UnsetType,
    or_keep,
)
from entrypoints.http.contract.routing import get, patch, post
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.errors import CodeRefused, WrongPassword
from portal_core.kernel.errors import RateLimited, StaleVersion
from portal_core.kernel.languages import Language
from portal_core.kernel.notices import Channel
from portal_core.notifications.errors import SafeEmailCodeInvalid
from portal_core.notifications.settings import MessageDetails
from portal_core.notifications.use_cases.change_notification_settings import (
    ChangeNotificationSettings,
    ChangeNotificationSettingsCommand,
)
from portal_core.notifications.use_cases.confirm_safe_email import ConfirmSafeEmail, ConfirmSafeEmailCommand
from portal_core.notifications.use_cases.get_notification_settings import GetNotificationSettings
from portal_core.notifications.views import NotificationSettingsView

Minutes = Annotated[int, Meta(ge=1, le=60 * 24 * 31, examples=[1440])]
Channels = Annotated[tuple[Channel, ...], Meta(max_length=3)]


class ChangeNotificationSettingsRequest(Request, frozen=True):
    """The settings to change. Omitted fields stay unchanged; null removes an address, number or time zone.

    `channels` maps notice kinds to channels; a kind with an empty list sends no notices. If text messages cannot be
    sent (no consent, or the deployment does not send any) and no other channel outside the portal was chosen, mail is
    sent.

    A new `safe_email` is sent a code, and takes effect when the code is confirmed.

    `sms_phone` gives consent to text messages to that number: send it only when the person has just expressly agreed to
    them. Null withdraws the consent.

    `message_details` is what mail and text messages say: `nothing` (only that there is a notice), `what` happened, or
    also `when` (an appointment's time). They never say more. Reminders state their time unless it is `nothing`;
    security notices always say what they warn of.

    With two-step sign-in on, `password` and `code` are required to change `safe_email`, `safe_phone` or `sms_phone`,
    but not to withdraw the consent.
    """

    version: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    channels: Annotated[dict[Slug, Channels], Meta(max_length=50)] | None = None
    reminder_minutes: Annotated[tuple[Minutes, ...], Meta(max_length=5)] | None = None
    language: Language | None = None
    time_zone: TimeZone | UnsetType | None = UNSET
    safe_email: Email | UnsetType | None = UNSET
    safe_phone: Phone | UnsetType | None = UNSET
    neutral_sender: bool | None = None
    do_not_text: bool | None = None
    do_not_voicemail: bool | None = None
    sms_phone: Phone | UnsetType | None = UNSET
    message_details: MessageDetails | None = None
    password: Password | None = None
    code: Code | None = None


class ConfirmSafeEmailRequest(Request, frozen=True):
    """The code that was mailed to the pending safe email."""

    code: Code


class NotificationSettingsController(Controller):
    """Channels, reminders, language, time zone, confidential communication."""

    path = "/profile/settings"
    tags = ("Notifications",)

    @get("")
    async def get_notification_settings(
        self, request: PortalRequest, get_notification_settings: NamedDependency[GetNotificationSettings]
    ) -> NotificationSettingsView:
        """Shows the settings of the actor's account, with an entry for every notice kind."""
        return await get_notification_settings(request.actor)

    @patch("", raises=[WrongPassword, CodeRefused, RateLimited, StaleVersion])
    async def change_notification_settings(
        self,
        request: PortalRequest,
        data: JSONBody[ChangeNotificationSettingsRequest],
        change_notification_settings: NamedDependency[ChangeNotificationSettings],
    ) -> NotificationSettingsView:
        """Changes the settings of the actor's account."""
        command = ChangeNotificationSettingsCommand(
            version=data.version,
            channels=data.channels,
            reminder_minutes=data.reminder_minutes,
            language=data.language,
            time_zone=or_keep(data.time_zone),
            safe_email=or_keep(data.safe_email),
            safe_phone=or_keep(data.safe_phone),
            neutral_sender=data.neutral_sender,
            do_not_text=data.do_not_text,
            do_not_voicemail=data.do_not_voicemail,
            sms_phone=or_keep(data.sms_phone),
            message_details=data.message_details,
            password=data.password or "",
            code=data.code or "",
        )
        return await change_notification_settings(request.actor, command)

    @post(
        "/safe-email/confirm",
        idempotent=False,
        status_code=200,
        raises=[SafeEmailCodeInvalid, RateLimited, StaleVersion],
    )
    async def confirm_safe_email(
        self,
        request: PortalRequest,
        data: JSONBody[ConfirmSafeEmailRequest],
        confirm_safe_email: NamedDependency[ConfirmSafeEmail],
    ) -> NotificationSettingsView:
        """Confirms the pending safe email. A notice goes to the account's own email."""
        return await confirm_safe_email(request.actor, ConfirmSafeEmailCommand(data.code))
