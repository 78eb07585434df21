"""Idempotency: a request repeated under the same key has one effect and one response.

An entry point puts an `IdempotentRequest` into the actor's origin. A unit of work that is opened with it claims the key
inside its own transaction: the claim is committed exactly when the effect is, and a second request with the same key
waits for the first. A unit that is rolled back releases its claim for the next unit. `commit(result)` stores the
response together with the effect.
"""

from datetime import timedelta

from attrs import define

IDEMPOTENCY_RETENTION = timedelta(hours=24)


@define(eq=False)
class IdempotentRequest:
    """One request under a key.

    `digest` is the SHA-256 of the request. `claimed` is true while a unit of work holds the claim and after it
    committed it.
    """

    operation: str
    key: str
    digest: bytes
    claimed: bool = False


class Replayed(Exception):
    """The request was carried out before; `response` is the stored result, as JSON encoded by the adapter."""

    def __init__(self, response: bytes) -> None:
        super().__init__("already answered")
        self.response = response
