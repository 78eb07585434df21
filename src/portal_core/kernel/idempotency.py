"""A request repeated under the same key has one effect and one answer.

An entry point puts an `IdempotentRequest` into the actor's origin. A unit of work that is opened with it claims the key
inside its own transaction, so the claim is kept exactly when the effect is, and a second request with the same key
waits for the first. A unit that only looked gives its claim back, and the next one claims. `commit(result)` keeps the
answer with the effect.
"""

from datetime import timedelta

from attrs import define

IDEMPOTENCY_RETENTION = timedelta(hours=24)


@define(eq=False)
class IdempotentRequest:
    """One request under a key. `digest` is the SHA-256 of the request; `claimed`: a unit has it, or has kept it."""

    operation: str
    key: str
    digest: bytes
    claimed: bool = False


class Replayed(Exception):
    """This was done before; `response` is what was answered then, encoded by the adapter (JSON)."""

    def __init__(self, response: bytes) -> None:
        super().__init__("answered before")
        self.response = response
