"""The practice itself, its settings, and bringing in its people."""

from typing import Annotated

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import FromPath, Request, Slug, TimeZone, Version
from entrypoints.http.contract.routing import get, post, put
from entrypoints.http.people.practice.fields import State
from entrypoints.http.people.practice.import_rows import ImportRequest
from entrypoints.http.server.request import PortalRequest
from portal_core.kernel.errors import Conflict, Forbidden, StaleVersion
from portal_core.people.errors import UnknownSection
from portal_core.people.use_cases.change_practice import ChangePractice, ChangePracticeCommand
from portal_core.people.use_cases.change_practice_settings import ChangePracticeSettings, ChangePracticeSettingsCommand
from portal_core.people.use_cases.get_practice import GetPractice
from portal_core.people.use_cases.import_people import ImportPeople
from portal_core.people.views import ImportReport, PracticeView

IMPORT_LIMIT = 2 * 1024 * 1024
"""Bytes: a thousand rows of two kilobytes each."""

Text = Annotated[str, Meta(max_length=2000)]
Number = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Setting = bool | Number | Text | None


PracticeName = Annotated[str, Meta(min_length=1, max_length=120, examples=["Elm Street Counselling"])]


class ChangePracticeRequest(Request, frozen=True, kw_only=True):
    """The practice's name, time zone and state; `version` is the version that was read."""

    name: PracticeName
    time_zone: TimeZone
    state: State | None = None
    version: Version


class ChangeSettingsSectionRequest(Request, frozen=True):
    """A feature's settings in place of those before; what is left out is the default. Durations are in seconds."""

    values: Annotated[dict[Slug, Setting], Meta(max_length=50, examples=[{"min_password_length": 15}])]
    version: Version


class PracticeController(Controller):
    """The practice itself."""

    path = ""
    tags = ("Practice: setup",)

    @get("", raises=[Forbidden])
    async def get_practice(self, request: PortalRequest, get_practice: NamedDependency[GetPractice]) -> PracticeView:
        """The practice and its settings."""
        return await get_practice(request.actor)

    @put("", raises=[Forbidden, StaleVersion])
    async def change_practice(
        self,
        request: PortalRequest,
        data: JSONBody[ChangePracticeRequest],
        change_practice: NamedDependency[ChangePractice],
    ) -> PracticeView:
        """Changes the practice's name, time zone and state. The operator of the deployment sets its host names."""
        command = ChangePracticeCommand(data.name, data.time_zone, data.state, data.version)
        return await change_practice(request.actor, command)

    @put("/settings/{section:str}", raises=[Forbidden, UnknownSection, StaleVersion])
    async def change_practice_settings(
        self,
        request: PortalRequest,
        section: FromPath[Slug],
        data: JSONBody[ChangeSettingsSectionRequest],
        change_practice_settings: NamedDependency[ChangePracticeSettings],
    ) -> PracticeView:
        """Replaces one feature's settings: `accounts`, `notifications` or `oidc`."""
        command = ChangePracticeSettingsCommand(section, data.values, data.version)
        return await change_practice_settings(request.actor, command)

    @post("/imports", status_code=200, idempotent=False, body_limit=IMPORT_LIMIT, raises=[Forbidden, Conflict])
    async def import_people(
        self, request: PortalRequest, data: JSONBody[ImportRequest], import_people: NamedDependency[ImportPeople]
    ) -> ImportReport:
        """Imports clinicians and clients, matched by their external ids.

        Safe to send twice. A row that is not valid is rejected with its `line` and the reason; the import continues.
        """
        return await import_people(request.actor, data.command())
