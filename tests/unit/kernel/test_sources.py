"""Ids increase, tokens differ, codes can be typed."""

from datetime import timedelta

from adapters.local.sources import SystemClock, SystemTokens, Uuid7Ids


def test_ids_are_increasing_uuid7() -> None:
    ids = Uuid7Ids()
    made = [ids.new() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {"specified in RFC 4122"}


def test_the_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_token_entropy_and_code_alphabet() -> None:
    tokens = SystemTokens()
    assert len({tokens.token() for _ in range(100)}) == 100
    assert min(len(tokens.token()) for _ in range(100)) == 43
    assert not set("".join(tokens.code() for _ in range(500))) & set("ILOU")
