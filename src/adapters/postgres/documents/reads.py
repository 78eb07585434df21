"""Views of documents in PostgreSQL, each by one statement. A search decrypts titles and names batch by batch."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from attrs import define
from sqlalchemy import Boolean, Integer, Select, any_, bindparam, func, or_, select, true, tuple_

from adapters.postgres.documents.documents import DOCUMENT_COLUMNS, document_of
from adapters.postgres.documents.tables import document_marks, document_versions, documents
from adapters.postgres.engine.columns import Instant, Texts, Uuid
from adapters.postgres.engine.statements import Statement, statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.files.tables import files
from portal_core.documents.model import BILLING_CATEGORIES
from portal_core.documents.policy import DocumentScope
from portal_core.documents.ports import DocumentReads
from portal_core.documents.views import (
    DocumentFilter,
    DocumentVersionView,
    DocumentView,
    FileView,
    PracticeDocumentView,
)
from portal_core.kernel.page import Page, PageRequest, cursor

V = TypeVar("V")
_FIRST = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))
_SEARCHED_AT_ONCE = 200
_MAX_SEARCHED = 2000
"""Documents that one request searches; the next page goes on from there."""

_own = (documents.c.practice_id == bindparam("practice_id"), documents.c.client_id == bindparam("client_id"))
_file_of_version = (
    (files.c.practice_id == document_versions.c.practice_id)
    & (files.c.client_id == document_versions.c.client_id)
    & (files.c.id == document_versions.c.file_id)
)
_of_document = (
    document_versions.c.practice_id == documents.c.practice_id,
    document_versions.c.client_id == documents.c.client_id,
    document_versions.c.document_id == documents.c.id,
)
_file_columns = (
    document_versions.c.number,
    files.c.id.label("file_id"),
    files.c.name.label("file_name"),
    files.c.state,
    files.c.kind,
    files.c.size,
)


def _shown(*order: Any) -> Any:
    """The version that is shown of each document: the first in this order."""
    return (
        select(*_file_columns)
        .select_from(document_versions.join(files, _file_of_version))
        .where(*_of_document)
        .order_by(*order, document_versions.c.number.desc())
        .limit(1)
        .lateral("shown")
    )


_readable = _shown((files.c.state == "clean").desc())
_latest = _shown()
_marks = (
    document_marks.c.practice_id == documents.c.practice_id,
    document_marks.c.client_id == documents.c.client_id,
    document_marks.c.document_id == documents.c.id,
)
_everybodys_marks = (
    select(
        func.min(document_marks.c.viewed_at).label("viewed_at"),
        func.min(document_marks.c.downloaded_at).label("downloaded_at"),
    )
    .where(*_marks)
    .lateral("marks")
)
_visible = (
    or_(
        documents.c.origin == "client",
        documents.c.shared_at.is_not(None)
        & documents.c.revoked_at.is_(None)
        & or_(documents.c.expires_at.is_(None), documents.c.expires_at > bindparam("now", type_=Instant))
        & (_readable.c.state == "clean"),
    ),
    _readable.c.state != "awaiting_content",
    or_(~documents.c.sensitive, bindparam("with_sensitive", type_=Boolean())),
)
_of_category = documents.c.category == bindparam("category")
_before = tuple_(documents.c.listed_at, documents.c.id) < tuple_(
    bindparam("before_at", type_=Instant), bindparam("before_id", type_=Uuid)
)


def _page(source: Select[Any]) -> Select[Any]:
    return (
        source.where(_before)
        .order_by(documents.c.listed_at.desc(), documents.c.id.desc())
        .limit(bindparam("row_limit", type_=Integer))
    )


_for_client = (
    select(*DOCUMENT_COLUMNS, *_readable.c, document_marks.c.viewed_at, document_marks.c.downloaded_at)
    .select_from(documents.join(_readable, true()))
    .outerjoin(
        document_marks, (document_marks.c.account_id == bindparam("account_id")) & _marks[0] & _marks[1] & _marks[2]
    )
    .where(*_own, *_visible)
)
LIST_FOR_CLIENT = statement("documents.list_for_client", _page(_for_client))
LIST_FOR_CLIENT_BY_CATEGORY = statement("documents.list_for_client_by_category", _page(_for_client.where(_of_category)))
FOR_CLIENT = statement("documents.for_client", _for_client.where(documents.c.id == bindparam("id")))

_for_practice = select(
    *DOCUMENT_COLUMNS, *_latest.c, _everybodys_marks.c.viewed_at, _everybodys_marks.c.downloaded_at
).select_from(documents.join(_latest, true()).outerjoin(_everybodys_marks, true()))
_billed = documents.c.category == any_(bindparam("categories", type_=Texts))
LIST_FOR_PRACTICE = statement("documents.list_for_practice", _page(_for_practice.where(*_own)))
LIST_FOR_PRACTICE_BY_CATEGORY = statement(
    "documents.list_for_practice_by_category", _page(_for_practice.where(*_own, _billed))
)
FOR_PRACTICE = statement("documents.for_practice", _for_practice.where(*_own, documents.c.id == bindparam("id")))
UPLOADS = statement(
    "documents.uploads",
    _for_practice.where(
        documents.c.practice_id == bindparam("practice_id"),
        documents.c.origin == "client",
        documents.c.id < bindparam("before"),
        _latest.c.state != "awaiting_content",
    )
    .order_by(documents.c.id.desc())
    .limit(bindparam("row_limit", type_=Integer)),
    scope_exemption="staff see what all clients sent; row-level security confines a client to their own record",
)
VERSIONS = statement(
    "documents.versions",
    select(*_file_columns, document_versions.c.added_at)
    .select_from(document_versions.join(files, _file_of_version))
    .where(
        document_versions.c.practice_id == bindparam("practice_id"),
        document_versions.c.client_id == bindparam("client_id"),
        document_versions.c.document_id == bindparam("document_id"),
        files.c.state != "awaiting_content",
    )
    .order_by(document_versions.c.number.desc()),
)


@define
class PostgresDocumentReads(DocumentReads):
    """Views of documents."""

    tx: Transaction

    async def list_for_client(
        self,
        client_id: UUID,
        scope: DocumentScope,
        account_id: UUID,
        filters: DocumentFilter,
        page: PageRequest,
        now: datetime,
    ) -> Page[DocumentView]:
        values = {
            "client_id": client_id,
            "account_id": account_id,
            "with_sensitive": scope.sensitive,
            "now": now,
            "category": filters.category,
        }
        listing = LIST_FOR_CLIENT if filters.category is None else LIST_FOR_CLIENT_BY_CATEGORY

        async def view(row: Any) -> DocumentView:
            return await self._client_view(row, scope)

        return await self._list(listing, values, filters, page, view, scope)

    async def for_client(
        self, client_id: UUID, scope: DocumentScope, account_id: UUID, document_id: UUID, now: datetime
    ) -> DocumentView | None:
        row = await self.tx.fetchrow(
            FOR_CLIENT,
            client_id=client_id,
            account_id=account_id,
            with_sensitive=scope.sensitive,
            now=now,
            id=document_id,
        )
        return None if row is None else await self._client_view(row, scope)

    async def list_for_practice(
        self, client_id: UUID, filters: DocumentFilter, page: PageRequest, *, for_bills: bool
    ) -> Page[PracticeDocumentView]:
        wanted = set(BILLING_CATEGORIES) if for_bills else None
        if filters.category is not None:
            wanted = {filters.category} if wanted is None else wanted & {filters.category}
        listing = LIST_FOR_PRACTICE if wanted is None else LIST_FOR_PRACTICE_BY_CATEGORY
        values = {"client_id": client_id, "categories": sorted(wanted or ())}
        return await self._list(listing, values, filters, page, self._practice_view)

    async def for_practice(self, client_id: UUID, document_id: UUID) -> PracticeDocumentView | None:
        row = await self.tx.fetchrow(FOR_PRACTICE, client_id=client_id, id=document_id)
        return None if row is None else await self._practice_view(row)

    async def list_uploads(self, page: PageRequest) -> Page[PracticeDocumentView]:
        rows = await self.tx.fetch(UPLOADS, before=page.before_id(), row_limit=page.size + 1)
        await self.tx.load_keys({row["client_id"] for row in rows})
        return page.paginate([await self._practice_view(row) for row in rows], lambda one: one.id)

    async def versions(self, client_id: UUID, document_id: UUID) -> tuple[DocumentVersionView, ...]:
        rows = await self.tx.fetch(VERSIONS, client_id=client_id, document_id=document_id)
        return tuple(
            [DocumentVersionView(row["number"], row["added_at"], await self._file(client_id, row)) for row in rows]
        )

    async def _list(
        self,
        listing: Statement,
        values: dict[str, Any],
        filters: DocumentFilter,
        page: PageRequest,
        view: Callable[[Any], Awaitable[V]],
        scope: DocumentScope | None = None,
    ) -> Page[V]:
        """One page; of a search, the rows found among the next `_MAX_SEARCHED`."""
        before_at, before_id = page.after_time() or _FIRST
        batch = _SEARCHED_AT_ONCE if filters.search else page.size + 1
        rows, found, searched = list[Any](), list[Any](), 0
        while True:
            rows = await self.tx.fetch(listing, **values, before_at=before_at, before_id=before_id, row_limit=batch)
            searched += len(rows)
            for row in rows:
                before_at, before_id = row["listed_at"], row["id"]
                if await self._is_found(row, filters, scope):
                    found.append(row)
                    if len(found) > page.size:
                        break
            if len(found) > page.size or len(rows) < batch or searched >= _MAX_SEARCHED:
                break
        views = tuple([await view(row) for row in found[: page.size]])
        if len(found) > page.size:
            last = found[page.size - 1]
            return Page(views, cursor((last["listed_at"], last["id"])))
        more = len(rows) == batch and filters.search
        return Page(views, cursor((before_at, before_id)) if more else None)

    async def _is_found(self, row: Any, filters: DocumentFilter, scope: DocumentScope | None) -> bool:
        """Whether it is searched for. `scope`: of a client or proxy, who finds nothing by a title that is withheld."""
        if not filters.search:
            return True
        if scope is not None and (await document_of(self.tx, row)).is_withheld(proxy=scope.proxy):
            return False
        title = await self.tx.unseal(row["client_id"], documents.c.title, row["id"], row["title"])
        name = await self.tx.unseal(row["client_id"], files.c.name, row["file_id"], row["file_name"])
        return filters.is_found(title, name)

    async def _client_view(self, row: Any, scope: DocumentScope) -> DocumentView:
        return DocumentView.of(
            await document_of(self.tx, row),
            row["number"],
            await self._file(row["client_id"], row),
            proxy=scope.proxy,
            viewed_at=row["viewed_at"],
            downloaded_at=row["downloaded_at"],
        )

    async def _practice_view(self, row: Any) -> PracticeDocumentView:
        return PracticeDocumentView.of(
            await document_of(self.tx, row),
            await self._file(row["client_id"], row),
            viewed_at=row["viewed_at"],
            downloaded_at=row["downloaded_at"],
        )

    async def _file(self, client_id: UUID, row: Any) -> FileView:
        name = await self.tx.unseal(client_id, files.c.name, row["file_id"], row["file_name"])
        return FileView.of(name, row["state"], row["kind"], row["size"])
