"""Passwords that attackers try first, and what people make of them to reach the minimum length.

The lists are zxcvbn's 30,000 passwords of any length, and `long_common_passwords.txt.gz`: the 4,000 most frequent ones
of 12 characters or more (OWASP ASVS 5.0, 6.2.4, asks for 3,000 that meet the length) among the ten million that Mark
Burnett released to the public domain in 2015, in the order of SecLists (MIT license), in lower case, without those that
hold an email.
"""

import gzip
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

MAX_ADDED_CHARACTERS = 8
"""Digits and signs with which a common password stays one: a year, a few numbers in a row, exclamation marks."""

_SHIFTED = str.maketrans('!@#$%^&*()_+{}|:"<>?~', "1234567890-=[]\\;',./`")
"""Keys of the US layout with and without shift, so that `!QAZ2wsx` is read as the walk over the keyboard that it is."""
_LETTERS, _ADDED = re.compile(r"[^\W\d_]+"), re.compile(r"\d+|[\W_]+")


def is_common_password(password: str) -> bool:
    """Whether it is on a list, or made of one that is: typed with shift, repeated, or with digits and signs added."""
    common = _common()
    return any(form in common for form in _forms(password.casefold()))


def _forms(text: str) -> Iterator[str]:
    """What an attacker would have to have on the list to find this text: itself, and what it is made of."""
    yield text
    yield text.translate(_SHIFTED)
    yield text[: (text * 2).find(text, 1)]  # the shortest part that the text repeats
    # `Summer2024Summer!` is `summer`, and so is `summer summer`.
    words, added = set(_LETTERS.findall(text)), set(_ADDED.findall(text))
    if len(words) == 1 and sum(map(len, added)) <= MAX_ADDED_CHARACTERS:
        yield from words


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    packed = files("adapters.local").joinpath("long_common_passwords.txt.gz").read_bytes()
    return frozenset((*FREQUENCY_LISTS["passwords"], *gzip.decompress(packed).decode("ascii").splitlines()))
