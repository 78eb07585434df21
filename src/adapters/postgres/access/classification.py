"""The classes of the columns of proxies' grants."""

from adapters.postgres.engine.data_classes import Classified, health, operational, personal

CLASSES: dict[str, list[Classified]] = {
    "grants": [
        operational("client_id account_id may_write granted_by granted_at revoked_at ended_at"),
        personal("relationship authorized_by_minor", why="read with every request of a proxy, before any key is"),
        health("areas", why="read with every request of a proxy, before any key is"),
        personal("starts_on until requested_until restricted_from", why="a job ends grants by date, by index"),
    ],
}
