"""What every feature writes: audit entries, answers under idempotency keys, tries that limits count."""

from sqlalchemy import ForeignKeyConstraint, Index, PrimaryKeyConstraint

from adapters.postgres.engine.columns import (
    account_table,
    append_table,
    client_table,
    digest,
    document,
    instant,
    instants,
    open_table,
    practice_table,
    sealed,
    uuid,
    words,
)

audit_entries = append_table(
    "audit_entries",
    instant("at"),
    uuid("id"),
    words("actor_kind"),
    uuid("account_id", null=True),
    words("job", null=True),
    uuid("grant_id", null=True),
    uuid("record", null=True),
    words("action"),
    uuid("target", null=True),
    words("outcome"),
    document("facts"),
    words("address"),
    words("device"),
    words("request_id"),
    PrimaryKeyConstraint("at", "id"),
    Index(None, "practice_id", "record", "at"),
    Index(None, "practice_id", "at"),
    postgresql_partition_by="RANGE (at)",
)

answers = account_table(
    "answers",
    words("operation"),
    words("key"),
    digest("digest"),
    sealed("body"),
    instant("until"),
    PrimaryKeyConstraint("practice_id", "account_id", "operation", "key"),
    Index(None, "practice_id", "until"),
)

tries = open_table(
    "tries",
    digest("key"),
    instants("at"),
    instant("until"),
    PrimaryKeyConstraint("key"),
    Index(None, "until"),
)


practice_keys = practice_table(
    "practice_keys",
    sealed("wrapped", null=False),
    words("master_key"),
    instant("made_at"),
    PrimaryKeyConstraint("practice_id"),
    ForeignKeyConstraint(["practice_id"], ["portal.practices.id"]),
)


client_keys = client_table(
    "client_keys",
    sealed("wrapped", null=False),
    instant("made_at"),
    PrimaryKeyConstraint("practice_id", "client_id"),
    ForeignKeyConstraint(["practice_id", "client_id"], ["portal.clients.practice_id", "portal.clients.id"]),
)
