"""Grants of proxies over clients' records."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, text

from adapters.postgres.engine.columns import (
    PRACTICE_WIDE,
    client_table,
    day,
    flag,
    instant,
    texts,
    uuid,
    version,
    words,
)

grants = client_table(
    "grants",
    uuid("id"),
    uuid("account_id"),
    words("relation"),
    texts("areas"),
    flag("may_write"),
    day("starts"),
    # The first local day on which it no longer holds: the earliest of staff's own and what the rules say.
    day("until", null=True),
    day("decided_until", null=True),
    # The first local day on which areas that are off over adolescents are masked.
    day("narrows_on", null=True),
    flag("authorised_by_minor"),
    uuid("decided_by"),
    instant("decided_at"),
    instant("revoked_at", null=True),
    instant("ended_at", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "client_id"], ["portal.clients.practice_id", "portal.clients.id"], name="grants_client_fkey"
    ),
    ForeignKeyConstraint(
        ["practice_id", "account_id"], ["portal.accounts.practice_id", "portal.accounts.id"], name="grants_account_fkey"
    ),
    CheckConstraint("relation IN ('parent', 'guardian', 'representative', 'other')", "relation"),
    CheckConstraint("until > starts", "until"),
    Index(None, "practice_id", "client_id"),
    Index(None, "practice_id", "account_id"),
    Index(
        "grants_due_idx",
        "practice_id",
        "until",
        postgresql_where=text("revoked_at IS NULL AND ended_at IS NULL"),
    ),
    # One standing grant for one proxy over one record.
    Index(
        "grants_standing_key",
        "practice_id",
        "client_id",
        "account_id",
        unique=True,
        postgresql_where=text("revoked_at IS NULL AND ended_at IS NULL"),
    ),
)


grants.info["visible"] = (
    "practice_id = {practice} AND (client_id = {client} OR account_id = {account} OR {reach} = 'practice')"
)


grants.info["adding"] = PRACTICE_WIDE
