"""Connection URLs that name their server."""

from urllib.parse import parse_qs, urlsplit


class IncompleteDatabaseUrl(Exception):
    """A connection URL that does not name its server. The message says what it must be, and does not show it."""


def complete_url(url: str) -> str:
    """Return the URL if it names a host and a database.

    What a URL leaves out, the drivers take from PGHOST and PGDATABASE, or they look for a server on this machine: a
    setting that is missing would lead to somebody else's database.

    Raises:
        IncompleteDatabaseUrl: it does not.
    """
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        host, database = parts.hostname or query.get("host"), parts.path.strip("/") or query.get("dbname")
        complete = bool(host and database) and parts.scheme in ("postgresql", "postgres") and parts.port != 0
    except ValueError:  # of a port that is no number
        complete = False
    if not complete:
        raise IncompleteDatabaseUrl(
            "must be a postgresql:// URL with a host and a database, such as postgresql://portal_app@db.example.org/portal"
        )
    return url
