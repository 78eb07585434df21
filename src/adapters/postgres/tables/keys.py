"""Wrapped keys."""

from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint

from adapters.postgres.tables.base import client_table, instant, practice_table, sealed, words

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
