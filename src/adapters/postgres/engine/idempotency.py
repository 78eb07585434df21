"""Idempotency keys: claimed when a unit of work begins, with the response stored when it commits.

The request's digest, with the rights that the actor had, and the response are encrypted: what a short request said
could be found by trying.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Column, bindparam, null, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.encryption.cipher import Cipher
from adapters.postgres.engine.columns import Instant, associated_data
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.tables import idempotent_responses
from adapters.postgres.engine.transaction import Transaction
from portal_core.kernel.authorization import keeps_rights, rights
from portal_core.kernel.errors import IdempotencyMismatch, RecordDestroyed
from portal_core.kernel.idempotency import IDEMPOTENCY_RETENTION, IdempotentRequest, Replayed

_NOBODY = UUID(int=0)
# Before the response are the clients whom it is about. JSON has no line end.
_END_OF_RECORDS = b"\n"
_new = insert(idempotent_responses).values(
    practice_id=bindparam("practice_id"),
    account_id=bindparam("account_id"),
    operation=bindparam("operation"),
    key=bindparam("key"),
    digest=bindparam("digest"),
    expires_at=bindparam("expires_at"),
)
# Waits for another transaction that is claiming the same key. An expired row is replaced.
CLAIM = statement(
    "idempotent_responses.claim",
    _new.on_conflict_do_update(
        index_elements=["practice_id", "account_id", "operation", "key"],
        set_={"digest": _new.excluded.digest, "body": null(), "expires_at": _new.excluded.expires_at},
        where=idempotent_responses.c.expires_at <= bindparam("now", type_=Instant),
    ).returning(idempotent_responses.c.expires_at),
)
_mine = (
    idempotent_responses.c.practice_id == bindparam("practice_id"),
    idempotent_responses.c.account_id == bindparam("account_id"),
    idempotent_responses.c.operation == bindparam("operation"),
    idempotent_responses.c.key == bindparam("key"),
)
FIND = statement(
    "idempotent_responses.find", select(idempotent_responses.c.digest, idempotent_responses.c.body).where(*_mine)
)
KEEP = statement(
    "idempotent_responses.save",
    update(idempotent_responses)
    .where(*_mine)
    .values(body=bindparam("sealed_body", type_=idempotent_responses.c.body.type)),
)


def _account(tx: Transaction) -> UUID:
    return getattr(tx.actor, "account_id", None) or _NOBODY


def _associated_data(tx: Transaction, idempotent_request: IdempotentRequest, column: Column[Any]) -> str:
    return associated_data(column, _account(tx), idempotent_request.operation, idempotent_request.key)


async def _cipher(tx: Transaction) -> Cipher | None:
    return tx.keys.cached_practice(tx.practice_id) if tx.record is None else await tx.cipher(tx.record)


async def claim_key(tx: Transaction) -> None:
    """Claim the actor's idempotent request, unless an earlier unit of the same request holds the claim.

    Of a request that was already carried out, when the actor had more rights, sets the transaction's `replayed`.

    Raises:
        Replayed: it was already carried out.
        IdempotencyMismatch: the key was used for a different request.
        RecordDestroyed: it was already carried out, but its response can no longer be read.
    """
    idempotent_request = tx.actor.origin.idempotent_request
    if idempotent_request is None or idempotent_request.claimed:
        return
    idempotent_request.claimed = tx.claimed = True
    now = tx.clock.now()
    practice = tx.keys.cached_practice(tx.practice_id)
    digest_data = _associated_data(tx, idempotent_request, idempotent_responses.c.digest)
    mine = {"account_id": _account(tx), "operation": idempotent_request.operation, "key": idempotent_request.key}
    held = rights(tx.actor)
    sealed = practice.seal(" ".join((idempotent_request.digest.hex(), *sorted(held))).encode(), digest_data)
    if await tx.fetchrow(CLAIM, **mine, digest=sealed, expires_at=now + IDEMPOTENCY_RETENTION, now=now) is not None:
        return
    known = await tx.fetchrow(FIND, **mine)
    if known is None:
        raise IdempotencyMismatch
    digest, *held_then = practice.open(known[0], digest_data).decode().split()
    if bytes.fromhex(digest) != idempotent_request.digest:
        raise IdempotencyMismatch
    cipher = await _cipher(tx)
    if cipher is None:
        raise RecordDestroyed
    if known[1] is None:
        raise IdempotencyMismatch
    kept = cipher.open(known[1], _associated_data(tx, idempotent_request, idempotent_responses.c.body))
    records, _, body = kept.rpartition(_END_OF_RECORDS)
    replayed = Replayed(body, frozenset(map(UUID, records.decode().split())))
    if keeps_rights(tx.actor, held_then):
        raise replayed
    tx.replayed = replayed


def release_claim(tx: Transaction) -> None:
    """Release the claim after a rollback, so that the next unit of the same request claims the key again."""
    if tx.claimed and tx.actor.origin.idempotent_request is not None:
        tx.actor.origin.idempotent_request.claimed = tx.claimed = False


async def save_response(tx: Transaction, body: bytes) -> None:
    """Store the response, encrypted with the record's key, or the practice's key outside a record.

    If the record's key was destroyed, no response is stored; the claimed key alone shows that there was a request.
    """
    idempotent_request = tx.actor.origin.idempotent_request
    cipher = None if idempotent_request is None else await _cipher(tx)
    if idempotent_request is None or cipher is None:
        return
    records = " ".join(sorted({str(one.record) for one in tx.entries if one.record is not None}))
    kept = records.encode() + _END_OF_RECORDS + body
    sealed = cipher.seal(kept, _associated_data(tx, idempotent_request, idempotent_responses.c.body))
    tx.write_later(
        KEEP,
        account_id=_account(tx),
        operation=idempotent_request.operation,
        key=idempotent_request.key,
        sealed_body=sealed,
    )
