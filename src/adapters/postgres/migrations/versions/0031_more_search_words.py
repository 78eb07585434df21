"""Clients are found by the EHR's number and by email too: the words of those who are there, a thousand at a time."""

import sqlalchemy as sa
from alembic import op

from portal_core.people.search import search_words

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BATCH = 1000
NEXT_CLIENTS = sa.text(
    "SELECT practice_id, id, sort_name, date_of_birth, external_id, email FROM portal.clients"
    " WHERE (practice_id, id) > (:practice_id, :id) AND (external_id IS NOT NULL OR email IS NOT NULL)"
    " ORDER BY practice_id, id LIMIT :size"
)
ADD_WORDS = sa.text(
    "INSERT INTO portal.client_search_words (practice_id, client_id, word, sort_name)"
    " SELECT n.practice_id, n.id, n.word, n.sort_name FROM unnest(CAST(:practice_ids AS uuid[]),"
    " CAST(:ids AS uuid[]), CAST(:words AS text[]), CAST(:sort_names AS text[]))"
    " AS n (practice_id, id, word, sort_name) JOIN portal.client_keys AS k"
    " ON k.practice_id = n.practice_id AND k.client_id = n.id ON CONFLICT DO NOTHING"
)


def upgrade() -> None:
    connection = op.get_bind()
    after = {"practice_id": "00000000-0000-0000-0000-000000000000", "id": "00000000-0000-0000-0000-000000000000"}
    while rows := connection.execute(NEXT_CLIENTS, {**after, "size": BATCH}).all():
        found = [
            (row.practice_id, row.id, word, row.sort_name)
            for row in rows
            for word in search_words((), None, row.date_of_birth, row.external_id, row.email)
        ]
        practice_ids, ids, words, names = map(list, zip(*found, strict=True))
        connection.execute(ADD_WORDS, {"practice_ids": practice_ids, "ids": ids, "words": words, "sort_names": names})
        after = {"practice_id": rows[-1].practice_id, "id": rows[-1].id}
