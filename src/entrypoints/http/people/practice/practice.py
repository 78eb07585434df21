"""The practice itself, and the import of its people."""

from typing import Annotated, Literal

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import Phone, Request, TimeZone, Version
from entrypoints.http.contract.routing import get, post, put
from entrypoints.http.people.practice.fields import Address, Npi, State
from entrypoints.http.people.practice.import_rows import ImportRequest
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.use_cases.import_with_guardians import ImportWithGuardians
from portal_core.kernel.errors import Conflict, Forbidden, StaleVersion
from portal_core.people.use_cases.change_practice import ChangePractice, ChangePracticeCommand
from portal_core.people.use_cases.get_practice import GetPractice
from portal_core.people.views import ChangedPracticeView, ImportReport, PracticeView

IMPORT_LIMIT = 2 * 1024 * 1024
"""Bytes: a thousand rows of two kilobytes each."""

PracticeName = Annotated[str, Meta(min_length=1, max_length=120, examples=["Elm Street Counselling"])]
TaxId = Annotated[str, Meta(min_length=1, max_length=20, examples=["12-3456789"])]


class ChangePracticeRequest(Request, frozen=True, kw_only=True):
    """The practice's name, place, phone and address, and the identifiers that bills name; omitted ones are empty.

    Everybody may read `phone` (perhaps with an extension) and `address`, and mails carry them. `tax_id` is an employer
    identification number. If the time zone changes, booked video visits and online series `keep` the time that clocks
    on the wall show, or the instant. `version` is the version that was read.
    """

    name: PracticeName
    time_zone: TimeZone
    state: State | None = None
    npi: Npi | None = None
    tax_id: TaxId | None = None
    phone: Phone | None = None
    address: Address | None = None
    keep: Annotated[Literal["wall_time", "instant"], Meta(examples=["wall_time"])] = "wall_time"
    version: Version


class PracticeController(Controller):
    """The practice itself."""

    path = ""
    tags = ("Practice: setup",)

    @get("", raises=[Forbidden])
    async def get_practice(self, request: PortalRequest, get_practice: NamedDependency[GetPractice]) -> PracticeView:
        """The practice's name, place, phone and address, and the identifiers that bills name."""
        return await get_practice(request.actor)

    @put("", raises=[Forbidden, StaleVersion])
    async def change_practice(
        self,
        request: PortalRequest,
        data: JSONBody[ChangePracticeRequest],
        change_practice: NamedDependency[ChangePractice],
    ) -> ChangedPracticeView:
        """Changes the practice's name, place, phone, address and identifiers. The operator sets its host names.

        Booked video visits follow a new time zone; they are listed in `affected`.
        """
        command = ChangePracticeCommand(
            name=data.name,
            time_zone=data.time_zone,
            state=data.state,
            version=data.version,
            npi=data.npi,
            tax_id=data.tax_id,
            phone=data.phone,
            address=data.address,
            keep=data.keep,
        )
        return await change_practice(request.actor, command)

    @post("/imports", status_code=200, idempotent=False, body_limit=IMPORT_LIMIT, raises=[Forbidden, Conflict])
    async def import_people(
        self,
        request: PortalRequest,
        data: JSONBody[ImportRequest],
        import_with_guardians: NamedDependency[ImportWithGuardians],
    ) -> ImportReport:
        """Imports clinicians and clients, matched by their external ids.

        Safe to send twice, and with `dry_run` it only reports. The report lists the fields that change for each row.
        A row that is not valid is rejected with all of its errors; the import continues. Guardians of new and known
        clients are invited, each once.
        """
        return await import_with_guardians(request.actor, data.command())
