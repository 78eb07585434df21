"""Expressions for statements over `clients`: whether each has an account of their own. For staff and jobs."""

from typing import Any

from sqlalchemy import Date, Text, bindparam, case, func, literal_column, select

from adapters.postgres.accounts.tables import accounts, invitations
from adapters.postgres.engine.columns import Instant, Uuid
from adapters.postgres.people.tables import clients

_practice = bindparam("practice_id", type_=Uuid)
_today = bindparam("today", type_=Date)
_now = bindparam("now", type_=Instant)
_of_client = (accounts.c.practice_id == _practice, accounts.c.client_id == clients.c.id)


def _status(name: str) -> Any:
    return literal_column(f"'{name}'", Text)


_active = (
    select(case((accounts.c.usable_from > _today, _status("suspended")), else_=_status("active")))
    .where(*_of_client, accounts.c.status == "active")
    .correlate(clients)
    .scalar_subquery()
)
# Not an EXISTS, for which the planner may read all accounts once.
_closed = (
    select(_status("closed"))
    .where(*_of_client, accounts.c.status == "closed")
    .limit(1)
    .correlate(clients)
    .scalar_subquery()
)
_last_invitation = (
    select(func.max(invitations.c.expires_at))
    .where(
        invitations.c.practice_id == _practice,
        invitations.c.client_id == clients.c.id,
        invitations.c.kind == "client",
        invitations.c.state == "open",
    )
    .correlate(clients)
)
LAST_INVITED_UNTIL = _last_invitation.scalar_subquery()
"""When the last invitation of a client that was neither accepted nor withdrawn expires, or has expired."""
_open_until = _last_invitation.where(invitations.c.expires_at > _now).scalar_subquery()
STATUS = func.coalesce(
    _active,
    case((_open_until.is_not(None), _status("invited"))),
    _closed,
    _status("none"),
    type_=Text,
)
"""`ClientAccountStatus` at the parameter `now`, of which `today` is the date."""

INVITED_UNTIL = case((_active.is_(None), _open_until))
"""When the open invitation of a client without an account expires; null if there is none."""
