"""Documents, their versions, and who viewed and downloaded them."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, text

from adapters.postgres.engine.columns import (
    client_table,
    erase,
    flag,
    instant,
    narrow,
    number,
    sealed,
    string,
    uuid,
    version,
)

documents = client_table(
    "documents",
    uuid("id"),
    string("category"),
    sealed("title"),
    string("origin"),
    uuid("added_by", null=True),
    instant("added_at"),
    instant("listed_at"),
    flag("sensitive"),
    string("source", null=True),
    instant("shared_at", null=True),
    instant("expires_at", null=True),
    instant("revoked_at", null=True),
    number("versions"),
    string("withheld_basis", null=True),
    sealed("withheld_reason"),
    uuid("withheld_by", null=True),
    instant("withheld_at", null=True),
    instant("review_requested_at", null=True),
    uuid("reviewed_by", null=True),
    instant("reviewed_at", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "client_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "client_id"], ["portal.clients.practice_id", "portal.clients.id"], name="documents_client_fkey"
    ),
    CheckConstraint("category <> 'psychotherapy_notes'", "category"),
    CheckConstraint("origin IN ('practice', 'client')", "origin"),
    CheckConstraint("num_nulls(withheld_basis, withheld_by, withheld_at) IN (0, 3)", "withheld"),
    Index(None, "practice_id", "client_id", "listed_at", "id"),
    Index("documents_source_key", "practice_id", "source", unique=True),
    Index("documents_uploads_idx", "practice_id", "id", postgresql_where=text("origin = 'client'")),
)

document_versions = client_table(
    "document_versions",
    uuid("id"),
    uuid("document_id"),
    number("number"),
    uuid("file_id"),
    uuid("added_by", null=True),
    instant("added_at"),
    PrimaryKeyConstraint("practice_id", "client_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "client_id", "document_id"],
        ["portal.documents.practice_id", "portal.documents.client_id", "portal.documents.id"],
        name="document_versions_document_fkey",
    ),
    ForeignKeyConstraint(
        ["practice_id", "client_id", "file_id"],
        ["portal.files.practice_id", "portal.files.client_id", "portal.files.id"],
        name="document_versions_file_fkey",
    ),
    Index("document_versions_number_key", "practice_id", "client_id", "document_id", "number", unique=True),
    Index("document_versions_file_key", "practice_id", "client_id", "file_id", unique=True),
)

document_marks = client_table(
    "document_marks",
    uuid("document_id"),
    uuid("account_id"),
    instant("viewed_at"),
    instant("downloaded_at", null=True),
    PrimaryKeyConstraint("practice_id", "client_id", "document_id", "account_id"),
    ForeignKeyConstraint(
        ["practice_id", "client_id", "document_id"],
        ["portal.documents.practice_id", "portal.documents.client_id", "portal.documents.id"],
        name="document_marks_document_fkey",
    ),
)

amendment_requests = client_table(
    "amendment_requests",
    uuid("id"),
    uuid("document_id", null=True),
    sealed("statement"),
    sealed("reason"),
    uuid("requested_by"),
    instant("requested_at"),
    instant("due_at"),
    string("state"),
    sealed("extension_reason"),
    instant("extended_at", null=True),
    string("denial_basis", null=True),
    sealed("answer"),
    uuid("decided_by", null=True),
    instant("decided_at", null=True),
    sealed("disagreement"),
    instant("disagreed_at", null=True),
    sealed("rebuttal"),
    instant("rebutted_at", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "client_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "client_id"],
        ["portal.clients.practice_id", "portal.clients.id"],
        name="amendment_requests_client_fkey",
    ),
    ForeignKeyConstraint(
        ["practice_id", "client_id", "document_id"],
        ["portal.documents.practice_id", "portal.documents.client_id", "portal.documents.id"],
        name="amendment_requests_document_fkey",
    ),
    CheckConstraint("state IN ('requested', 'accepted', 'denied', 'withdrawn')", "state"),
    CheckConstraint("(state = 'denied') = (denial_basis IS NOT NULL)", "denial"),
    Index("amendment_requests_due_idx", "practice_id", "due_at", "id", postgresql_where=text("state = 'requested'")),
)

# In the order of the foreign keys: what refers to a document goes before it.
for _table in (amendment_requests, document_marks, document_versions, documents):
    erase(_table)
    narrow(_table, to=("practice", "record"))
