"""Notices that need an operator's attention."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency

from entrypoints.http.contract.fields import Cursor, FromPath, FromQuery, PageSize, page
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.kernel.errors import Forbidden, NotFound, StaleVersion
from portal_core.kernel.page import Page
from portal_core.notifications.errors import NoticeNotReplayable
from portal_core.notifications.use_cases.list_failed_notices import ListFailedNotices, ListFailedNoticesQuery
from portal_core.notifications.use_cases.replay_notice import ReplayNotice
from portal_core.notifications.views import FailedNoticeView


class FailedNoticesController(Controller):
    """The practice's dead and uncertain notices."""

    path = "/notices/failed"
    tags = ("Practice: operations",)

    @get("", raises=[Forbidden])
    async def list_failed_notices(
        self,
        request: PortalRequest,
        list_failed_notices: NamedDependency[ListFailedNotices],
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[FailedNoticeView]:
        """Lists notices that were given up, or that may or may not have been sent."""
        return await list_failed_notices(request.actor, ListFailedNoticesQuery(page(after, size)))

    @post(
        "/{notice_id:uuid}/replay",
        status_code=200,
        idempotent=False,
        raises=[Forbidden, NotFound, NoticeNotReplayable, StaleVersion],
    )
    async def replay_notice(
        self, request: PortalRequest, notice_id: FromPath[UUID], replay_notice: NamedDependency[ReplayNotice]
    ) -> FailedNoticeView:
        """Queues a failed notice again."""
        return await replay_notice(request.actor, notice_id)
