"""The demo's authenticator codes and documents."""

import io
from datetime import timedelta
from pathlib import Path

import pytest

from entrypoints.demo import CODE_SECONDS, Demo, code_at, unused_code
from entrypoints.demo_documents import LETTER, PLAN, pdf, png
from portal_core.files.kinds.recognition import recognize
from tests.support.clock import FixedClock

DEMO = Demo("mira@client.example", "", "ada@elm-street.example", "", "JBSWY3DPEHPK3PXP" * 2)


def test_each_code_is_printed_once_and_the_third_in_thirty_seconds_waits(tmp_path: Path) -> None:
    clock, waits = FixedClock(), list[float]()
    clock.advance(timedelta(seconds=7))
    printed = [unused_code(DEMO, tmp_path, clock, waits.append) for _ in range(3)]
    assert printed == [code_at(DEMO.administrator_secret, clock.now(), steps=steps) for steps in range(3)]
    assert waits == [CODE_SECONDS - 7]


@pytest.mark.parametrize(("content", "kind"), [(pdf(LETTER), "pdf"), (PLAN.encode(), "text"), (png(320, 200), "png")])
def test_the_demos_documents_are_of_kinds_that_are_taken(content: bytes, kind: str) -> None:
    assert recognize(io.BytesIO(content), len(content)).name == kind
