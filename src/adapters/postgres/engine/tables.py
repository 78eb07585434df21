"""Tables that all features use: audit entries, idempotent responses, rate limit attempts, and encryption keys."""

from datetime import timedelta

from sqlalchemy import ForeignKeyConstraint, Index, PrimaryKeyConstraint

from adapters.postgres.engine.columns import (
    account_table,
    append_table,
    client_table,
    digest,
    document,
    erase,
    function_only_table,
    instant,
    instants,
    narrow,
    practice_table,
    recorded_at,
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
    # `at` is what the application says.
    recorded_at("clock_timestamp()"),
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


# Each practice's earlier keys, in case one was replaced by what cannot be unwrapped.
former_practice_keys = function_only_table(
    "former_practice_keys",
    uuid("practice_id"),
    digest("wrapped"),
    string("master_key"),
    instant("replaced_at"),
    PrimaryKeyConstraint("practice_id", "wrapped"),
    ForeignKeyConstraint(["practice_id"], ["portal.practices.id"]),
    Index(None, "practice_id", "replaced_at"),
)


client_keys = client_table(
    "client_keys",
    sealed("wrapped", null=False),
    instant("made_at"),
    PrimaryKeyConstraint("practice_id", "client_id"),
    ForeignKeyConstraint(["practice_id", "client_id"], ["portal.clients.practice_id", "portal.clients.id"]),
)

# The entry is of the actor that the transaction's settings name. A client's is about their record, a proxy's about one
# that they are or were granted.
audit_entries.info["addable"] = (
    "practice_id = {practice} AND CASE {scope}"
    " WHEN 'practice' THEN account_id IS NOT DISTINCT FROM {account}"
    " AND actor_kind = CASE WHEN account_id IS NULL THEN 'system' ELSE 'staff' END"
    " WHEN 'record' THEN account_id = {account} AND (record IS NULL OR record = {client} OR EXISTS"
    " (SELECT 1 FROM portal.grants AS g WHERE g.practice_id = {practice} AND g.account_id = {account}"
    " AND g.client_id = record))"
    " AND (actor_kind = 'proxy' OR actor_kind = 'client' AND grant_id IS NULL AND {client} IS NOT NULL)"
    " WHEN 'visitor' THEN account_id IS NULL AND actor_kind = 'visitor' END"
)

# A practice's key is read and replaced through functions, a client's is destroyed through one.
narrow(practice_keys, "insert", to=("practice",))
narrow(client_keys, "insert", to=("practice",))
erase(client_keys)
# Responses to staff may hold what they read or wrote of the client; that of the erasure itself holds only ids.
erase(
    idempotent_responses,
    "account_id = ANY (account_ids) OR operation <> 'confirm_record_erasure' AND account_id IN"
    " (SELECT staff.id FROM portal.accounts AS staff WHERE staff.practice_id = practice AND staff.kind = 'staff')",
)

retain(idempotent_responses, "expires_at")
# By then somebody has noticed that a practice's records cannot be read.
retain(former_practice_keys, "replaced_at", timedelta(days=90))
retain(rate_limit_attempts, "expires_at")
