"""Proxies' grants on clients' records."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, text

from adapters.postgres.engine.columns import (
    client_table,
    day,
    erase,
    flag,
    instant,
    narrow,
    string,
    texts,
    uuid,
    version,
)

grants = client_table(
    "grants",
    uuid("id"),
    uuid("account_id"),
    string("relationship"),
    texts("areas"),
    flag("may_write"),
    day("starts_on"),
    # The first local day without access: the earlier of the date that staff chose and the limit for minors.
    day("until", null=True),
    day("requested_until", null=True),
    # The first local day on which the areas restricted for adolescents are closed.
    day("restricted_from", null=True),
    flag("authorized_by_minor"),
    uuid("granted_by"),
    instant("granted_at"),
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
    CheckConstraint("relationship IN ('parent', 'guardian', 'representative', 'other')", "relationship"),
    CheckConstraint("until > starts_on", "until"),
    Index(None, "practice_id", "client_id"),
    Index(None, "practice_id", "account_id"),
    Index(
        "grants_due_idx",
        "practice_id",
        "until",
        postgresql_where=text("revoked_at IS NULL AND ended_at IS NULL"),
    ),
    # At most one active grant per proxy and record.
    Index(
        "grants_active_key",
        "practice_id",
        "client_id",
        "account_id",
        unique=True,
        postgresql_where=text("revoked_at IS NULL AND ended_at IS NULL"),
    ),
)


# A proxy sees their own as well.
grants.info["owned"] = "(client_id = {client} OR account_id = {account})"
erase(
    grants,
    "client_id = client AND revoked_at IS NULL AND ended_at IS NULL",
    revoked_at="instant",
    version="version + 1",
)
narrow(grants, "insert", "update", to=("practice",))
