"""The client portal's product: use cases and ports. attrs, tzdata and the standard library only.

Public, for modules of an EHR and for batch jobs, are

- the names of this module: who acts, what may go wrong, pages, money, and the sources that use cases are made of;
- every use case, `portal_core.<feature>.use_cases.<verb_noun>`, with what it takes and what it answers;
- every error, `portal_core.<feature>.*errors`, by its `code`.

They are listed in `tests/unit/public_names.txt`; before 1.0 a minor version may change them, and CHANGELOG.md says so.
Everything else may change at any time.
"""

from portal_core.kernel.actor import (
    AREAS,
    ROLES,
    AccountHolder,
    Actor,
    Area,
    ClientActor,
    Origin,
    ProxyActor,
    Role,
    StaffActor,
    SystemActor,
    VisitorActor,
)
from portal_core.kernel.errors import (
    Conflict,
    FieldError,
    Forbidden,
    IdempotencyMismatch,
    Invalid,
    NotFound,
    PortalError,
    RateLimited,
    RecordDestroyed,
    StaleVersion,
    Unauthenticated,
    Unavailable,
)
from portal_core.kernel.idempotency import IdempotentRequest, Replayed
from portal_core.kernel.money import Money
from portal_core.kernel.page import MAX_PAGE, Page, PageRequest
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin

__all__ = [
    "AREAS",
    "MAX_PAGE",
    "ROLES",
    "AccountHolder",
    "Actor",
    "Area",
    "Begin",
    "ClientActor",
    "Clock",
    "Conflict",
    "FieldError",
    "Forbidden",
    "IdSource",
    "IdempotencyMismatch",
    "IdempotentRequest",
    "Invalid",
    "Money",
    "NotFound",
    "Origin",
    "Page",
    "PageRequest",
    "PortalError",
    "ProxyActor",
    "RateLimited",
    "RecordDestroyed",
    "Replayed",
    "Role",
    "StaffActor",
    "StaleVersion",
    "SystemActor",
    "TokenSource",
    "Unauthenticated",
    "Unavailable",
    "VisitorActor",
]
