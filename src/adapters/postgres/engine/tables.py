"""Tables that all features use: audit entries, idempotent responses, rate limit attempts, and encryption keys."""

from sqlalchemy import ForeignKeyConstraint, Index, PrimaryKeyConstraint

from adapters.postgres.engine.columns import (
    account_table,
    append_table,
    client_table,
    digest,
    document,
    function_only_table,
    instant,
    instants,
    practice_table,
    retain,
    sealed,
    string,
    uuid,
)

audit_entries = append_table(
    "audit_entries",
    instant("at"),
    uuid("id"),
    string("actor_kind"),
    uuid("account_id", null=True),
    string("job", null=True),
    uuid("grant_id", null=True),
    uuid("record", null=True),
    string("action"),
    uuid("target", null=True),
    string("outcome"),
    document("facts"),
    string("address"),
    string("device"),
    string("request_id"),
    PrimaryKeyConstraint("at", "id"),
    Index(None, "practice_id", "record", "at"),
    Index(None, "practice_id", "at"),
    postgresql_partition_by="RANGE (at)",
)

idempotent_responses = account_table(
    "idempotent_responses",
    string("operation"),
    string("key"),
    # Of the whole request, whose body may be short and easily guessed; encrypted with the practice's key.
    sealed("digest", null=False),
    sealed("body", label="answers.body"),
    instant("expires_at"),
    PrimaryKeyConstraint("practice_id", "account_id", "operation", "key"),
    Index(None, "practice_id", "expires_at"),
)

rate_limit_attempts = function_only_table(
    "rate_limit_attempts",
    digest("key"),
    instants("at"),
    instant("expires_at"),
    PrimaryKeyConstraint("key"),
    Index(None, "expires_at"),
)


practice_keys = practice_table(
    "practice_keys",
    sealed("wrapped", null=False),
    string("master_key"),
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

retain(idempotent_responses, "expires_at")
retain(rate_limit_attempts, "expires_at")
