"""Which digests are stored as they are. Those of anything that can be guessed are sealed."""

from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import LargeBinary

from adapters.postgres.engine.metadata import metadata

OF_256_RANDOM_BITS = {
    "download_links.token_hash",
    "feed_tokens.token_hash",
    "challenges.token_hash",
    "sessions.access_hash",
    "sessions.family_hash",
    "sessions.refresh_hash",
    "sessions.previous_refresh_hash",
}
OF_WHAT_IS_NO_SECRET = {
    "sign_in_guards.key",  # an email, as typed
    "rate_limit_attempts.key",  # an email, an address, an account
    "former_practice_keys.wrapped",  # encrypted by the master key
}


def test_only_digests_of_long_random_tokens_are_stored_unsealed() -> None:
    plain = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.c
        if isinstance(column.type.item_type if isinstance(column.type, ARRAY) else column.type, LargeBinary)
        and not column.info.get("sealed")
    }
    assert plain == OF_256_RANDOM_BITS | OF_WHAT_IS_NO_SECRET
