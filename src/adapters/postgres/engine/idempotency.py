"""Answers under idempotency keys: claimed when a unit begins, kept when it commits, in the same transaction."""

from uuid import UUID

from sqlalchemy import bindparam, null, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.encryption.cipher import Cipher
from adapters.postgres.engine.columns import Instant, place
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.tables import answers
from adapters.postgres.engine.transaction import Transaction
from portal_core.kernel.errors import IdempotencyMismatch, RecordDestroyed
from portal_core.kernel.idempotency import KEPT_FOR, Attempt, Replayed

_NOBODY = UUID(int=0)
_new = insert(answers).values(
    practice_id=bindparam("practice_id"),
    account_id=bindparam("account_id"),
    operation=bindparam("operation"),
    key=bindparam("key"),
    digest=bindparam("digest"),
    until=bindparam("until"),
)
# Waits for another transaction that claims the same key; a row past its time is taken over.
CLAIM = statement(
    "answers.claim",
    _new.on_conflict_do_update(
        index_elements=["practice_id", "account_id", "operation", "key"],
        set_={"digest": _new.excluded.digest, "body": null(), "until": _new.excluded.until},
        where=answers.c.until <= bindparam("now", type_=Instant),
    ).returning(answers.c.until),
)
_mine = (
    answers.c.practice_id == bindparam("practice_id"),
    answers.c.account_id == bindparam("account_id"),
    answers.c.operation == bindparam("operation"),
    answers.c.key == bindparam("key"),
)
FIND = statement("answers.find", select(answers.c.digest, answers.c.body).where(*_mine))
KEEP = statement(
    "answers.keep", update(answers).where(*_mine).values(body=bindparam("sealed_body", type_=answers.c.body.type))
)


def _account(tx: Transaction) -> UUID:
    return getattr(tx.actor, "account_id", None) or _NOBODY


def _place(tx: Transaction, attempt: Attempt) -> str:
    return place(answers.c.body, _account(tx), attempt.operation, attempt.key)


async def _cipher(tx: Transaction) -> Cipher | None:
    return tx.keys.held(tx.practice_id) if tx.record is None else await tx.cipher(tx.record)


async def claim(tx: Transaction) -> None:
    """Claim the actor's attempt, unless a unit before has kept its claim.

    Raises:
        Replayed: it was answered before.
        IdempotencyMismatch: the key was used for another request.
        RecordDestroyed: it was carried out before, and the answer cannot be read any more.
    """
    attempt = tx.actor.origin.attempt
    if attempt is None or attempt.claimed:
        return
    attempt.claimed = tx.claimed = True
    now = tx.clock.now()
    mine = {"account_id": _account(tx), "operation": attempt.operation, "key": attempt.key}
    if await tx.fetchrow(CLAIM, **mine, digest=attempt.digest, until=now + KEPT_FOR, now=now) is not None:
        return
    known = await tx.fetchrow(FIND, **mine)
    if known is None or known[0] != attempt.digest:
        raise IdempotencyMismatch
    cipher = await _cipher(tx)
    if cipher is None:
        raise RecordDestroyed
    if known[1] is None:
        raise IdempotencyMismatch
    raise Replayed(cipher.open(known[1], _place(tx, attempt)))


def give_back(tx: Transaction) -> None:
    """The transaction was rolled back, and its claim with it: the next unit of this attempt claims anew."""
    if tx.claimed and tx.actor.origin.attempt is not None:
        tx.actor.origin.attempt.claimed = tx.claimed = False


async def keep(tx: Transaction, body: bytes) -> None:
    """Keep the answer, sealed with the record's key. Where that was destroyed, only that there was one is known."""
    attempt = tx.actor.origin.attempt
    cipher = None if attempt is None else await _cipher(tx)
    if attempt is None or cipher is None:
        return
    sealed = cipher.seal(body, _place(tx, attempt))
    await tx.execute(KEEP, account_id=_account(tx), operation=attempt.operation, key=attempt.key, sealed_body=sealed)
