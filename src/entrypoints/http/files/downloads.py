"""Downloads by a link."""

from typing import Annotated
from urllib.parse import urlencode

from litestar import Controller
from litestar.di import NamedDependency
from litestar.response import Stream
from msgspec import Meta

from entrypoints.http.contract.byte_ranges import IfRange, RangeHeader
from entrypoints.http.contract.fields import FromPath
from entrypoints.http.contract.routing import get
from entrypoints.http.files.serving import file_response
from entrypoints.http.server.errors import RangeNotSatisfiable
from entrypoints.http.server.request import PortalRequest
from portal_core.files.errors import FileNotAvailable
from portal_core.files.use_cases.open_download import OpenDownload, OpenDownloadQuery
from portal_core.kernel.errors import NotFound, Overloaded, Unavailable

LinkToken = Annotated[str, Meta(max_length=128, pattern=r"^[A-Za-z0-9_\-]+$", examples=["2hW9kQ0vT7xN4pRzY1cLmA"])]
"""The token of a download link."""


def download_path(token: str, practice: str) -> str:
    """The link's path. It names the practice, since a download sends no headers."""
    return f"/api/v1/portal/downloads/{token}?{urlencode({'practice': practice})}"


class DownloadsController(Controller):
    """Files that are downloaded by a link, without signing in."""

    path = "/downloads"
    tags = ("Documents",)

    @get(
        "/{token:str}",
        auth="visitor",
        active=False,
        media_type="application/octet-stream",
        raises=[NotFound, FileNotAvailable, RangeNotSatisfiable, Overloaded, Unavailable],
    )
    async def open_download(
        self,
        request: PortalRequest,
        token: FromPath[LinkToken],
        open_download: NamedDependency[OpenDownload],
        range_header: RangeHeader = None,
        if_range: IfRange = None,
    ) -> Stream:
        """Returns the file of a download link, to anyone who has the link. It works for five minutes.

        One range of bytes can be asked for (RFC 9110, 14). Only images may be shown in a page; all else is saved.
        """
        download = await open_download(request.visitor, OpenDownloadQuery(token))
        return await file_response(request, download, range_header, if_range)
