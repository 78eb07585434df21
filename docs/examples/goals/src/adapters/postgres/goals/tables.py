"""The table of goals. Titles are sealed."""

from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint

from adapters.postgres.engine.columns import client_table, instant, sealed, uuid, version

goals = client_table(
    "goals",
    uuid("id"),
    sealed("title", null=False),
    instant("set_at"),
    instant("completed_at", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "client_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "client_id"], ["portal.clients.practice_id", "portal.clients.id"], name="goals_client_fkey"
    ),
)
