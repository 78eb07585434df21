"""Rows that cannot be caused over HTTP by one administrator alone."""

from typing import Any
from uuid import UUID, uuid4

import psycopg


def ask_for_erasure(owner: psycopg.Connection[Any], client_id: str, requested_at: Any) -> str:
    """Store an open request of another administrator to erase a record; returns its id."""
    erasure_id: UUID = uuid4()
    asking: UUID = uuid4()
    owner.execute(
        "WITH member AS (INSERT INTO portal.staff (practice_id, id, name, email, email_key, roles, active)"
        " SELECT practice_id, %s, 'Grace Hill', 'grace@staff.example', 'grace@staff.example', '{administrator}', true"
        " FROM portal.clients WHERE id = %s RETURNING practice_id, id, email)"
        " INSERT INTO portal.accounts"
        " (practice_id, id, side, email, kind, staff_id, status, second_factor, created_at)"
        " SELECT practice_id, %s, 'practice', email, 'staff', id, 'active', 'totp', %s FROM member",
        (uuid4(), client_id, asking, requested_at),
    )
    owner.execute(
        "INSERT INTO portal.record_erasures (practice_id, client_id, id, requested_by, requested_at, expires_at, state)"
        " SELECT practice_id, id, %s, %s, %s, %s::timestamptz + interval '7 days', 'open' FROM portal.clients"
        " WHERE id = %s",
        (erasure_id, asking, requested_at, requested_at, client_id),
    )
    return str(erasure_id)


def ask_for_review(owner: psycopg.Connection[Any], document_id: str) -> None:
    """Let a document be withheld by a clinician who is not here, and its client have asked for a review."""
    owner.execute(
        "UPDATE portal.documents SET withheld_basis = 'danger_to_life_or_safety', withheld_by = %s,"
        " withheld_at = added_at, review_requested_at = added_at WHERE id = %s",
        (uuid4(), document_id),
    )


def spoil_a_notice(owner: psycopg.Connection[Any]) -> str:
    """Mark a notice as undeliverable; returns its id."""
    row = owner.execute(
        "UPDATE portal.notices SET state = 'dead', settled_at = created_at"
        " WHERE id = (SELECT max(id::text)::uuid FROM portal.notices WHERE channel = 'email') RETURNING id"
    ).fetchone()
    assert row is not None
    return str(row[0])
