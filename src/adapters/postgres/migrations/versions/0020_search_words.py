"""Clients are found by any word of their names, by telephone number and by date of birth.

The words of those who are there are stored, and the names by which they are listed are folded, a thousand at a time.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal_core.people.search import search_words, sort_name

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BATCH = 1000
NEXT_CLIENTS = sa.text(
    "SELECT practice_id, id, given_name, family_name, chosen_name, phone, date_of_birth FROM portal.clients"
    " WHERE (practice_id, id) > (:practice_id, :id) ORDER BY practice_id, id LIMIT :size"
)
FOLD = sa.text(
    "UPDATE portal.clients AS c SET sort_name = n.sort_name FROM unnest(CAST(:practice_ids AS uuid[]),"
    " CAST(:ids AS uuid[]), CAST(:sort_names AS text[])) AS n (practice_id, id, sort_name)"
    " WHERE c.practice_id = n.practice_id AND c.id = n.id AND c.sort_name <> n.sort_name"
)
ADD_WORDS = sa.text(
    "INSERT INTO portal.client_search_words (practice_id, client_id, word, sort_name)"
    " SELECT n.practice_id, n.id, n.word, n.sort_name FROM unnest(CAST(:practice_ids AS uuid[]),"
    " CAST(:ids AS uuid[]), CAST(:words AS text[]), CAST(:sort_names AS text[]))"
    " AS n (practice_id, id, word, sort_name) JOIN portal.client_keys AS k"
    " ON k.practice_id = n.practice_id AND k.client_id = n.id"
)


def upgrade() -> None:
    op.create_table(
        "client_search_words",
        sa.Column("practice_id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("client_id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("sort_name", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "client_id", "word", name="client_search_words_pkey"),
        sa.ForeignKeyConstraint(
            ["practice_id", "client_id"],
            ["portal.client_keys.practice_id", "portal.client_keys.client_id"],
            name="client_search_words_key_fkey",
            ondelete="CASCADE",
        ),
        schema="portal",
    )
    _fill(op.get_bind())
    op.create_index(
        "client_search_words_practice_id_word_sort_name_client_id_idx",
        "client_search_words",
        ["practice_id", "word", "sort_name", "client_id"],
        schema="portal",
    )


def _fill(connection: sa.Connection) -> None:
    after = {"practice_id": "00000000-0000-0000-0000-000000000000", "id": "00000000-0000-0000-0000-000000000000"}
    while rows := connection.execute(NEXT_CLIENTS, {**after, "size": BATCH}).all():
        sort_names = [sort_name(row.family_name, row.given_name) for row in rows]
        places = {"practice_ids": [row.practice_id for row in rows], "ids": [row.id for row in rows]}
        connection.execute(FOLD, {**places, "sort_names": sort_names})
        found = [
            (row.practice_id, row.id, word, name)
            for row, name in zip(rows, sort_names, strict=True)
            for word in search_words((row.given_name, row.chosen_name, row.family_name), row.phone, row.date_of_birth)
        ]
        practice_ids, ids, words, names = map(list, zip(*found, strict=True))
        values = {"practice_ids": practice_ids, "ids": ids, "words": words, "sort_names": names}
        connection.execute(ADD_WORDS, values)
        after = {"practice_id": rows[-1].practice_id, "id": rows[-1].id}
