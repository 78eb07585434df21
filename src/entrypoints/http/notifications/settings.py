"""How one wants to be told."""

from typing import Annotated

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import Code, Request, Slug
from entrypoints.http.contract.routing import get, patch, post
from entrypoints.http.server.request import PortalRequest
from portal_core.kernel.errors import RateLimited, StaleVersion
from portal_core.notifications.errors import SafeEmailRefused
from portal_core.notifications.model import Channel
from portal_core.notifications.use_cases.change_settings import ChangeSettings, ChangeSettingsCommand
from portal_core.notifications.use_cases.confirm_safe_email import ConfirmSafeEmail, ConfirmSafeEmailCommand
from portal_core.notifications.use_cases.show_settings import ShowSettings
from portal_core.notifications.views import SettingsView

Minutes = Annotated[int, Meta(ge=1, le=60 * 24 * 31, examples=[1440])]
Channels = Annotated[tuple[Channel, ...], Meta(max_length=3)]
EmailOrNone = Annotated[str, Meta(max_length=254, examples=["safe@example.org"])]
PhoneOrNone = Annotated[str, Meta(max_length=32, examples=["+15185550100"])]
ZoneOrNone = Annotated[str, Meta(max_length=64, examples=["America/New_York"])]
Language = Annotated[str, Meta(min_length=2, max_length=35, examples=["en"])]


class ChangeSettingsRequest(Request, frozen=True):
    """What is left out stays; an empty text takes an address, number or zone away.

    `channels` names kinds of notice; of a kind with none of them one is not told at all. Where texts cannot be sent (no
    consent, or the deployment sends none) and nothing else outside the portal was chosen, mail is.

    Another `safe_email` is mailed a code, and is in force when that is confirmed.

    `texts_to` is consent to texts to that number: send it only when the person has just agreed to texts in so many
    words; empty takes the consent back.
    """

    version: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    channels: Annotated[dict[Slug, Channels], Meta(max_length=50)] | None = None
    reminder_minutes: Annotated[tuple[Minutes, ...], Meta(max_length=5)] | None = None
    language: Language | None = None
    zone: ZoneOrNone | None = None
    safe_email: EmailOrNone | None = None
    safe_phone: PhoneOrNone | None = None
    neutral_sender: bool | None = None
    do_not_text: bool | None = None
    do_not_voicemail: bool | None = None
    texts_to: PhoneOrNone | None = None


class ConfirmSafeEmailRequest(Request, frozen=True):
    """The code that was mailed to the pending safe email."""

    code: Code


class SettingsController(Controller):
    """Channels, reminders, language, time zone, confidential communication."""

    path = "/profile/settings"
    tags = ("Notifications",)

    @get("")
    async def show_settings(self, request: PortalRequest, show_settings: NamedDependency[ShowSettings]) -> SettingsView:
        """One's settings, every kind of notice spelled out."""
        return await show_settings(request.actor)

    @patch("", raises=[RateLimited, StaleVersion])
    async def change_settings(
        self,
        request: PortalRequest,
        data: JSONBody[ChangeSettingsRequest],
        change_settings: NamedDependency[ChangeSettings],
    ) -> SettingsView:
        """Changes one's settings."""
        command = ChangeSettingsCommand(
            version=data.version,
            channels=data.channels,
            reminder_minutes=data.reminder_minutes,
            language=data.language,
            zone=data.zone,
            safe_email=data.safe_email,
            safe_phone=data.safe_phone,
            neutral_sender=data.neutral_sender,
            do_not_text=data.do_not_text,
            do_not_voicemail=data.do_not_voicemail,
            texts_to=data.texts_to,
        )
        return await change_settings(request.actor, command)

    @post(
        "/safe-email/confirm",
        idempotent=False,
        status_code=200,
        raises=[SafeEmailRefused, RateLimited, StaleVersion],
    )
    async def confirm_safe_email(
        self,
        request: PortalRequest,
        data: JSONBody[ConfirmSafeEmailRequest],
        confirm_safe_email: NamedDependency[ConfirmSafeEmail],
    ) -> SettingsView:
        """Puts the pending safe email in force. The account's email is told."""
        return await confirm_safe_email(request.actor, ConfirmSafeEmailCommand(data.code))
