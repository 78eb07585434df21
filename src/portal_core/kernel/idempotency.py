"""Idempotency: a request repeated under the same key has one effect and one response.

An entry point puts an `IdempotentRequest` into the actor's origin. A unit of work that is opened with it claims the key
inside its own transaction: the claim is committed exactly when the effect is, and a second request with the same key
waits for the first. A unit that is rolled back releases its claim for the next unit. `commit(result)` stores the
response together with the effect.

The response is repeated at once to an actor who still has all the rights that they had (`authorization.rights`). For
one who lost some, the use case runs once more up to its commit, without an effect: if it refuses access, so is the
repetition. A clinician who sees own clients only must also still see the clients that the request was about.
"""

from datetime import timedelta
from uuid import UUID

from attrs import define

from portal_core.kernel.errors import Forbidden, NotFound, Unauthenticated

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
    """The request was carried out before; `response` is the stored result, as JSON encoded by the adapter.

    `records` are the clients whom its audit entries were about.
    """

    def __init__(self, response: bytes, records: frozenset[UUID] = frozenset()) -> None:
        super().__init__("already answered")
        self.response = response
        self.records = records


def refuses_access(error: Exception) -> bool:
    """Whether the use case refuses a repeated request for who asks, rather than for what is stored by now."""
    return isinstance(error, Forbidden | NotFound | Unauthenticated)
