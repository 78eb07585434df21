"""Files of clients' records, and the links under which they are downloaded."""

from datetime import timedelta

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, text

from adapters.postgres.engine.columns import (
    client_table,
    digest,
    erase,
    flag,
    instant,
    narrow,
    number,
    retain,
    sealed,
    string,
    uuid,
    version,
)

files = client_table(
    "files",
    uuid("id"),
    sealed("name"),
    uuid("added_by", null=True),
    instant("added_at"),
    string("state"),
    uuid("object_id", null=True),
    sealed("content_key"),
    instant("received_at", null=True),
    string("kind", null=True),
    number("size", null=True),
    sealed("sha256"),
    number("checks"),
    instant("check_at", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "client_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "client_id"], ["portal.clients.practice_id", "portal.clients.id"], name="files_client_fkey"
    ),
    CheckConstraint("state IN ('awaiting_content', 'quarantined', 'clean', 'infected', 'erased')", "state"),
    CheckConstraint("state NOT IN ('quarantined', 'clean') OR num_nulls(object_id, content_key, size) = 0", "content"),
    Index("files_check_idx", "practice_id", "check_at", postgresql_where=text("state = 'quarantined'")),
    Index(
        "files_discarded_idx",
        "practice_id",
        "id",
        postgresql_where=text("object_id IS NOT NULL AND state IN ('awaiting_content', 'infected', 'erased')"),
    ),
)
# The content is then deleted by a job, which needs to know where it is.
erase(files, state="'erased'", name="NULL", content_key="NULL", sha256="NULL", kind="NULL", version="version + 1")

download_links = client_table(
    "download_links",
    uuid("id"),
    uuid("account_id"),
    uuid("session_id", null=True),
    uuid("grant_id", null=True),
    uuid("file_id"),
    digest("token_hash"),
    flag("in_page"),
    instant("expires_at"),
    instant("first_used_at", null=True),
    PrimaryKeyConstraint("practice_id", "client_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "client_id", "file_id"],
        ["portal.files.practice_id", "portal.files.client_id", "portal.files.id"],
        name="download_links_file_fkey",
    ),
    Index("download_links_hash_key", "token_hash", unique=True),
    Index(None, "practice_id", "client_id", "file_id"),
    Index(None, "practice_id", "expires_at"),
)
retain(download_links, "expires_at", timedelta(days=1))
erase(download_links)
narrow(download_links, "insert", to=("record",))
# A link is the audit log's word for who downloads.
download_links.info["addable"] = (
    "practice_id = {practice} AND client_id = {client} AND account_id = {account} AND {scope} = 'record'"
)
