"""How the practice appears in the messages it sends."""

from typing import Annotated

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import Request, SettingsVersion
from entrypoints.http.contract.routing import get, put
from entrypoints.http.server.request import PortalRequest
from portal_core.kernel.errors import Forbidden, StaleVersion
from portal_core.notifications.branding import MAX_NEUTRAL_NAME_LENGTH, MAX_PORTAL_URL_LENGTH, BrandingSettings
from portal_core.notifications.use_cases.change_branding_settings import (
    ChangeBrandingSettings,
    ChangeBrandingSettingsCommand,
)
from portal_core.notifications.use_cases.get_branding_settings import GetBrandingSettings
from portal_core.notifications.views import BrandingSettingsView

NeutralName = Annotated[str, Meta(min_length=1, max_length=MAX_NEUTRAL_NAME_LENGTH, examples=["Secure portal"])]
UrlText = Annotated[str, Meta(min_length=1, max_length=MAX_PORTAL_URL_LENGTH)]
PortalUrl = Annotated[UrlText | None, Meta(examples=["https://portal.elm-street.example"])]


class ChangeBrandingSettingsRequest(Request, frozen=True):
    """All branding settings. `version` is the one that was read.

    `neutral_name` is the sender name that does not reveal the practice. `portal_url` is the portal's https address;
    null stands for the practice's first host name, or the address of the deployment.
    """

    neutral_name: NeutralName
    portal_url: PortalUrl = None
    version: SettingsVersion | None = None

    def settings(self) -> BrandingSettings:
        """The settings as the core has them."""
        return BrandingSettings(neutral_name=self.neutral_name, portal_url=self.portal_url)


class BrandingSettingsController(Controller):
    """Branding settings."""

    path = "/settings/branding"
    tags = ("Practice: setup",)

    @get("", raises=[Forbidden])
    async def get_branding_settings(
        self, request: PortalRequest, get_branding_settings: NamedDependency[GetBrandingSettings]
    ) -> BrandingSettingsView:
        """The practice's branding settings; the defaults, at version 0, until they are saved."""
        return await get_branding_settings(request.actor)

    @put("", raises=[Forbidden, StaleVersion])
    async def change_branding_settings(
        self,
        request: PortalRequest,
        data: JSONBody[ChangeBrandingSettingsRequest],
        change_branding_settings: NamedDependency[ChangeBrandingSettings],
    ) -> BrandingSettingsView:
        """Replaces the branding settings. Messages sent from now on use them."""
        command = ChangeBrandingSettingsCommand(data.settings(), data.version)
        return await change_branding_settings(request.actor, command)
